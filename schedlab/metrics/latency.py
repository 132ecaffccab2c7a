"""How long pods waited for a node, alone and against their run time; pods that never got one count, as censored."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from schedlab.metrics.columns import NEVER, column, is_text, kept, overlap, window
from schedlab.metrics.contract import metric
from schedlab.metrics.lives import lives
from schedlab.metrics.percentiles import censored_percentiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.record import Run

TAU = 10.0  # s; shorter run times count as this long in a slowdown


class Waits(NamedTuple):
    """Waiting times of the pods that count, in the order of the workload."""

    seconds: NDArray[np.float64]  # (P,) from submission to the first binding, or to the end of the run
    censored: NDArray[np.bool_]  # (P,) never bound: the true wait is at least ``seconds``
    row: NDArray[np.int64]  # (P,) of the pod's first attempt in the pods table


class Slowdowns(NamedTuple):
    """Bounded slowdowns of the pods that count and have a run time, in the order of the workload."""

    values: NDArray[np.float64]  # (P,)
    censored: NDArray[np.bool_]  # (P,) not running at the end, nor done: the true slowdown is at least the value
    row: NDArray[np.int64]  # (P,) of the pod's first attempt in the pods table
    response: NDArray[np.float64]  # (P,) s, from submission to completion
    needed: NDArray[np.float64]  # (P,) s, the run time


@kept
def waits(run: Run) -> Waits:
    """Return how long each pod waited, from submission to its first binding.

    Left out are pods that were submitted during the warm-up, and initial ones that got a node at once: they ran before.
    An initial pod that did not has waited from the start.
    """
    first, last, bound, counted = lives(run)
    counted = counted & ~_ran_before(run, first, bound)
    first, last, bound = first[counted], last[counted], bound[counted]
    gone = np.minimum(column(run, "pods", "finished", NEVER)[last], window(run)[1])
    never = bound == NEVER
    seconds = np.maximum(np.where(never, gone, bound) - column(run, "pods", "submit")[first], 0) / 1e6
    return Waits(seconds, never, first)


@metric(
    unit="s",
    better="lower",
    formula="percentiles of (first binding - submission), unplaced: so far; without initial pods bound at once",
    source="Feitelson & Rudolph, Metrics and benchmarking for parallel job scheduling, LNCS 1459, 1998, pp. 1-24",
)
def wait(run: Run) -> pd.Series[float]:
    """Percentiles of the waiting time: the smallest wait that p % of the pods do not exceed.

    A pod that was never placed waited at least until the end of the run. Where the percentile would be
    another one if such pods had waited for ever, it is a lower bound and ``<p>.censored`` is True.
    """
    found = waits(run)
    return censored_percentiles(found.seconds, found.censored)


@kept
def slowdowns(run: Run) -> Slowdowns | None:
    """Return each pod's bounded slowdown; None where the run does not know how long pods run.

    A pod that still runs at the end of the measured time counts as if it ran on to its completion; one that
    waits, again or still, as if it were placed right then: a lower bound. Pods that run until they are deleted
    have no slowdown. One that is killed at its walltime has run its time.
    """
    if "duration" not in run.tables["pods"].column_names:
        return None
    first, last, bound, counted = lives(run)
    needed = _needed(run)[first]
    counted = counted & ~_ran_before(run, first, bound) & (needed >= 0)
    first, last, needed = first[counted], last[counted], needed[counted]
    end = window(run)[1]
    started, finished = column(run, "pods", "started", NEVER)[last], column(run, "pods", "finished", NEVER)[last]
    over = is_text(run, "pods", "phase", "Succeeded") | is_text(run, "pods", "reason", "DeadlineExceeded")
    done = over[last] & (finished <= end)
    runs = (started <= end) & (finished > end)
    until = np.where(done, finished, np.where(runs, started, np.minimum(finished, end)) + needed)
    response = until - column(run, "pods", "submit")[first]
    values = np.maximum(response / np.maximum(needed, TAU * 1e6), 1.0)
    return Slowdowns(values, ~done & ~runs, first, response / 1e6, needed / 1e6)


def _needed(run: Run) -> NDArray[np.int64]:
    """Return how long each attempt would run, (A,) us: its pod's run time, or its walltime if less; -1: for ever."""
    needed = column(run, "pods", "duration", -1)
    if "walltime" not in run.tables["pods"].column_names:  # of a run made before there were any
        return needed
    walltime = column(run, "pods", "walltime", -1)
    return np.where((walltime > 0) & (walltime < needed), walltime, needed)


def _ran_before(run: Run, first: NDArray[np.int64], bound: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which pods ran when the trace began and go on at once, (P,)."""
    initial: NDArray[np.bool_] = column(run, "pods", "initial")[first]
    return initial & (bound <= column(run, "pods", "submit")[first])


@metric(
    unit="ratio",
    better="lower",
    formula="percentiles of max(1, (completion - submission) / max(run time, 10 s))",
    source="Feitelson & Rudolph, Metrics and benchmarking for parallel job scheduling, LNCS 1459, 1998, pp. 1-24",
)
def slowdown(run: Run) -> pd.Series[float]:
    """Percentiles of the bounded slowdown, over the pods submitted in the measured time.

    Lost attempts and the time to fetch data count as delay, not as run time. See `slowdowns` for pods that are not
    done; ``<p>.censored`` is as in `wait`.
    """
    found = slowdowns(run)
    return pd.Series(dtype=object) if found is None else censored_percentiles(found.values, found.censored)


@metric(
    unit="count",
    better="lower",
    formula="sum over attempts of (binding - queued) within the measured time / its length",
    source="time average of the number in queue; Little, Operations Research 9(3), 1961",
)
def queue(run: Run) -> float:
    """Mean number of pods that wait, over time."""
    ends = np.minimum(column(run, "pods", "bound", NEVER), column(run, "pods", "finished", NEVER))
    start, end = window(run)
    waited = overlap(run, column(run, "pods", "queued"), ends).sum()
    return float(waited) / ((end - start) / 1e6) if end > start else float("nan")
