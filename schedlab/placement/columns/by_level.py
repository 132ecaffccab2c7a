"""Columns, level by level: the first level that is not proven gets most of the time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from schedlab.placement.bounds.counting import counting
from schedlab.placement.columns.generation import Generation

if TYPE_CHECKING:
    from collections.abc import Callable

    from schedlab.placement.columns.pool import Pool
    from schedlab.placement.ledger import Ledger

SHARE = 0.7  # of what is left, for a level that others follow


def solve_columns(ledger: Ledger, pool: Pool, seed: int, enough: Callable[[], bool]) -> None:
    """Better and prove the levels one by one.

    After a level that stays open, the later ones are still made better, but nothing can be proven of them.

    Parameters
    ----------
    pool
        Contents of nodes that are known, such as those of greedy placements; it grows.
    enough
        Says when to stop before the budget is over.
    """
    for index in range(ledger.open, len(ledger.levels)):
        if ledger.budget.over or enough():
            return
        if index < ledger.open:
            continue
        ledger.bound(index, counting(ledger.problem, ledger.levels[index]), "counting")
        if index < ledger.open:
            continue
        last = index == len(ledger.levels) - 1
        spent = ledger.budget.until(1.0 if last else SHARE)
        Generation(ledger, pool, index, seed).run(partial(_either, enough, spent))


def relax(ledger: Ledger, pool: Pool, seed: int) -> None:
    """Take the aggregated LP's bounds, level by level, as far as they settle a level; pack as the LP places."""
    for index in range(ledger.open, len(ledger.levels)):
        if index == ledger.open and not ledger.budget.over:
            Generation(ledger, pool, index, seed).relax()


def _either(first: Callable[[], bool], second: Callable[[], bool]) -> bool:
    return first() or second()
