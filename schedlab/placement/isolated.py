"""Isolated: a search in a process of its own, so that its death costs nothing that was found before."""

from __future__ import annotations

import multiprocessing
import signal
from typing import TYPE_CHECKING, Any

from schedlab.memory import limited, peak
from schedlab.placement.ledger import Ledger
from schedlab.placement.outcome import outcome
from schedlab.placement.verify import check

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import numpy as np
    from numpy.typing import NDArray

    from schedlab.placement.result import Result

    Ints = NDArray[np.int64]

GRACE = 10.0  # seconds past its time limit after which a search that does not end is ended
LOOK = 0.2  # seconds between looks at whether the search still lives


def isolated(ledger: Ledger, start: Ints | None, seed: int, mem_limit: int) -> Result:
    """Search in another process, that may hold ``mem_limit`` bytes; keep what it tells of in this one's ledger."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    budget = ledger.budget
    task = (ledger.problem, ledger.levels, (budget.time_limit, budget.work_limit, budget.workers), start, seed)
    child = context.Process(target=_search, args=(there, mem_limit, *task), daemon=True)
    told: dict[str, Any] = {"reason": "", "failed": False, "infeasible": False, "memory": 0}
    try:
        child.start()
        there.close()
        ended = _listen(here, child, ledger, told)
        if not ended:
            told |= {"failed": True, "reason": told["reason"] or _death(child)}
    except KeyboardInterrupt:
        told["reason"] = "interrupted"
    finally:
        child.kill()
        child.join()
        here.close()
    return outcome(ledger, seed, **told)


def _listen(here: Connection, child: Any, ledger: Ledger, told: dict[str, Any]) -> bool:
    """Take what comes until the search says that it has ended; return whether it did."""
    budget = ledger.budget
    while True:
        try:
            if here.poll(LOOK):
                what, content = here.recv()
                if what == "end":
                    told |= content
                    return True
                ledger.restore(content)
                continue
        except (EOFError, OSError):
            child.join(LOOK)
            return False
        if budget.time_limit is not None and budget.elapsed > budget.time_limit + GRACE:
            told["reason"] = "it did not end at its time limit"
            return False


def _death(child: Any) -> str:
    code = child.exitcode
    if code is None:
        return "the search ended without a word"
    killed = f"signal {-code}" + (", as when memory runs out" if code == -9 else "")
    return f"the search died ({killed if code < 0 else f'exit status {code}'})"


def _search(
    pipe: Connection, mem_limit: int, problem: Any, levels: Any, limits: Any, start: Ints | None, seed: int
) -> None:
    """Search, and tell of every better placement and bound."""
    from schedlab.placement.budget import Budget
    from schedlab.placement.solve import solve_here

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits, which then ends this one

    def tell(ledger: Ledger) -> None:
        pipe.send(("state", ledger.state()))

    ledger = Ledger(problem, levels, Budget(*limits), check, tell)
    with limited(mem_limit):
        found = solve_here(ledger, start, seed)
    tell(ledger)
    ended = {"failed": found.status == "ERROR", "infeasible": found.status == "INFEASIBLE"}
    pipe.send(("end", {"reason": found.reason, "memory": peak()} | ended))
