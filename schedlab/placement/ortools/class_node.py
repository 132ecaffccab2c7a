"""CP-SAT on class x node: how many pods of each class each node gets, level by level."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import numpy as np
from ortools.sat.python import cp_model

from schedlab.errors import SchedlabError
from schedlab.placement.ortools.model import Model
from schedlab.placement.ortools.run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.placement.budget import Budget, Slice
    from schedlab.placement.ledger import Ledger
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]

NAME = "CP-SAT"


class Outcome(enum.StrEnum):
    """How a search ended."""

    OPTIMAL = "optimal"  # every level is proven (with ``nodes``: the best that changing these alone can give)
    INFEASIBLE = "infeasible"
    LIMIT = "limit"
    TOO_LARGE = "too large"  # not built, or its sums would overflow


def solve_class_node(
    problem: Problem,
    levels: Sequence[Level],
    ledger: Ledger,
    budget: Budget,
    seed: int,
    nodes: Ints | None = None,
    keep: Ints | None = None,
    most: float | None = None,
    by: str = NAME,
) -> Outcome:
    """Search for the best assignment, level by level, and prove it the best.

    Solutions go to ``ledger.offer`` as they come and bounds to ``ledger.bound``. A level that is not proven when half
    of what was left of the budget is spent is held at its value, and the next one made better. Without a time limit,
    the same seed and work limit give the same result.

    Parameters
    ----------
    nodes, keep
        Positions of the nodes that may change, and the assignment, int64 (C, N), that the others keep; without them
        every node may change. Bounds that hold for some nodes only are told to nobody.
    most
        The most that one level may take, in seconds or units of work.
    by
        The method's name in the ledger.

    Raises
    ------
    SchedlabError
        If the model refuses the assignment that it starts from; or what the ledger raises.
    """
    whole = nodes is None
    free = np.arange(len(problem.type_of)) if nodes is None else nodes
    start = ledger.best if whole else keep
    proven = [True] * ledger.open
    for index in range(ledger.open, len(levels)):
        if whole and index < ledger.open:  # another method was faster
            start, proven = ledger.best, [*proven, True]
            continue
        if budget.over:
            return Outcome.LIMIT
        values = [] if start is None else [level.form.of(problem, start) for level in levels[:index]]
        model = Model(problem, levels[: index + 1], values, proven, free, start)
        if model.refused:
            return Outcome.TOO_LARGE
        limits = budget.slice(1.0 if index == len(levels) - 1 else 0.5, most)
        if start is not None:
            _complete(model, start, budget, seed, limits)
        run = _search(model, ledger, budget, seed, limits, by, index if whole else None)
        if run.status == cp_model.INFEASIBLE:
            return Outcome.INFEASIBLE
        start = ledger.best if whole else start if run.solution is None else model.assignment(run.solution)
        if start is None:
            return Outcome.LIMIT
        proven.append(ledger.open > index if whole else run.status == cp_model.OPTIMAL)
    return Outcome.OPTIMAL if all(proven) else Outcome.LIMIT


def _complete(model: Model, start: Ints, budget: Budget, seed: int, limits: Slice) -> None:
    """Hint all variables: an incomplete hint may be lost, and the search end below what it started from."""
    model.hint(start)
    run = Run(model.proto, budget, seed).solve(limits, fix_hints=True)
    if run.status == cp_model.INFEASIBLE:
        raise SchedlabError("CP-SAT: the model refuses a placement that passed the check; one of them is wrong")
    if run.solution is not None:
        model.hint_all(run.solution)


def _search(model: Model, ledger: Ledger, budget: Budget, seed: int, limits: Slice, by: str, index: int | None) -> Run:
    """Search one level; ``index`` is given if its bounds hold for the whole problem."""

    def found(solution: list[int]) -> None:
        ledger.offer(model.assignment(solution), by)

    def bounded(bound: int) -> None:
        if index is not None:
            ledger.bound(index, model.bound(bound), NAME)

    run = Run(model.proto, budget, seed, found, bounded).solve(limits)
    if run.bound is not None:
        bounded(run.bound)
    return run
