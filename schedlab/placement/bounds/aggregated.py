"""The aggregated LP: all nodes of a type as one, pods in fractions. Averaging over equal nodes loses nothing.

Source: the LP of pods on nodes has the same value, since nodes and pods that are alike can be averaged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.coupling import Coupling
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem

    Floats = NDArray[np.float64]

SLACK = 1e-7  # relative: what the LP's tolerances may hide


class Aggregated(NamedTuple):
    """The LP's value, moved outwards by its tolerances, and the duals of the coupling rows."""

    value: float
    duals: Floats


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
    rows: list[Floats] = []
    upper: list[float] = []
    for row in coupling.rows:
        line = np.zeros(width)
        line[:pairs], line[pairs:first_stay] = row.form.pod[cls, kind], row.form.node
        line[first_stay:first_extra] = -row.form.move[stay_cls]
        for extra, coefficient in row.extras.items():
            line[first_extra + extra] = coefficient
        rows.append(line)
        upper.append(row.upper - row.form.empty(problem))
    sizes = [*problem.demand.T, problem.share.prod(axis=1)]
    rooms = [*problem.capacity.T, np.array([sum(room) for room in problem.devices])]
    for demand, room in zip(sizes, rooms, strict=True):
        for one in range(types):
            here = (kind == one) & (demand[cls] > 0)
            real = here & ~problem.phantom[cls]
            for those in (real, here) if (here & ~real).any() else (real,):
                if those.any():
                    line = np.zeros(width)
                    line[:pairs][those] = demand[cls[those]]
                    if those is real:  # phantoms need no node in use
                        line[pairs + one] = -room[one]
                    rows.append(line)
                    upper.append(0.0 if those is real else float(room[one] * size[one]))
    for number, (each, of) in enumerate(zip(stay_cls, stay_kind, strict=True)):
        line = np.zeros(width)
        line[first_stay + number] = 1
        line[np.flatnonzero((cls == each) & (kind == of))] = -1
        rows.append(line)
        upper.append(0.0)
    form, sense = level.form, level.sense
    cost = np.zeros(width)
    cost[:pairs], cost[pairs:first_stay] = -sense * form.pod[cls, kind], -sense * form.node
    cost[first_stay:first_extra] = sense * form.move[stay_cls]
    high = [*(most[cls, kind] * size[kind]), *size]  # not the count, whose dual is to be the row's
    high += (problem.current * size)[stay_cls, stay_kind].tolist()
    ranges = [(0.0, float(each)) for each in high] + [(float(low), float(top)) for low, top in coupling.extras]
    found = linprog(cost, A_ub=sparse.csr_array(np.array(rows)), b_ub=upper, bounds=ranges, method="highs")
    if found.status != 0:
        return None
    value = -float(found.fun)
    value += SLACK * max(1.0, abs(value))
    duals = np.maximum(-found.ineqlin.marginals[: len(coupling.rows)], 0.0)
    return Aggregated(sense * value + form.empty(problem), duals)
