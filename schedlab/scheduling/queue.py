"""The scheduling queue: which pod is tried next, as kube-scheduler's active queue and backoff queue say."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, NamedTuple

from schedlab.scheduling.active import Active, Lanes
from schedlab.scheduling.asleep import Asleep
from schedlab.scheduling.group import Cohort, Group, Waiting
from schedlab.scheduling.retries import relived
from schedlab.scoring.backoff import KUBERNETES, Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from schedlab.cluster.log import Cursor
    from schedlab.scheduling.asleep import Hints, Sleepers


class Lengths(NamedTuple):
    """How many pods are in each part of the queue."""

    active: int
    backoff: int
    unschedulable: int


class Queue:
    """Pods that wait: active, backing off, or put aside as unschedulable (``asleep``) until something wakes them.

    Active pods go by priority, highest first, then by the time they were last put in the queue, which after a failure
    is that of the failure. Who is woken before its backoff is over waits for that; but where nobody is active the first
    of them is taken early. (kube-scheduler v1.34, pkg/scheduler/backend/queue.)

    Pods of one `Group` get one verdict: when its first pod fails they all have failed. So a group that sleeps costs
    nothing, and what it has missed is found out when it is woken.

    Parameters
    ----------
    key
        ``key(pod)`` stands in for the priority, smallest first; each pod is then to be a group of its own. It is taken
        when the pod is pushed and when it is woken.
    lanes
        In which pods wait while they are active; None: in one. Again each pod is to be a group of its own.
    """

    def __init__(
        self,
        key: Callable[[int], Any] | None = None,
        asleep: Asleep | None = None,
        backoff: Backoff = KUBERNETES,
        lanes: Lanes | None = None,
    ) -> None:
        self._key = key
        self.backoff = backoff
        self._limit = self.backoff.limit
        self._active = Active(lanes)
        self._backing_off: list[tuple[int, Any, int, int, Cohort]] = []  # (expiry, *entry); may be stale
        self._sequence = 0
        self._tried: Cohort | None = None
        self._turn: tuple[Any, ...] = ()  # the place of the pod that was tried last
        self._waiting = self._early = 0  # pods, and those of them that back off
        self.asleep = Asleep() if asleep is None else asleep

    def __len__(self) -> int:
        return self._waiting

    def lengths(self) -> Lengths:
        """Return how many pods are where; the one being tried counts as active."""
        return Lengths(self._waiting - self._early - self.asleep.pods, self._early, self.asleep.pods)

    def push(self, pod: int, group: Group, now: int) -> None:
        """Add a pod that comes now; if its group sleeps it has failed with it."""
        waiting = Waiting(self._sequence, pod)
        self._sequence += 1
        self._waiting += 1
        bed = self.asleep.bed(group)
        if group.gang >= 0 and group.cohorts:
            group.cohorts[0].pods.append(waiting)
            self.asleep.pods += bed is not None
        elif bed is None:
            cohort = group.join(waiting, now, 0)
            if cohort.entry is None and cohort is not self._tried:
                self._arm(cohort, now)
        else:
            group.join(waiting, now, 1, len(bed.heard))
            self.asleep.pods += 1

    def _arm(self, cohort: Cohort, now: int) -> None:
        """Put a cohort in its place."""
        early, *place = self._place(cohort, cohort.stamp, cohort.failures, now)
        cohort.entry = *place, cohort
        if early:
            heapq.heappush(self._backing_off, cohort.entry)
            self._early += len(cohort)
        else:
            self._active.push(cohort.entry)

    def _place(self, cohort: Cohort, stamp: int, failures: int, now: int) -> tuple[Any, ...]:
        """Return what decides whose turn it is: whether it would be early, when it would not, and the rest."""
        first = cohort.first
        key = -cohort.group.priority if self._key is None else self._key(first.pod)
        expiry = self.backoff.expiry(stamp, failures)
        if expiry > now:
            return True, expiry, key, stamp, first.sequence
        return False, key, stamp, first.sequence

    def pop(self, now: int) -> Cohort | None:
        """Return whose first pod is to be tried next, None if nobody is; then call `placed` or `failed`."""
        while self._backing_off and self._backing_off[0][0] <= now:
            self._ready()
        active = self._active.pop()
        if active is not None:
            self._turn = False, *active.entry[:-1]
            return self._try(active)
        while self._backing_off:  # nobody else is to be tried: no need to wait
            early = heapq.heappop(self._backing_off)
            if early[-1].entry is early:
                self._turn = True, *early[:-1]
                self._early -= len(early[-1])
                return self._try(early[-1])
        return None

    def _ready(self) -> None:
        """Move the first of those that back off, whose time is over."""
        entry = heapq.heappop(self._backing_off)
        cohort = entry[-1]
        if cohort.entry is entry:
            self._early -= len(cohort)
            cohort.entry = entry[1:]
            self._active.push(cohort.entry)

    def _try(self, cohort: Cohort) -> Cohort:
        cohort.entry, self._tried = None, cohort
        return cohort

    def placed(self, now: int, pods: int = 1) -> None:
        """Remove the first pods of the cohort that was tried: they have a node."""
        cohort, self._tried = self._tried, None
        assert cohort is not None
        for _ in range(pods):
            cohort.pods.popleft()
        self._waiting -= pods
        if cohort.pods:
            self._arm(cohort, now)
        else:
            cohort.group.cohorts.remove(cohort)

    def part(self) -> Group:
        """Make the pod that was tried a group by itself, and return it; the others are still to be tried."""
        cohort = self._tried
        assert cohort is not None
        if cohort.group.alone:
            return cohort.group
        group = Group(cohort.group.cls, cohort.group.priority, alone=True)
        single = group.join(cohort.pods[0], cohort.stamp, cohort.failures)
        self._waiting += 1  # `placed` takes it away
        self.placed(single.stamp)
        self._tried = single
        return group

    def rejoin(self, group: Group, now: int) -> None:
        """Give the pod that was tried by itself, and failed for all of its class, back to the group of its class."""
        cohort, self._tried = self._tried, None
        assert cohort is not None
        cohort.group = group
        group.cohorts.append(cohort)
        bed = self.asleep.bed(group)
        if bed is not None:
            cohort.stamp, cohort.failures = now, min(cohort.failures + 1, self._limit)
            cohort.heard = len(bed.heard)
            self.asleep.pods += len(cohort)

    def failed(self, group: Group, now: int) -> None:
        """Note that a group failed: all its pods have."""
        self._unplace(group)
        group.failed(now, self._limit)
        if self._tried is not None and self._tried.group is group:
            self._tried = None

    def sleep(self, group: Group, hints: Hints, cursor: Cursor, *, firm: bool) -> None:
        """Put a group aside that failed; see `Asleep.add`."""
        self.asleep.add(group, hints, cursor, firm=firm)

    def requeue(self, group: Group, now: int) -> None:
        """Put a group that failed back in the queue."""
        for cohort in group.cohorts:
            self._arm(cohort, now)

    def wake(self, group: Group, now: int, *, unheard: int = 0) -> None:
        """Put a group that sleeps back in the queue, as it would be had it been tried whenever it could have been.

        Of what it heard the last ``unheard`` do not count.
        """
        self._relive(group, now, unheard)
        self.requeue(group, now)

    def _relive(self, group: Group, now: int, unheard: int = 0) -> None:
        """End a group's sleep."""
        for cohort in group.cohorts:
            cohort.stamp, cohort.failures = self._lived(cohort, now, unheard)
        self.asleep.drop(group)
        group.unite()

    def _lived(self, cohort: Cohort, now: int, unheard: int = 0) -> tuple[int, int]:
        """Return the stamp and failures of a cohort that sleeps, had it been tried ever since."""
        bed = self.asleep.bed(cohort.group)
        assert bed is not None
        span = range(cohort.heard, max(cohort.heard, len(bed.heard) - unheard))
        return relived(cohort.stamp, cohort.failures, bed.heard, span, now, self._limit)

    def is_to_come(self, group: Group, now: int) -> bool:
        """Return whether a sleeping group that hears something now would be tried after the pod that was tried last."""
        bed = self.asleep.bed(group)
        if bed is None or not bed.heard or bed.heard[-1] != now:
            return False
        heard = len(bed.heard)
        return any(
            self._place(cohort, *self._lived(cohort, now, 1), now) > self._turn
            for cohort in group.cohorts
            if cohort.heard < heard  # else it was tried at this instant
        )

    def last_tried(self, group: Group, now: int) -> int:
        """Return when the pod of a sleeping group that waits longest was put aside, had it been tried ever since.

        ``now`` for a class that fits nowhere but has no pods.
        """
        return min((self._lived(cohort, now)[0] for cohort in group.cohorts), default=now)

    def settle(self, firm: Collection[Sleepers], now: int, cursor: Cursor) -> None:
        """Note that firm groups heard something now, and fit nowhere as of ``cursor`` all the same.

        Others than before may be the first to reject them: no hint holds.
        """
        without = self.asleep.open
        hears = without in firm or not without.by_class
        for sleepers in firm:
            for group in list(sleepers) if sleepers is not without else ():
                self._relive(group, now)
                if not hears:
                    group.failed(now, self._limit)
                self.sleep(group, None, cursor, firm=True)
        if hears:
            without.heard.append(now)
            without.cursor = cursor

    def _unplace(self, group: Group) -> None:
        for cohort in group.cohorts:
            if cohort.entry is not None and len(cohort.entry) == 5:
                self._early -= len(cohort)

    def forget(self, group: Group) -> None:
        """Take out a group: its pods wait no more."""
        self._unplace(group)
        if group in self.asleep:
            self.asleep.drop(group)
        self._waiting -= len(group)
        for cohort in group.cohorts:
            cohort.entry = None
        group.cohorts.clear()
