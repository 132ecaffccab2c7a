"""Retries: what kube-scheduler does of itself with pods left unschedulable, and what has become of them in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SECOND = 1_000_000
FLUSH_AFTER, FLUSH_EVERY = 300 * SECOND, 30 * SECOND  # podMaxInUnschedulablePodsDuration, and how often it is looked at


def flushed(stamp: int, before: int) -> tuple[int, int]:
    """Return when a pod was last put aside, and how often anew, if it fails each time that it is flushed.

    What was put aside more than five minutes ago is tried again; every 30 s of simulated time somebody looks.
    """
    first = (stamp + FLUSH_AFTER) // FLUSH_EVERY * FLUSH_EVERY + FLUSH_EVERY
    if first >= before:
        return stamp, 0
    again = FLUSH_AFTER + FLUSH_EVERY
    times = (before - 1 - first) // again
    return first + times * again, 1 + times


def next_flush(stamp: int) -> int:
    """Return when a pod put aside at ``stamp`` is flushed."""
    return (stamp + FLUSH_AFTER) // FLUSH_EVERY * FLUSH_EVERY + FLUSH_EVERY


def relived(stamp: int, failures: int, retries: Sequence[int], span: range, now: int, limit: int) -> tuple[int, int]:
    """Return stamp and failures of a pod that failed at some times, and whenever it was flushed before ``now``.

    Parameters
    ----------
    retries, span
        The times, of which those at these places count.
    limit
        Failures beyond it are not counted.
    """
    last = min(span.stop, span.start + limit + 1)
    for time in retries[span.start : last]:
        stamp, more = flushed(stamp, time)
        stamp, failures = time, failures + more + 1
    if last < span.stop:
        stamp, failures = retries[span.stop - 1], limit
    stamp, more = flushed(stamp, now)
    return stamp, min(failures + more, limit)
