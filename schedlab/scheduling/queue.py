"""The scheduling queue: waiting pods by class, and which classes are worth trying."""

from __future__ import annotations

import heapq
from collections import deque


class Queue:
    """Pods that wait, highest priority first, then first come first served.

    Pods of one class get one verdict: when its first pod fails, the others of the class are not tried again
    until `wake`. (kube-scheduler's backoff and unschedulable pools are not modelled here.)
    """

    def __init__(self) -> None:
        self._waiting: dict[int, deque[tuple[int, int, int]]] = {}  # class -> (queued, sequence, pod)
        self._priority: dict[int, int] = {}
        self._asleep: dict[int, tuple[int, int]] = {}  # failed class -> the change log's cursor then
        self._heads: list[tuple[int, int, int, int]] = []  # (-priority, queued, sequence, class), awake classes
        self._sequence = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def push(self, pod: int, cls: int, priority: int, now: int) -> None:
        """Add a pod."""
        waiting = self._waiting.setdefault(cls, deque())
        self._priority[cls] = priority
        waiting.append((now, self._sequence, pod))
        self._sequence += 1
        self._size += 1
        if len(waiting) == 1 and cls not in self._asleep:
            self._arm(cls)

    def _arm(self, cls: int) -> None:
        queued, sequence, _ = self._waiting[cls][0]
        heapq.heappush(self._heads, (-self._priority[cls], queued, sequence, cls))

    def peek(self) -> tuple[int, int] | None:
        """Return the next pod to try and its class; None if nothing is worth trying."""
        if not self._heads:
            return None
        cls = self._heads[0][3]
        return self._waiting[cls][0][2], cls

    def take(self) -> None:
        """Remove the pod that `peek` gave: it was placed."""
        cls = heapq.heappop(self._heads)[3]
        self._waiting[cls].popleft()
        self._size -= 1
        if self._waiting[cls]:
            self._arm(cls)

    def fail(self, cursor: tuple[int, int]) -> None:
        """Put the class of the pod that `peek` gave to sleep; ``cursor`` says what its verdict knew."""
        self._asleep[heapq.heappop(self._heads)[3]] = cursor

    def asleep(self, cls: int) -> bool:
        """Tell whether a class failed and was not woken since."""
        return cls in self._asleep

    def wake(self) -> dict[int, tuple[int, int]]:
        """Make every sleeping class worth trying again; return what their last verdicts knew."""
        known, self._asleep = self._asleep, {}
        for cls in known:
            if self._waiting[cls]:
                self._arm(cls)
        return known
