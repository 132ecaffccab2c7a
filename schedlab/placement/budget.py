"""Budget: how long, and how much work, a solver may still take."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

GREEDY_WORK = 4e-8  # of placing a pod on one of so many nodes
LP_WORK = 1e-6  # of an entry of an LP's matrix


class Slice(NamedTuple):
    """What one step may take: seconds of wall time, and units of work; None: no limit."""

    seconds: float | None
    work: float | None


@dataclass
class Budget:
    """Limits of a solve, and what is left of them.

    Attributes
    ----------
    time_limit
        Wall seconds from `started`; None: no limit.
    work_limit
        Units of work; one is CP-SAT's unit of deterministic time, about a second of one core. A step never looks at
        the clock to learn how much it did: with a work limit alone, the same is done on any machine.
    workers
        Threads.
    """

    time_limit: float | None = None
    work_limit: float | None = None
    workers: int = 1
    work: float = 0.0
    cpu_elsewhere: float = 0.0  # seconds of CPU that a search in another process took
    stopped: str = ""  # why no further step begins, once that is known
    started: float = field(default_factory=time.monotonic)
    cpu: float = field(default_factory=time.process_time)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def elapsed(self) -> float:
        """Wall seconds so far."""
        return time.monotonic() - self.started

    def charge(self, work: float) -> None:
        """Note work done; from any thread."""
        with self._lock:
            self.work += work

    def left(self) -> float:
        """Return the part of the limits that is left, 0..1, of whichever is nearer."""
        parts = [1.0]
        if self.time_limit is not None:
            parts.append(1 - self.elapsed / self.time_limit if self.time_limit else 0.0)
        if self.work_limit is not None:
            parts.append(1 - self.work / self.work_limit if self.work_limit else 0.0)
        return max(0.0, min(parts))

    @property
    def over(self) -> bool:
        """Whether no step may begin any more."""
        if not self.stopped and self.left() <= 0:
            timed = self.time_limit is not None and self.elapsed >= self.time_limit
            self.stopped = "time limit" if timed else "work limit"
        return bool(self.stopped)

    def until(self, share: float) -> Callable[[], bool]:
        """Return what says whether a share of what is left now is used."""
        mark = self.left() * (1 - share)
        return lambda: self.over or self.left() <= mark

    def slice(self, share: float = 1.0, most: float | None = None) -> Slice:
        """Return what a step may take: a share of what is left, and at most so many seconds or units of work."""
        seconds = None if self.time_limit is None else max(0.0, self.time_limit - self.elapsed) * share
        work = None if self.work_limit is None else max(0.0, self.work_limit - self.work) * share
        if most is not None:
            if work is not None or seconds is None:
                work = most if work is None else min(work, most)
            seconds = seconds and min(seconds, most)
        return Slice(seconds, work)
