"""The CP-SAT model of some nodes of a problem; the others keep what they hold."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from ortools.sat.python import cp_model

from schedlab.placement.coupling import coupling
from schedlab.placement.ortools.node import Node, add_node
from schedlab.placement.rules import HOST, Near, Spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.placement.coupling import Row
    from schedlab.placement.level import Form, Level
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]

TERMS = 3_000_000  # a model with more coefficients is not built: about 1 GB
CELLS = 50_000_000  # the same for the rows that couple nodes, which are dense


class Model:
    """Maximises the last of some levels, those before it held at their values.

    Parameters
    ----------
    values, proven
        Of all levels but the last, as for `coupling`.
    nodes
        int64, positions of the nodes that may change.
    start
        int64 (C, N), what the other nodes keep; None only if there are none.

    Attributes
    ----------
    refused
        Why no model was built: it would be too large, or its sums would overflow; "": it was.
    """

    def __init__(
        self,
        problem: Problem,
        levels: Sequence[Level],
        values: Sequence[int],
        proven: Sequence[bool],
        nodes: Ints,
        start: Ints | None,
    ) -> None:
        self.proto = cp_model.CpModel()
        self._problem, self._nodes, self._start, self._level = problem, nodes, start, levels[-1]
        classes, types = problem.shape
        self.refused = "too many classes and types" if classes * classes * types > CELLS else ""
        if self.refused:
            return
        coupled = coupling(problem, levels[:-1], values, proven)
        forms = [levels[-1].form, *(row.form for row in coupled.rows)]
        most = problem.most()
        if _terms(problem, most, nodes, forms) > TERMS:
            self.refused = "too many classes and nodes"
            return
        self._others = np.setdiff1d(np.arange(len(problem.type_of)), nodes)
        self._kept = dataclasses.replace(problem, type_of=problem.type_of[self._others])
        self._add_nodes(most, forms)
        extras = [self.proto.new_int_var(low, high, "") for low, high in coupled.extras]
        for row in coupled.rows:
            self._add_row(row, extras)
        variables, weights = self._terms(self._level.form)
        weights = [weight // self._level.lattice * self._level.sense for weight in weights]
        self.proto.maximize(cp_model.LinearExpr.weighted_sum(variables, weights))
        self.refused = self.proto.validate()

    def hint(self, assignment: Ints) -> None:
        """Hint how many pods of each class each node holds, and nothing else."""
        values = assignment[self._cls, self._nodes[self._where]].tolist()
        self._hint([variable.index for variable in self._pods], values)

    def hint_all(self, solution: Sequence[int]) -> None:
        """Hint every variable."""
        self._hint(range(len(solution)), solution)

    def _hint(self, variables: Sequence[int], values: Sequence[int]) -> None:
        hints = self.proto.proto.solution_hint
        hints.vars.clear()
        hints.values.clear()
        hints.vars.extend(variables)
        hints.values.extend(values)

    def assignment(self, solution: Sequence[int]) -> Ints:
        """Return the assignment, int64 (C, N), of a solution: the values of all variables in their order."""
        if self._start is None:
            found = np.zeros((len(self._problem.count), len(self._problem.type_of)), np.int64)
        else:
            found = self._start.copy()
            found[:, self._nodes] = 0
        found[self._cls, self._nodes[self._where]] = [solution[variable.index] for variable in self._pods]
        return found

    def bound(self, objective: int) -> int:
        """Return the bound of the level for a bound of the model's objective."""
        return objective * self._level.lattice * self._level.sense

    def _add_nodes(self, most: Ints, forms: Sequence[Form]) -> None:
        problem = self._problem
        used, moved = any(form.node.any() for form in forms), any(form.move.any() for form in forms)
        least = {
            index: self._least(rule)
            for index, rule in enumerate(problem.rules)
            if isinstance(rule, Spread) and rule.key == HOST
        }
        made = []
        for node in self._nodes.tolist():
            kind = int(problem.type_of[node])
            made.append(add_node(self.proto, problem, kind, most[:, kind], used=used, moved=moved, least=least))
        for index, rule in enumerate(problem.rules):
            if isinstance(rule, Near) and rule.key == HOST:
                seeds = [node.seeds[index] for node in made if index in node.seeds]
                self.proto.add(sum(seeds) <= (0 if self._begun(rule) else 1))
        self._index(made)

    def _index(self, made: Sequence[Node]) -> None:
        """Note of every variable that forms speak of, of which class and node it is."""
        pods = [(cls, where, variable) for where, node in enumerate(made) for cls, variable in node.pods.items()]
        moved = [(cls, variable) for node in made for cls, variable in node.moved.items()]
        used = [(where, node.used) for where, node in enumerate(made) if node.used is not None]
        kinds = self._problem.type_of[self._nodes]
        self._cls = np.array([cls for cls, _, _ in pods], np.int64)
        self._where = np.array([where for _, where, _ in pods], np.int64)
        self._pods = [variable for _, _, variable in pods]
        self._kind = kinds[self._where]
        self._used_kind = kinds[np.array([where for where, _ in used], np.int64)]
        self._moved_cls = np.array([cls for cls, _ in moved], np.int64)
        self._variables = [*self._pods, *(variable for _, variable in used), *(variable for _, variable in moved)]

    def _terms(self, form: Form) -> tuple[list[cp_model.IntVar], list[int]]:
        weights = np.concatenate(
            [form.pod[self._cls, self._kind], form.node[self._used_kind], form.move[self._moved_cls]]
        )
        at = np.flatnonzero(weights)
        return [self._variables[each] for each in at.tolist()], weights[at].tolist()

    def _add_row(self, row: Row, extras: Sequence[cp_model.IntVar]) -> None:
        variables, weights = self._terms(row.form)
        upper = row.upper
        if len(self._others) and self._start is not None:
            upper -= row.form.of(self._kept, self._start[:, self._others])
        variables += [extras[extra] for extra in row.extras]
        weights += row.extras.values()
        self.proto.add(cp_model.LinearExpr.weighted_sum(variables, weights) <= upper)

    def _least(self, rule: Spread) -> cp_model.IntVar:
        """Return the variable for the least count of a spread over hosts; kept nodes bound it."""
        problem = self._problem
        count = self._counts(rule.whom)
        eligible = rule.eligible[self._kept.type_of]
        group = problem.groups[rule.whom]
        most = int(problem.count[group.members & ~problem.phantom].sum() + group.residents.max(initial=0))
        if int(rule.eligible[problem.type_of].sum()) < rule.least_domains:
            most = 0
        held = (self._counts(rule.who, placed_only=True) > 0) & eligible
        low = int((count[held] - rule.skew).max(initial=0))
        return self.proto.new_int_var(min(low, most), int(count[eligible].min(initial=most)), "")

    def _begun(self, rule: Near) -> bool:
        """Whether a series has begun on a kept node."""
        who, whom = (self._problem.groups[each].members for each in (rule.who, rule.whom))
        alone = self._counts(rule.whom) == self._counts(rule.whom, within=who & whom, placed_only=True)
        return bool((alone & (self._counts(rule.who, placed_only=True) > 0)).any())

    def _counts(self, group: int, *, within: NDArray[np.bool_] | None = None, placed_only: bool = False) -> Ints:
        """Return how many pods of a group are on each kept node."""
        if self._start is None:
            return np.zeros(0, np.int64)
        members = self._problem.groups[group].members & ~self._problem.phantom
        if within is not None:
            members = members & within
        placed: Ints = self._start[:, self._others][members].sum(axis=0)
        return placed if placed_only else placed + self._problem.groups[group].residents[self._kept.type_of]


def _terms(problem: Problem, most: Ints, nodes: Ints, forms: Sequence[Form]) -> int:
    """Return about how many coefficients the model will have."""
    many = np.bincount(problem.type_of[nodes], minlength=len(problem.capacity))
    fits = (most > 0) * many
    shares = len(np.unique(problem.share[problem.share[:, 0] > 0], axis=0))
    devices = int(many @ np.array([len(room) for room in problem.devices], np.int64)) * 4 * shares
    own = int(fits.sum()) * (len(problem.resources) + 4 + len(problem.rules))
    return own + devices + sum(int(fits[form.pod != 0].sum()) for form in forms)
