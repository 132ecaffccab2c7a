"""Exact pricing: the most that a node of a type can be worth at given duals, by CP-SAT."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from ortools.sat.python import cp_model

from schedlab.placement.certificate import Priced
from schedlab.placement.ortools.node import add_node
from schedlab.placement.rules import HOST, Near, Spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.budget import Budget, Slice
    from schedlab.placement.level import Form
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]


class Price(NamedTuple):
    """The contents found, int64 (C,) each, the best last; the worth of that, and what no content can beat."""

    contents: list[Ints]
    worth: int
    most: Priced


class _Seen(cp_model.CpSolverSolutionCallback):
    """Keeps the contents of the solutions on the way: they are worth something too."""

    def __init__(self, pods: dict[int, cp_model.IntVar], classes: int) -> None:
        super().__init__()
        self._pods, self._classes = pods, classes
        self.contents: list[Ints] = []

    def on_solution_callback(self) -> None:
        content = np.zeros(self._classes, np.int64)
        for cls, variable in self._pods.items():
            content[cls] = self.value(variable)
        self.contents.append(content)


def price(
    problem: Problem,
    kind: int,
    most: Ints,
    form: Form,
    limit: Slice,
    seed: int,
    budget: Budget,
    hint: Ints | None = None,
) -> Price:
    """Return the price of a type; worth is as against an empty node, which is a content too."""
    moved = int(form.move @ problem.current[:, kind])  # away from an empty node
    useful = most.copy()
    if not moved and form.node[kind] <= 0 and not _near(problem):  # what is left out can never be of use
        useful[form.pod[:, kind] <= 0] = 0
    if not useful.any():
        return Price([], 0, Priced(0, "dominance"))
    model = cp_model.CpModel()
    node = add_node(model, problem, kind, useful, used=bool(form.node[kind]), moved=bool(form.move.any()))
    model.maximize(node.value(form, kind) - moved)
    if hint is not None:
        for cls, variable in node.pods.items():
            model.add_hint(variable, int(min(hint[cls], useful[cls])))
    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.num_workers, parameters.random_seed, parameters.linearization_level = 1, seed % 2**31, 2
    parameters.catch_sigint_signal = False  # or Ctrl-C would end a price and nobody would hear of it
    if limit.seconds is not None:
        parameters.max_time_in_seconds = max(limit.seconds, 0.01)
    if limit.work is not None:
        parameters.max_deterministic_time = max(limit.work, 0.001)
    seen = _Seen(node.pods, len(problem.count))
    status = solver.solve(model, seen)
    budget.charge(solver.response_proto.deterministic_time)
    worth = round(solver.objective_value) if seen.contents else 0
    above = round(solver.best_objective_bound) if status != cp_model.UNKNOWN else _relaxed(problem, kind, useful, form)
    return Price(seen.contents, worth, Priced(max(above, worth, 0), "CP-SAT"))


def _near(problem: Problem) -> bool:
    return any(isinstance(rule, Near | Spread) and rule.key == HOST for rule in problem.rules)


def _relaxed(problem: Problem, kind: int, most: Ints, form: Form) -> int:
    """Return a bound where the solver has none yet: every class as often as it fits alone."""
    pods = int(np.maximum(form.pod[:, kind], 0) @ most)
    return pods + max(0, int(form.node[kind])) + int(np.maximum(-form.move, 0) @ problem.current[:, kind])
