"""The scheduler: takes pods from the queue and runs a cycle for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from schedlab.cluster.log import SPEC, USED
from schedlab.cluster.pods import NOWHERE
from schedlab.scheduling.cycle import cycle
from schedlab.scheduling.queue import Queue
from schedlab.scoring import Evaluator, Profile
from schedlab.sim.events import RELEASED, ROOM, SCHEDULING, SUBMITTED, Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView, Plan


class Scheduler:
    """Runs a profile over the queue whenever a pod arrives or something frees up.

    Where every filter is of scope static or node, one verdict serves a pod class: the class is tried again only
    after something changed, and then first on the nodes that changed. Otherwise each pod is tried by itself,
    whenever anything happens.
    """

    phase: ClassVar[int] = SCHEDULING
    kinds: ClassVar[frozenset[str]] = frozenset({SUBMITTED, RELEASED, ROOM})

    def __init__(self, profile: Profile, view: ClusterView, seed: int = 0) -> None:
        self.queue = Queue()
        self._evaluator = Evaluator(profile, view)
        self._seed = seed
        self.decisions = 0  # cycles run

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Plan]:
        """Queue what arrived, wake what may fit now, and schedule until nothing more can be placed."""
        local, queue = self._evaluator.local, self.queue
        for event in batch:
            if event.kind == SUBMITTED:
                cls = view.pod_class(event.subject)
                queue.push(event.subject, cls.index if local else event.subject, cls.priority, now)
        woken: set[int] = set()
        changed = _NONE
        if not local or any(event.kind != SUBMITTED for event in batch):
            woken, changed = self._wake(view)
        while (head := queue.peek()) is not None:
            self.decisions += 1
            yield cycle(head, self._evaluator, self._seed)
            if view.pods.node[head] == NOWHERE:
                queue.fail(view.log.cursor())
                continue
            queue.take()
            if len(changed):  # one pod less room there: the others' hopes may be gone
                woken -= queue.asleep.keys()
                self._settle(woken, changed, view)

    def _wake(self, view: ClusterView) -> tuple[set[int], NDArray[np.int64]]:
        """Wake the classes that may fit now; return them and the nodes that changed, none if too many did."""
        queue, count = self.queue, len(view.nodes("static"))
        classes, changed = set(queue.asleep), set[int]()
        for cursor in set(queue.asleep.values()):
            since = view.log.since(cursor, SPEC | USED) if self._evaluator.local else None
            changed |= set(range(count)) if since is None else since
        for cls in classes:
            queue.wake(cls)
        if 4 * len(changed) > count:
            return classes, _NONE
        positions = np.fromiter(changed, np.int64, len(changed))
        self._settle(classes, positions, view)
        return classes - queue.asleep.keys(), positions

    def _settle(self, classes: set[int], positions: NDArray[np.int64], view: ClusterView) -> None:
        """Put those classes back to sleep that fit on none of the nodes that changed since they failed."""
        hopeful = self._evaluator.could_fit(sorted(classes), positions) if classes and len(positions) else set()
        for cls in classes - hopeful:
            self.queue.sleep(cls, view.log.cursor())


_NONE: NDArray[np.int64] = np.zeros(0, np.int64)
