"""CP-SAT on pod x node: a Boolean for each pod on each node. Only an oracle for tests: 20 nodes, 100 pods.

Written from the words of `Problem`, `Form` and the rules alone. It shares nothing with the other models, so that a
mistake in one of them is not made in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from ortools.sat.python import cp_model

from schedlab.errors import SchedlabError
from schedlab.placement.rules import EVERYWHERE, HOST, Apart, Gang, Limit, Near, Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.placement.level import Form, Level
    from schedlab.placement.problem import Problem
    from schedlab.placement.rules import Rule


class Optimum(NamedTuple):
    """The best values of the levels, and an assignment, int64 (C, N), that has them."""

    values: tuple[int, ...]
    assignment: NDArray[np.int64]


def solve_pod_node(problem: Problem, levels: Sequence[Level], *, seed: int = 0) -> Optimum | None:
    """Return the proven optimum; None: nothing is feasible. It takes as long as it takes.

    Raises
    ------
    SchedlabError
        If CP-SAT gives up.
    """
    asked = _PodNode(problem)
    for rule in problem.rules:
        asked.add(rule)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    values: list[int] = []
    for level in levels:
        value = asked.value(level.form)
        asked.model.maximize(level.sense * value)
        status = solver.solve(asked.model)
        if status == cp_model.INFEASIBLE and not values:
            return None
        if status != cp_model.OPTIMAL:
            raise SchedlabError(f"CP-SAT on pod x node ended with {solver.status_name(status)}")
        values.append(solver.value(value))
        asked.model.add(value == values[-1])
    assignment = np.zeros((len(problem.count), len(problem.type_of)), np.int64)
    for (pod, node), here in asked.on.items():
        assignment[asked.cls[pod], node] += solver.value(here)
    return Optimum(tuple(values), assignment)


class _PodNode:
    """The model; ``on[pod, node]`` says that a pod is on a node, for those that may be there."""

    def __init__(self, problem: Problem) -> None:
        self.model, self._problem = cp_model.CpModel(), problem
        self._kinds: list[int] = problem.type_of.tolist()
        self.cls: list[int] = np.repeat(np.arange(len(problem.count)), problem.count).tolist()
        self.on = {
            (pod, node): self.model.new_bool_var("")
            for pod, cls in enumerate(self.cls)
            for node, kind in enumerate(self._kinds)
            if problem.compatible[cls, kind]
        }
        self._all = range(len(self._kinds))
        for pod in range(len(self.cls)):
            self.model.add(self._among(pod, self._all) <= 1)
        for cls, least in enumerate(problem.required.tolist()):
            pods = [pod for pod, own in enumerate(self.cls) if own == cls]
            self.model.add(self._count(pods, self._all) >= least)
        for node in self._all:
            self._sizes(node)
            self._devices(node)

    def value(self, form: Form) -> cp_model.LinearExpr:
        """Return the value of a form."""
        parts = [int(form.pod[self.cls[pod], self._kinds[node]]) * here for (pod, node), here in self.on.items()]
        real = [pod for pod, cls in enumerate(self.cls) if not self._problem.phantom[cls]]
        for node, kind in enumerate(self._kinds):
            if form.node[kind]:
                used = self.model.new_bool_var("")
                self.model.add_max_equality(used, [0, *(self.on[pod, node] for pod in real if (pod, node) in self.on)])
                parts.append(int(form.node[kind]) * used)
            for cls in np.flatnonzero(form.move).tolist():
                now = int(self._problem.current[cls, kind])
                gone = self.model.new_int_var(0, now, "")
                held = self._count([pod for pod, own in enumerate(self.cls) if own == cls], [node])
                self.model.add_max_equality(gone, [0, now - held])
                parts.append(int(form.move[cls]) * gone)
        return cp_model.LinearExpr.sum(parts)

    def add(self, rule: Rule) -> None:
        """Add a rule between pods."""
        match rule:
            case Apart():
                self._apart(rule)
            case Near():
                self._near(rule)
            case Spread():
                self._spread(rule)
            case Limit():
                self._limit(rule)
            case Gang():
                self._gang(rule)

    def _sizes(self, node: int) -> None:
        for resource, capacity in enumerate(self._problem.capacity[self._kinds[node]].tolist()):
            demand = self._problem.demand[:, resource].tolist()
            held = [demand[self.cls[pod]] * here for (pod, there), here in self.on.items() if there == node]
            self.model.add(cp_model.LinearExpr.sum(held) <= capacity)

    def _devices(self, node: int) -> None:
        """Say of every pod which devices it has: as many as it asks for, and no device gives more than it has."""
        room = self._problem.devices[self._kinds[node]]
        taken: list[list[cp_model.LinearExpr]] = [[] for _ in room]
        for (pod, there), here in self.on.items():
            devices, milli = self._problem.share[self.cls[pod]].tolist()
            if there == node and devices:
                has = [self.model.new_bool_var("") for _ in room]
                self.model.add(cp_model.LinearExpr.sum(has) == devices * here)
                for device, each in enumerate(has):
                    taken[device].append(milli * each)
        for device, left in enumerate(room):
            self.model.add(cp_model.LinearExpr.sum(taken[device]) <= left)

    def _pods(self, group: int) -> list[int]:
        members = self._problem.groups[group].members & ~self._problem.phantom
        return [pod for pod, cls in enumerate(self.cls) if members[cls]]

    def _stay(self, group: int, nodes: Sequence[int]) -> int:
        return sum(int(self._problem.groups[group].residents[self._kinds[node]]) for node in nodes)

    def _among(self, pod: int, nodes: Sequence[int]) -> cp_model.LinearExpr:
        return cp_model.LinearExpr.sum([self.on[pod, node] for node in nodes if (pod, node) in self.on])

    def _count(self, pods: Sequence[int], nodes: Sequence[int]) -> cp_model.LinearExpr:
        here = [self.on[pod, node] for pod in pods for node in nodes if (pod, node) in self.on]
        return cp_model.LinearExpr.sum(here)

    def _is_among(self, pod: int, nodes: Sequence[int]) -> cp_model.IntVar:
        there = self.model.new_bool_var("")
        self.model.add(self._among(pod, nodes) == there)
        return there

    def _domains(self, key: str) -> dict[int, list[int]]:
        """Return the nodes of each domain; -1: those in none."""
        if key == HOST:
            return {node: [node] for node in self._all}
        if key == EVERYWHERE:
            return {0: list(self._all)}
        found: dict[int, list[int]] = {}
        for node, kind in enumerate(self._kinds):
            found.setdefault(int(self._problem.domains[key][kind]), []).append(node)
        return found

    def _apart(self, rule: Apart) -> None:
        for domain, nodes in self._domains(rule.key).items():
            if domain < 0:
                continue
            if self._stay(rule.who, nodes):
                self.model.add(self._count(self._pods(rule.whom), nodes) == 0)
            for pod in self._pods(rule.who):
                there = self._is_among(pod, nodes)
                others = [each for each in self._pods(rule.whom) if each != pod]
                company = self._count(others, nodes) + self._stay(rule.whom, nodes)
                self.model.add(company == 0).only_enforce_if(there)

    def _near(self, rule: Near) -> None:
        who, whom = self._pods(rule.who), self._pods(rule.whom)
        waiting = self._stay(rule.whom, self._all)
        series = []
        for domain, nodes in self._domains(rule.key).items():
            if domain < 0:
                self.model.add(self._count(who, nodes) == 0)
            elif not self._stay(rule.whom, nodes):
                company, begins = self.model.new_bool_var(""), self.model.new_bool_var("")
                others = [pod for pod in whom if pod not in who]
                self.model.add(self._count(others, nodes) >= 1).only_enforce_if(company)
                itself = [pod for pod in whom if pod in who]
                self.model.add(self._count(itself, nodes) >= 1).only_enforce_if(begins)
                series.append(begins)
                for pod in who:
                    self.model.add_bool_or(company, begins).only_enforce_if(self._is_among(pod, nodes))
        self.model.add(cp_model.LinearExpr.sum(series) <= (0 if waiting else 1))

    def _spread(self, rule: Spread) -> None:
        who, whom = self._pods(rule.who), self._pods(rule.whom)
        domains = self._domains(rule.key)
        self.model.add(self._count(who, domains.pop(-1, [])) == 0)
        counts = {}
        for domain, nodes in domains.items():
            if those := [node for node in nodes if rule.eligible[self._kinds[node]]]:
                counts[domain] = self._count(whom, those) + self._stay(rule.whom, those)
        least = self.model.new_int_var(0, len(whom) + self._stay(rule.whom, self._all), "")
        self.model.add_min_equality(least, counts.values() if len(counts) >= max(rule.least_domains, 1) else [0])
        for domain, count in counts.items():
            for pod in who:
                self.model.add(count - least <= rule.skew).only_enforce_if(self._is_among(pod, domains[domain]))

    def _limit(self, rule: Limit) -> None:
        for domain, nodes in self._domains(rule.key).items():
            if domain < 0 or rule.domain not in (None, domain):
                continue
            if rule.resource < 0:
                held = self._count(self._pods(rule.who), nodes) + self._stay(rule.who, nodes)
            else:
                demand = self._problem.demand[:, rule.resource].tolist()
                parts = [demand[self.cls[pod]] * self._among(pod, nodes) for pod in self._pods(rule.who)]
                held = cp_model.LinearExpr.sum(parts)
            self.model.add(held <= rule.amount)

    def _gang(self, rule: Gang) -> None:
        begun = self.model.new_bool_var("")
        placed = self._count(self._pods(rule.who), self._all)
        self.model.add(placed == 0).only_enforce_if(begun.negated())
        self.model.add(placed >= rule.least).only_enforce_if(begun)
