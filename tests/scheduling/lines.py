"""A queue for stories: pods of classes, times in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schedlab.scheduling.group import Cohort, Group
from schedlab.scheduling.queue import Queue
from schedlab.scheduling.retries import SECOND

if TYPE_CHECKING:
    from schedlab.scheduling.asleep import Hints

CURSOR = (0, 0, 0, 0)


class Line:
    """A queue and the groups in it, by class; a pod is a class of its own unless said otherwise."""

    def __init__(self, **more: Any) -> None:
        self.queue = Queue(**more)
        self.groups: dict[int, Group] = {}
        self.tried: Cohort | None = None

    def push(self, pod: int, at: float, priority: int = 0, *, cls: int | None = None, gang: int = -1) -> None:
        """Let a pod come."""
        cls = pod if cls is None else cls
        group = self.groups.setdefault(cls, Group(cls, priority, gang=gang))
        self.queue.push(pod, group, int(at * SECOND))

    def pop(self, at: float) -> int | None:
        """Return the pod that is tried now, if any."""
        self.tried = self.queue.pop(int(at * SECOND))
        return None if self.tried is None else self.tried.first.pod

    def fail(self, at: float, hints: Hints = None) -> None:
        """Let the group of the pod that is tried fail and sleep."""
        assert self.tried is not None
        group = self.tried.group
        self.queue.failed(group, int(at * SECOND))
        self.queue.sleep(group, hints, CURSOR, firm=True)

    def wake(self, at: float, *classes: int) -> None:
        """Wake classes."""
        for cls in classes:
            self.queue.wake(self.groups[cls], int(at * SECOND))

    def failing(self, at: float) -> list[int]:
        """Try all that can be tried now, in vain; return those that were tried."""
        tried = []
        while (pod := self.pop(at)) is not None:
            tried.append(pod)
            self.fail(at)
        return tried

    def placing(self, at: float) -> list[int]:
        """Place all that can be tried now, and return them in that order."""
        placed = []
        while (pod := self.pop(at)) is not None:
            placed.append(pod)
            self.queue.placed(int(at * SECOND))
        return placed
