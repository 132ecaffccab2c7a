"""Coarse: where hardly two pods are alike, sizes are rounded both ways, for an interval that holds the truth.

Pods of nearly equal sizes become one class: with its largest sizes for a placement, which the real pods then fit, and
with its smallest for a bound. Columns need classes to be few; the interval is as wide as the rounding is rough.
Source: linear grouping, Fernandez de la Vega and Lueker, Bin packing can be solved within 1 + epsilon in linear time,
Combinatorica 1981.
"""

from __future__ import annotations

import dataclasses
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.placement.columns.by_level import solve_columns
from schedlab.placement.columns.generation import Generation
from schedlab.placement.columns.pool import Pool
from schedlab.placement.ledger import Ledger
from schedlab.placement.level import Form, Level
from schedlab.placement.packing.heuristics import heuristics
from schedlab.placement.verify import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]

TARGET = 250  # classes, about
TRIALS = 20  # of how rough the rounding has to be
HEURISTICS = 4


def both_ways(ledger: Ledger, seed: int, enough: Callable[[], bool]) -> None:
    """Offer placements of the pods rounded up, and the bound of the pods rounded down (of the first level only)."""
    problem, levels, budget = ledger.problem, ledger.levels, ledger.budget
    cell = cells(problem, TARGET)
    if cell.max(initial=-1) + 1 == len(cell):
        return
    if not ledger.open:
        small = merged(problem, cell, np.minimum)
        below = Ledger(small, [_merged_level(level, cell) for level in levels], budget, check)
        pool = _packed(below, seed)
        search = Generation(below, pool, 0, seed)
        search.start()
        half = budget.until(0.5)
        search.converge(lambda: enough() or half())
        if (bound := below.bounds[0]) is not None:
            ledger.bound(0, bound, f"{below.kinds[0]}, sizes rounded down")

    def offer(above: Ledger) -> None:
        if above.best is not None:
            ledger.offer(dealt(problem, cell, above.best), f"{above.by}, sizes rounded up")

    large = merged(problem, cell, np.maximum)
    above = Ledger(large, [_merged_level(level, cell) for level in levels], budget, check, offer)
    solve_columns(above, _packed(above, seed), seed, enough)


def _packed(ledger: Ledger, seed: int) -> Pool:
    pool = Pool(ledger.problem)
    for heuristic in islice(heuristics(ledger.problem, ledger.levels, seed), HEURISTICS):
        assignment = heuristic.run()
        ledger.offer(assignment, heuristic.name)
        pool.harvest(assignment)
    return pool


def cells(problem: Problem, target: int) -> Ints:
    """Return int64 (C,), the cell of each class: those alike but for sizes, which differ by a common ratio at most.

    The ratio is the least, of those tried, with about ``target`` cells; pods that run stay in a class of their own.
    """
    apart = np.column_stack(
        [
            problem.compatible,
            problem.share,
            problem.priority,
            problem.phantom,
            problem.locality,
            problem.move_cost,
            *(group.members for group in problem.groups),
            np.where(problem.required + problem.current.sum(axis=1) > 0, 1 + np.arange(len(problem.count)), 0),
        ]
    )
    logs = np.log(np.maximum(problem.demand, 1))
    low, high = 0.0, 4.0
    found = np.arange(len(problem.count))
    for _ in range(TRIALS):
        step = (low + high) / 2
        key = np.column_stack([apart, np.where(problem.demand > 0, 1 + logs // step, 0).astype(np.int64)])
        _, cell = np.unique(key, axis=0, return_inverse=True)
        if cell.max(initial=-1) < target:
            found, high = cell.ravel(), step
        else:
            low = step
    return found.astype(np.int64)


def merged(problem: Problem, cell: Ints, extreme: np.ufunc) -> Problem:
    """Return the problem with a class for each cell, its sizes the extreme of its members'."""
    count = int(cell.max(initial=-1)) + 1
    first = np.array([np.flatnonzero(cell == each)[0] for each in range(count)], np.int64)
    demand = problem.demand[first].copy()
    extreme.at(demand, cell, problem.demand)
    pods = np.bincount(cell, weights=problem.count, minlength=count).astype(np.int64)
    per_class: dict[str, Any] = {name: getattr(problem, name)[first] for name in PER_CLASS}
    groups = tuple(dataclasses.replace(group, members=group.members[first]) for group in problem.groups)
    return dataclasses.replace(
        problem, demand=demand, count=pods, groups=groups, class_of=cell[problem.class_of], **per_class
    )


PER_CLASS = ("compatible", "share", "priority", "weight", "required", "locality", "current", "move_cost", "phantom")


def _merged_level(level: Level, cell: Ints) -> Level:
    """Return the level of the cells: what a pod is worth is what it is at best."""
    count = int(cell.max(initial=-1)) + 1
    pod = np.full((count, level.form.pod.shape[1]), np.iinfo(np.int64).min)
    np.maximum.at(pod, cell, level.sense * level.form.pod)
    move = np.zeros(count, np.int64)
    np.maximum.at(move, cell, level.form.move)
    return Level(level.name, Form(level.sense * pod, level.form.node, move), level.sense)


def dealt(problem: Problem, cell: Ints, assignment: Ints) -> Ints:
    """Return the assignment of the classes, int64 (C, N), that one of the cells stands for."""
    found = np.zeros((len(problem.count), assignment.shape[1]), np.int64)
    for each in np.flatnonzero(assignment.any(axis=1)).tolist():
        members = np.flatnonzero(cell == each)
        pods = np.repeat(members, problem.count[members])
        nodes = np.repeat(np.arange(assignment.shape[1]), assignment[each])
        np.add.at(found, (pods[: len(nodes)], nodes), 1)
    return found
