"""Solve: the one door to every method. Anytime, never worse than where it starts, the same for the same work limit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.errors import InputError, SchedlabError
from schedlab.placement.budget import Budget
from schedlab.placement.isolated import isolated
from schedlab.placement.ledger import Ledger
from schedlab.placement.objectives import levels_of
from schedlab.placement.outcome import outcome
from schedlab.placement.verify import check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem
    from schedlab.placement.result import Result

    Ints = NDArray[np.int64]
    Start = Ints | Mapping[str, Any] | None


def solve(
    problem: Problem,
    objective: Sequence[str] = ("priority", "nodes"),
    *,
    time_limit: float | None = 60.0,
    work_limit: float | None = None,
    mem_limit: int | None = None,
    warm_start: Start = None,
    seed: int = 0,
    workers: int = 1,
    on_incumbent: Callable[[Ledger], None] | None = None,
) -> Result:
    """Place pods as well as can be proven.

    Parameters
    ----------
    objective
        Names of `schedlab.placement.objectives`, the most important first.
    time_limit
        Seconds; None: no limit.
    work_limit
        Units of work (`schedlab.placement.budget`). With it, and no time limit, the same seed gives the same result.
    mem_limit
        Bytes that the search may use. It then runs in a process of its own, so that whatever befalls it, the best
        placement and bound so far are kept.
    warm_start
        Where to start: int64 (C, N), pods of each class on each node, or the node of each pod by name (a `Result`'s
        ``placement`` will do). It is checked like every placement.
    workers
        Threads.
    on_incumbent
        Called with the ledger for each better placement, after the check, and for each better bound.

    Returns
    -------
    Result
        Also when the search is interrupted (Ctrl-C), fails, or has no time at all.

    Raises
    ------
    InputError
        For an unknown objective, a negative limit, or a warm start that is no placement of this problem.
    """
    for name, limit in (("time_limit", time_limit), ("work_limit", work_limit), ("mem_limit", mem_limit)):
        if limit is not None and not (limit >= 0 and math.isfinite(limit)):
            raise InputError(f"a {name} of {limit}", mend="give 0 or more, or None for no limit")
    widened, levels = levels_of(problem, objective)
    start = _started(widened, warm_start)
    if start is not None and (wrong := check(widened, start)):
        raise InputError(f"the warm start is refused: {wrong[0]}", field="warm_start")
    budget = Budget(time_limit, work_limit, max(1, workers))
    ledger = Ledger(widened, levels, budget, check, on_incumbent)
    if mem_limit is not None:
        return isolated(ledger, start, seed, mem_limit)
    return solve_here(ledger, start, seed)


def solve_here(ledger: Ledger, start: Ints | None, seed: int) -> Result:
    """Search in this process, and make a result of what the ledger then holds."""
    reason, failed, infeasible = "", False, False
    try:
        from schedlab.placement.search import search  # brings OR-Tools and HiGHS: slow, and too much for a low limit

        reason = search(ledger, start, seed)
        infeasible = bool(reason)
    except KeyboardInterrupt:
        reason = "interrupted"
    except MemoryError:
        reason, failed = "out of memory", True
    except SchedlabError as error:
        reason, failed = str(error), True
    except Exception as error:  # a solver that fails costs what it would have found, no more
        reason, failed = f"{type(error).__name__}: {error}", True
    return outcome(ledger, seed, reason, failed=failed, infeasible=infeasible)


def _started(problem: Problem, start: Start) -> Ints | None:
    """Return a warm start as an assignment, int64 (C, N).

    Raises
    ------
    InputError
        If it is of another problem.
    """
    classes, nodes = len(problem.count), len(problem.type_of)
    if start is None:
        return None
    if isinstance(start, np.ndarray):
        if start.ndim != 2 or start.shape[1] != nodes or start.shape[0] > classes:
            raise InputError(
                f"a warm start of shape {start.shape}", mend=f"give pods by class and node, {classes, nodes}"
            )
        return np.pad(start.astype(np.int64), ((0, classes - len(start)), (0, 0)))
    found = np.zeros((classes, nodes), np.int64)
    node_at = {name: position for position, name in enumerate(problem.nodes)}
    class_at = dict(zip(problem.pods, problem.class_of.tolist(), strict=True))
    for pod, where in start.items():
        node = where if isinstance(where, str) else where[0]
        if pod not in class_at or node not in node_at:
            unknown = f"pod {pod!r}" if pod not in class_at else f"node {node!r}"
            raise InputError(f"the problem has no {unknown}", field="warm_start")
        found[class_at[pod], node_at[node]] += 1
    return found
