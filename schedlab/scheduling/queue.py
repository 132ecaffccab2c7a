"""The scheduling queue: waiting pods by group, and which groups are worth trying."""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING, Any

from schedlab.scheduling.asleep import Asleep

if TYPE_CHECKING:
    from collections.abc import Callable


class Queue:
    """Pods that wait, highest priority first, then first come first served.

    Pods of one group (a pod class, or a pod by itself) get one verdict: when its first pod fails, the group sleeps, and
    the others are not tried either while it is ``asleep``; unless the verdict is said to be that pod's alone.
    (kube-scheduler's backoff and unschedulable pools are not modelled here.)

    Parameters
    ----------
    key
        ``key(pod)`` stands in for the priority, smallest first; each pod is then to be a group of its own. It is taken
        when the pod is pushed and when it is woken.
    """

    def __init__(self, key: Callable[[int], Any] | None = None, asleep: Asleep | None = None) -> None:
        self._key = key
        self._waiting: dict[int, deque[tuple[int, int, int]]] = {}  # group -> (queued, sequence, pod)
        self._priority: dict[int, int] = {}
        self._heads: list[tuple[Any, int, int, int]] = []  # (-priority or key, queued, sequence, group); may be stale
        self._head: dict[int, tuple[Any, int, int, int]] = {}  # group -> that of its heads which is not
        self._sequence = 0
        self.asleep = Asleep() if asleep is None else asleep  # groups that are not tried

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def push(self, pod: int, group: int, priority: int, now: int) -> None:
        """Add a pod."""
        waiting = self._waiting.setdefault(group, deque())
        self._priority[group] = priority
        waiting.append((now, self._sequence, pod))
        self._sequence += 1
        if len(waiting) == 1:
            self._arm(group)

    def _arm(self, group: int) -> None:
        """Put a group in its place."""
        if self._waiting[group]:
            queued, sequence, pod = self._waiting[group][0]
            first = -self._priority[group] if self._key is None else self._key(pod)
            head = self._head[group] = first, queued, sequence, group
            heapq.heappush(self._heads, head)

    def peek(self) -> int | None:
        """Return the next pod to try; None if nothing is worth trying."""
        while self._heads:
            head = self._heads[0]
            group = head[3]
            if group not in self.asleep and self._head.get(group) is head:
                return self._waiting[group][0][2]
            heapq.heappop(self._heads)
        return None

    def take(self) -> int:
        """Remove the pod that `peek` gave, which was placed, and return its group."""
        group = heapq.heappop(self._heads)[3]
        del self._head[group]
        self._waiting[group].popleft()
        if group < 0:
            del self._waiting[group], self._priority[group]
        else:
            self._arm(group)
        return group

    @property
    def head(self) -> int:
        """The group of the pod that `peek` gave."""
        return self._heads[0][3]

    def part(self) -> int:
        """Make the pod that `peek` gave a group by itself, numbered -1 - pod, and return it.

        The others of its former group are still to be tried.
        """
        former = self.head
        if former < 0:
            return former
        heapq.heappop(self._heads)
        del self._head[former]
        first = self._waiting[former].popleft()
        group = -1 - first[2]
        self._waiting[group], self._priority[group] = deque([first]), self._priority[former]
        self._arm(former)
        return group

    def wake(self, group: int) -> None:
        """Make a sleeping group worth trying again."""
        self.asleep.drop(group)
        self._arm(group)
