"""What one node may hold, as a CP-SAT model: sizes, devices with shares, rules on the host."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from ortools.sat.python import cp_model

from schedlab.placement.rules import HOST, Apart, Limit, Near, Spread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from schedlab.placement.level import Form
    from schedlab.placement.problem import Problem


@dataclass
class Node:
    """The variables of one node."""

    pods: dict[int, cp_model.IntVar]  # how many of each class that can be there
    used: cp_model.IntVar | None = None  # whether it holds any that is no phantom; where that is asked
    moved: dict[int, cp_model.IntVar] = field(default_factory=dict)
    seeds: dict[int, cp_model.IntVar] = field(default_factory=dict)  # by rule: a series begins here

    def value(self, form: Form, kind: int) -> cp_model.LinearExpr:
        """Return a form's part of this node; its ``used`` and ``moved`` must have been asked for."""
        variables: list[cp_model.IntVar] = [*self.pods.values()]
        weights = [int(form.pod[cls, kind]) for cls in self.pods]
        if self.used is not None:
            variables.append(self.used)
            weights.append(int(form.node[kind]))
        variables += self.moved.values()
        weights += [int(form.move[cls]) for cls in self.moved]
        return cp_model.LinearExpr.weighted_sum(variables, weights)


def add_node(
    model: cp_model.CpModel,
    problem: Problem,
    kind: int,
    most: NDArray[np.int64],
    *,
    used: bool = True,
    moved: bool = True,
    least: Mapping[int, cp_model.IntVar] | None = None,
) -> Node:
    """Add the variables and constraints of a node of a type.

    Parameters
    ----------
    most
        int64 (C,): how many pods of a class fit at most.
    used, moved
        Whether the objective or a row asks for them.
    least
        By rule, the variable for the least count of a spread over hosts; without it such rules are left out.
    """
    node = Node({cls: model.new_int_var(0, int(most[cls]), "") for cls in np.flatnonzero(most).tolist()})
    _sizes(model, problem, kind, node)
    _devices(model, problem, kind, node)
    real = [cls for cls in node.pods if not problem.phantom[cls]]
    if used:
        node.used = model.new_bool_var("")
        for cls in real:
            model.add(node.pods[cls] <= int(most[cls]) * node.used)
        model.add(sum(node.pods[cls] for cls in real) >= node.used)
    if moved:
        for cls in np.flatnonzero(problem.current[:, kind]).tolist():
            now = int(problem.current[cls, kind])
            node.moved[cls] = model.new_int_var(0, now, "")
            model.add_max_equality(node.moved[cls], [now - node.pods.get(cls, 0), 0])
    for index, rule in enumerate(problem.rules):
        if getattr(rule, "key", None) == HOST:
            _Rules(model, problem, kind, node, most).add(index, rule, least or {})
    return node


def _sizes(model: cp_model.CpModel, problem: Problem, kind: int, node: Node) -> None:
    for resource in range(len(problem.resources)):
        demand = problem.demand[:, resource]
        asking = [cls for cls in node.pods if demand[cls]]
        if not asking:
            continue
        step = int(np.gcd.reduce(demand[asking]))
        room = int(problem.capacity[kind, resource]) // step
        weights = [int(demand[cls]) // step for cls in asking]
        model.add(cp_model.LinearExpr.weighted_sum([node.pods[cls] for cls in asking], weights) <= room)


def _devices(model: cp_model.CpModel, problem: Problem, kind: int, node: Node) -> None:
    """Whole devices are counted; shares go to devices one by one, at most one of a pod to each.

    That every device gets at most as many shares of a kind as there are pods of it, and all of them together what the
    pods ask for, is enough: the shares can then be dealt out so that no pod has two of one device.
    """
    room = problem.devices[kind]
    kinds: dict[tuple[int, int], list[int]] = {}
    for cls in node.pods:
        if problem.share[cls, 0]:
            kinds.setdefault((int(problem.share[cls, 0]), int(problem.share[cls, 1])), []).append(cls)
    if not kinds:
        return
    full = max(room)
    whole = {asked: those for asked, those in kinds.items() if 2 * asked[1] > full}
    shared = {asked: those for asked, those in kinds.items() if asked not in whole}
    alone = all(left == full for left in room) and all(asked[1] == full for asked in whole)
    if not alone:
        whole, shared = {}, kinds
    taken = [count * node.pods[cls] for (count, _), those in whole.items() for cls in those]
    if not shared:
        model.add(sum(taken) <= len(room))
        return
    held: list[list[cp_model.LinearExpr]] = [[] for _ in room]
    for (count, milli), those in shared.items():
        pods = sum(node.pods[cls] for cls in those)
        dealt = []
        for device, left in enumerate(room):
            here = model.new_int_var(0, left // milli, "")
            held[device].append(milli * here)
            dealt.append(here)
            if count > 1:
                model.add(here <= pods)
        model.add(sum(dealt) == count * pods)
    if not whole:
        for device, left in enumerate(room):
            model.add(sum(held[device]) <= left)
        return
    open_ = [model.new_bool_var("") for _ in room]  # devices that are shared
    for device, left in enumerate(room):
        model.add(sum(held[device]) <= left * open_[device])
    for one, next_ in itertools.pairwise(open_):
        model.add(one >= next_)
    model.add(sum(open_) + sum(taken) <= len(room))


class _Rules:
    """Adds the rules on the host; a node is a domain of its own."""

    def __init__(
        self, model: cp_model.CpModel, problem: Problem, kind: int, node: Node, most: NDArray[np.int64]
    ) -> None:
        self._model, self._problem, self._kind, self._node, self._most = model, problem, kind, node, most

    def add(self, index: int, rule: object, least: Mapping[int, cp_model.IntVar]) -> None:
        match rule:
            case Apart():
                self._apart(rule)
            case Near():
                self._near(index, rule)
            case Limit():
                self._limit(rule)
            case Spread() if index in least:
                self._spread(rule, least[index])

    def _count(self, members: NDArray[np.bool_]) -> tuple[cp_model.LinearExpr | int, int]:
        those = [cls for cls in self._node.pods if members[cls] and not self._problem.phantom[cls]]
        return sum(self._node.pods[cls] for cls in those), int(self._most[those].sum())

    def _any(self, members: NDArray[np.bool_], most_each: int = 0) -> cp_model.IntVar:
        """Return a variable that is 1 if there are pods of some classes."""
        there = self._model.new_bool_var("")
        pods, most = self._count(members)
        self._model.add(pods <= (most_each or most) * there)
        return there

    def _apart(self, rule: Apart) -> None:
        model, groups = self._model, self._problem.groups
        who, whom = groups[rule.who].members, groups[rule.whom].members
        others, most = self._count(whom)
        if groups[rule.who].residents[self._kind]:
            model.add(others == 0)
        if groups[rule.whom].residents[self._kind]:
            model.add(self._count(who)[0] == 0)
        if (who & ~whom).any():
            model.add(others <= most * (1 - self._any(who & ~whom)))
        if (who & whom).any():
            model.add(others <= most - (most - 1) * self._any(who & whom, 1))

    def _near(self, index: int, rule: Near) -> None:
        model, groups = self._model, self._problem.groups
        who, whom = groups[rule.who].members, groups[rule.whom].members
        if groups[rule.whom].residents[self._kind]:
            return
        pods, most = self._count(who)
        helpers = [model.new_bool_var("")]
        model.add(self._count(whom & ~who)[0] >= helpers[0])
        if not groups[rule.whom].residents.any() and (who & whom).any():
            seed = self._node.seeds[index] = model.new_bool_var("")
            model.add(self._count(who & whom)[0] >= seed)
            helpers.append(seed)
        model.add(pods <= most * sum(helpers))

    def _limit(self, rule: Limit) -> None:
        group = self._problem.groups[rule.who]
        if rule.resource < 0:
            self._model.add(self._count(group.members)[0] <= rule.amount - int(group.residents[self._kind]))
            return
        demand = self._problem.demand[:, rule.resource]
        those = [cls for cls in self._node.pods if group.members[cls] and not self._problem.phantom[cls]]
        taken = sum(int(demand[cls]) * self._node.pods[cls] for cls in those)
        self._model.add(taken <= rule.amount)

    def _spread(self, rule: Spread, least: cp_model.IntVar) -> None:
        groups = self._problem.groups
        if not rule.eligible[self._kind]:
            return
        those, most = self._count(groups[rule.whom].members)
        residents = int(groups[rule.whom].residents[self._kind])
        self._model.add(least <= those + residents)
        there = self._any(groups[rule.who].members)
        self._model.add(those + residents <= least + rule.skew + (most + residents) * (1 - there))
