"""Covering: where all pods of a class must be placed, a plan may as well place too many and be trimmed.

With "at least" in place of "exactly", duals have one sign, which steadies column generation, and the integer master has
far more solutions (Gilmore and Gomory 1961 for cutting stock).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.coupling import Coupling
from schedlab.placement.rules import HOST, Near, Spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]


def covering(problem: Problem, level: Level, coupling: Coupling) -> Coupling:
    """Return the rows without the counts of classes that must all be placed, where trimming is always allowed."""
    tied = any(isinstance(rule, Near | Spread) and rule.key == HOST for rule in problem.rules)
    gains = (level.sense * level.form.pod).max(axis=1, initial=0) > 0
    if tied or coupling.extras or level.form.move.any() or any(row.form.move.any() for row in coupling.rows):
        return coupling
    free = {row.what[1] for row in coupling.rows if row.what[0] == "placed" and not gains[int(row.what[1])]}
    return Coupling([row for row in coupling.rows if row.what[0] != "count" or row.what[1] not in free], [])


def trimmed(problem: Problem, assignment: Ints) -> Ints:
    """Return an assignment, int64 (C, N), without what is beyond the count of a class, from the emptiest nodes."""
    over = assignment.sum(axis=1) - problem.count
    if (over <= 0).all():
        return assignment
    left = assignment.copy()
    for cls in np.flatnonzero(over > 0).tolist():
        for node in np.argsort(left.sum(axis=0), kind="stable").tolist():
            less = min(int(over[cls]), int(left[cls, node]))
            left[cls, node] -= less
            over[cls] -= less
            if not over[cls]:
                break
    return left
