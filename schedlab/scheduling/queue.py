"""The scheduling queue: waiting pods by class, and which classes are worth trying."""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schedlab.cluster.log import Cursor


class Queue:
    """Pods that wait, highest priority first, then first come first served.

    Pods of one class get one verdict: when its first pod fails, the class sleeps, and the others are not tried
    either until `wake`. (kube-scheduler's backoff and unschedulable pools are not modelled here.)
    """

    def __init__(self) -> None:
        self._waiting: dict[int, deque[tuple[int, int, int]]] = {}  # class -> (queued, sequence, pod)
        self._priority: dict[int, int] = {}
        self._heads: list[tuple[int, int, int, int]] = []  # (-priority, queued, sequence, class); may be stale
        self._sequence = 0
        self.asleep: dict[int, Cursor] = {}  # class -> what its verdict knew

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def push(self, pod: int, cls: int, priority: int, now: int) -> None:
        """Add a pod."""
        waiting = self._waiting.setdefault(cls, deque())
        self._priority[cls] = priority
        waiting.append((now, self._sequence, pod))
        self._sequence += 1
        if len(waiting) == 1:
            self._arm(cls)

    def _arm(self, cls: int) -> None:
        if self._waiting[cls]:
            queued, sequence, _ = self._waiting[cls][0]
            heapq.heappush(self._heads, (-self._priority[cls], queued, sequence, cls))

    def peek(self) -> int | None:
        """Return the next pod to try; None if nothing is worth trying."""
        while self._heads:
            _, _, sequence, cls = self._heads[0]
            if cls not in self.asleep and self._waiting[cls] and self._waiting[cls][0][1] == sequence:
                return self._waiting[cls][0][2]
            heapq.heappop(self._heads)
        return None

    def take(self) -> None:
        """Remove the pod that `peek` gave: it was placed."""
        cls = heapq.heappop(self._heads)[3]
        self._waiting[cls].popleft()
        self._arm(cls)

    def fail(self, cursor: Cursor) -> None:
        """Put the class of the pod that `peek` gave to sleep; ``cursor`` says what its verdict knew."""
        self.sleep(self._heads[0][3], cursor)

    def sleep(self, cls: int, cursor: Cursor) -> None:
        """Put a class to sleep, or renew what its verdict knew."""
        self.asleep[cls] = cursor

    def wake(self, cls: int) -> None:
        """Make a sleeping class worth trying again."""
        del self.asleep[cls]
        self._arm(cls)
