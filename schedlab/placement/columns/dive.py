"""Dive: round the relaxation column by column, with new columns for what is left.

Source: Sadykov, Vanderbeck, Pessoa, Tahiri and Uchoa, Primal heuristics for branch and price, INFORMS Journal on
Computing 2019 (pure diving).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.columns.lagrange import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.columns.generation import Generation
    from schedlab.placement.columns.master import Relaxed

    Ints = NDArray[np.int64]

ROUNDS = 2  # of greedy columns at each step
EXACT = 3  # types, up to which exact prices are asked where greedy ones bring no better plan in reach


def dive(search: Generation, rng: np.random.Generator, noise: float) -> bool:
    """Round the relaxation of a level; return whether the plan got better.

    All that is whole is fixed at each step, else the column nearest to its next whole number, give or take noise. A
    dive ends where the relaxation promises nothing better than the best plan.
    """
    fixed = np.zeros(len(search.pool), np.int64)
    while not search.budget.over:
        relaxed, fixed = _relaxed(search, fixed)
        if relaxed is None or not _promising(search, relaxed):
            return False
        part = np.pad(relaxed.shares, (0, len(fixed) - len(relaxed.shares))) - fixed
        whole = np.floor(part + 1e-6).astype(np.int64)
        rest = part - whole
        if rest.max(initial=0.0) < 1e-6:
            return search.offer(fixed + whole, "dive")
        if not whole.any():
            likely = np.where(rest > 1e-6, rest + noise * rng.random(len(rest)), 0.0)
            whole[np.argmax(likely)] = 1
        fixed = fixed + whole
    return False


def _relaxed(search: Generation, fixed: Ints) -> tuple[Relaxed | None, Ints]:
    """Solve the relaxation beside what is fixed, with new columns for the pods that are left."""
    left = np.maximum(search.problem.count - search.pool.content @ fixed, 0)
    relaxed = search.relaxed(None, fixed, ~search.master.room_for(fixed))
    for number in range(ROUNDS + 1):
        if relaxed is None:
            break
        if number < ROUNDS:
            new = search.greedy_round(relaxed, left) > 0
        elif len(search.problem.capacity) <= EXACT and not _promising(search, relaxed):
            known = len(search.pool)
            at = rounded(search.level, search.coupling, relaxed.duals)
            search.prices(at, np.minimum(search.most, left[:, None]))
            new = len(search.pool) > known
        else:
            break
        if new:
            fixed = np.pad(fixed, (0, len(search.pool) - len(fixed)))
            relaxed = search.relaxed(None, fixed, ~search.master.room_for(fixed))
    return relaxed, np.pad(fixed, (0, len(search.pool) - len(fixed)))


def _promising(search: Generation, relaxed: Relaxed) -> bool:
    """Return whether the relaxation is better than the best plan."""
    values = search.ledger.values
    return values is None or not search.sure or search.level.better(search.floor(relaxed.value), values[search.index])
