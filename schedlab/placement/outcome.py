"""Outcome: the result that a ledger stands for when a search has ended, however it ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from schedlab.memory import peak
from schedlab.placement.realise import realise
from schedlab.placement.result import Result, Status

if TYPE_CHECKING:
    from schedlab.placement.ledger import Ledger


def outcome(ledger: Ledger, seed: int, reason: str, *, failed: bool, infeasible: bool, memory: int = 0) -> Result:
    """Return the result of a search.

    Parameters
    ----------
    reason
        Why it ended, where that is known.
    failed, infeasible
        Whether a method failed, and whether it is proven that there is no placement.
    memory
        Peak of the process that searched, bytes; 0: this one.
    """
    budget = ledger.budget
    proven = ledger.open == len(ledger.levels)
    placement, unplaced = ({}, ledger.problem.pods) if ledger.best is None else realise(ledger.problem, ledger.best)
    if infeasible:
        status = Status.INFEASIBLE
    elif ledger.values is not None:
        status = Status.OPTIMAL if proven else Status.FEASIBLE
    elif any(bound is not None for bound in ledger.bounds):
        status = Status.BOUND_ONLY
    else:
        status = Status.ERROR if failed else Status.LIMIT
    by = [ledger.by, *dict.fromkeys(kind for kind in ledger.kinds if kind)]
    return Result(
        status=status,
        reason="" if proven else reason or (budget.stopped if budget.over else "no method brought more"),
        problem=ledger.problem.name,
        levels=tuple(level.name for level in ledger.levels),
        senses=tuple(level.sense for level in ledger.levels),
        objective=ledger.values,
        bound=tuple(ledger.bounds),
        kinds=tuple(ledger.kinds),
        method="; ".join(part for part in by if part),
        placement=placement,
        unplaced=unplaced,
        certificates=tuple(ledger.certificates),
        trace=tuple(ledger.trace),
        wall=budget.elapsed,
        cpu=time.process_time() - budget.cpu + budget.cpu_elsewhere,
        work=budget.work,
        memory=memory or peak(),
        seed=seed,
    )
