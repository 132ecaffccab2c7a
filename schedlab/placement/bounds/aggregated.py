"""The aggregated LP: all nodes of a type as one, pods in fractions. Averaging over equal nodes loses nothing.

Source: the LP of pods on nodes has the same value, since nodes and pods that are alike can be averaged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.coupling import Coupling
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SLACK = 1e-7  # relative: what the LP's tolerances may hide


class Aggregated(NamedTuple):
    """The LP's value, moved outwards by its tolerances, the duals of the coupling rows, and pods placed (C,)."""

    value: float
    duals: Floats
    placed: Floats


class _Lines:
    """Rows of a sparse matrix, as they come."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._columns: list[Ints] = []
        self._values: list[Floats] = []
        self.upper: list[float] = []

    def add(self, columns: Ints, values: NDArray[Any], upper: float) -> None:
        """Add the row ``sum(values * x[columns]) <= upper``."""
        self._columns.append(columns)
        self._values.append(values.astype(np.float64))
        self.upper.append(upper)

    def matrix(self) -> Any:
        """Return all rows."""
        first = np.concatenate([[0], np.cumsum([len(each) for each in self._columns])])
        shape = len(self._columns), self._width
        return sparse.csr_array((np.concatenate(self._values), np.concatenate(self._columns), first), shape=shape)


def aggregated(problem: Problem, level: Level, coupling: Coupling) -> Aggregated | None:
    """Solve the LP of a level; None: it has no solution, or the solver fails.

    Unknowns: pods of each class on each type that it fits, nodes in use and pods that stay of each type, the rows'
    extras.
    """
    most = problem.most()
    cls, kind = np.nonzero(most)
    types = len(problem.capacity)
    size, pairs = problem.size, len(cls)
    stay_cls, stay_kind = np.nonzero(problem.current)
    first_stay, first_extra = pairs + types, pairs + types + len(stay_cls)
    width = first_extra + len(coupling.extras)
    lines = _Lines(width)
    for row in coupling.rows:
        if row.what[0] in ("count", "required", "placed"):
            here = np.flatnonzero(cls == row.what[1])
            lines.add(here, np.full(len(here), 1 if row.what[0] == "count" else -1), row.upper)
            continue
        line = np.zeros(width)
        line[:pairs], line[pairs:first_stay] = row.form.pod[cls, kind], row.form.node
        line[first_stay:first_extra] = -row.form.move[stay_cls]
        for extra, coefficient in row.extras.items():
            line[first_extra + extra] = coefficient
        lines.add(np.flatnonzero(line), line[np.flatnonzero(line)], row.upper - row.form.empty(problem))
    sizes = [*problem.demand.T, problem.share.prod(axis=1)]
    rooms = [*problem.capacity.T, np.array([sum(room) for room in problem.devices])]
    for demand, room in zip(sizes, rooms, strict=True):
        for one in range(types):
            every = np.flatnonzero((kind == one) & (demand[cls] > 0))
            real = every[~problem.phantom[cls[every]]]
            if len(real):
                lines.add(np.append(real, pairs + one), np.append(demand[cls[real]], -room[one]), 0.0)
            if len(every) > len(real):  # phantoms need no node in use
                lines.add(every, demand[cls[every]], float(room[one] * size[one]))
    for number, (each, of) in enumerate(zip(stay_cls, stay_kind, strict=True)):
        here = np.flatnonzero((cls == each) & (kind == of))
        lines.add(np.append(here, first_stay + number), np.append(np.full(len(here), -1), 1), 0.0)
    form, sense = level.form, level.sense
    cost = np.zeros(width)
    cost[:pairs], cost[pairs:first_stay] = -sense * form.pod[cls, kind], -sense * form.node
    cost[first_stay:first_extra] = sense * form.move[stay_cls]
    high = [*(most[cls, kind] * size[kind]), *size]  # not the count, whose dual is to be the row's
    high += (problem.current * size)[stay_cls, stay_kind].tolist()
    ranges = [(0.0, float(each)) for each in high] + [(float(low), float(top)) for low, top in coupling.extras]
    found = linprog(cost, A_ub=lines.matrix(), b_ub=lines.upper, bounds=ranges, method="highs")
    if found.status != 0:
        return None
    value = -float(found.fun)
    value += SLACK * max(1.0, abs(value))
    duals = np.maximum(-found.ineqlin.marginals[: len(coupling.rows)], 0.0)
    placed: Floats = np.bincount(cls, weights=found.x[:pairs], minlength=len(problem.count)).astype(np.float64)
    return Aggregated(sense * value + form.empty(problem), duals, placed)
