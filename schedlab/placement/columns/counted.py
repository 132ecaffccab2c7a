"""The integer master by CP-SAT, which counts its work: the same on any machine, at any load."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ortools.sat.python import cp_model

from schedlab.placement.ortools.run import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.budget import Budget, Slice
    from schedlab.placement.columns.master import Master

    Ints = NDArray[np.int64]


def counted(master: Master, which: Ints, budget: Budget, limits: Slice, seed: int) -> Ints | None:
    """Return int64 (K,), how many nodes get each column in the best solution found; None: none was.

    Parameters
    ----------
    which
        The columns that may be used.
    """
    matrix, upper, worth, most = master.parts(which)
    model = cp_model.CpModel()
    shares = [model.new_int_var(0, int(each), "") for each in most]
    variables = shares + [model.new_int_var(low, high, "") for low, high in master.extras]
    for line, side in zip(matrix, upper.tolist(), strict=True):
        used = np.flatnonzero(line)
        if len(used):
            terms = cp_model.LinearExpr.weighted_sum([variables[each] for each in used], line[used].tolist())
            model.add(terms <= side)
    model.maximize(cp_model.LinearExpr.weighted_sum(shares, worth.tolist()))
    found = Run(model, budget, seed).solve(limits)
    if found.solution is None:
        return None
    chosen = np.zeros(which.max(initial=-1) + 1, np.int64)
    chosen[which] = found.solution[: len(which)]
    return chosen
