"""Groups of waiting pods that get one verdict: a pod class, a pod by itself, or a gang."""

from __future__ import annotations

from collections import deque
from heapq import merge
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Waiting(NamedTuple):
    """A pod and its number in line, which decides between pods of one priority and time."""

    sequence: int
    pod: int


class Cohort:
    """Pods of a group that were put aside at one time, after equally many failures; by their numbers in line.

    Attributes
    ----------
    stamp, failures
        When, microseconds, and how often. A pod that was never tried has 0 failures, and the time it came.
    heard
        Of a sleeping group: how much its `Sleepers` had heard by then.
    entry
        Its place in the queue; None while it sleeps or is being tried.
    """

    __slots__ = ("entry", "failures", "group", "heard", "pods", "stamp")

    def __init__(self, group: Group, stamp: int, failures: int, heard: int = 0) -> None:
        self.group, self.stamp, self.failures, self.heard = group, stamp, failures, heard
        self.pods: deque[Waiting] = deque()
        self.entry: Any = None

    def __len__(self) -> int:
        return len(self.pods)

    def __lt__(self, other: Cohort) -> bool:
        return False  # a heap may meet the place that a cohort had before

    @property
    def first(self) -> Waiting:
        """The pod that is next."""
        return self.pods[0]


class Group:
    """Pods with one verdict.

    Attributes
    ----------
    cls, priority
        The pod class, and the priority, of all of them; of a gang, those of its first member.
    alone
        Whether no other pod of the class joins them: a pod by itself, or a gang.
    gang
        The gang that they are, -1 if none.
    timer
        When the group is to be tried again at the latest, microseconds; None: no time is set.
    """

    __slots__ = ("alone", "cls", "cohorts", "gang", "priority", "timer")

    def __init__(self, cls: int, priority: int, *, alone: bool = False, gang: int = -1) -> None:
        self.cls, self.priority, self.alone, self.gang = cls, priority, alone or gang >= 0, gang
        self.cohorts: list[Cohort] = []
        self.timer: int | None = None

    def __len__(self) -> int:
        return sum(map(len, self.cohorts))

    def pods(self) -> list[int]:
        """Return the pods, by their numbers in line."""
        return [each.pod for each in merge(*(cohort.pods for cohort in self.cohorts))]

    def join(self, waiting: Waiting, stamp: int, failures: int, heard: int = 0) -> Cohort:
        """Add a pod, which has the highest number in line so far, and return its cohort."""
        last = self.cohorts[-1] if self.cohorts else None
        if last is None or (last.stamp, last.failures, last.heard) != (stamp, failures, heard):
            last = Cohort(self, stamp, failures, heard)
            self.cohorts.append(last)
        last.pods.append(waiting)
        return last

    def failed(self, now: int, limit: int) -> None:
        """Note that all of them failed now."""
        for cohort in self.cohorts:
            cohort.stamp, cohort.failures, cohort.entry = now, min(cohort.failures + 1, limit), None
        self.unite()

    def unite(self) -> None:
        """Make one cohort of those that are alike."""
        if len(self.cohorts) > 1:
            united: dict[tuple[int, int], Cohort] = {}
            for cohort in self.cohorts:
                other = united.setdefault((cohort.stamp, cohort.failures), cohort)
                if other is not cohort:
                    other.pods = _merged(other.pods, cohort.pods)
            self.cohorts = list(united.values())


def _merged(one: deque[Waiting], other: Iterable[Waiting]) -> deque[Waiting]:
    others = deque(other)
    if not one or not others or one[-1] < others[0]:
        one.extend(others)
        return one
    return deque(merge(one, others))
