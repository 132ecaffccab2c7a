"""Intake: which submitted pods may be queued, those with gates and gangs that are not complete being held back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.cluster import ClusterView
    from schedlab.scheduling.gangs import Gangs


class Intake:
    """The door of a queue.

    Attributes
    ----------
    gated
        Pods with scheduling gates, which are not queued until these are gone.
    """

    def __init__(self, gangs: Gangs | None) -> None:
        self.gated: set[int] = set()
        self._gangs = gangs
        self._until: dict[int, int] = {}  # gang that waits -> for how long it may, microseconds

    def __len__(self) -> int:
        """Return how many pods are held back."""
        waiting = {} if self._gangs is None else self._gangs.assembling
        return len(self.gated) + sum(map(len, waiting.values()))

    def submitted(self, pod: int, view: ClusterView) -> bool:
        """Return whether a pod that was submitted may go on; it is held back if it has gates."""
        if view.pod_class(pod).pod.spec.scheduling_gates:
            self.gated.add(pod)
            return False
        return True

    def ungated(self, pod: int) -> bool:
        """Return whether a pod was held back by gates, and let it go."""
        if pod not in self.gated:
            return False
        self.gated.remove(pod)
        return True

    def gang(self, pod: int, view: ClusterView) -> int:
        """Return the gang of a pod, -1 if it has none."""
        return -1 if self._gangs is None else int(view.pods.gang[pod])

    def patience(self, gang: int, now: int) -> Iterator[int]:
        """Yield until when a gang may wait, microseconds, if it begins to wait now."""
        if self._gangs is not None and self._gangs.wait is not None and gang not in self._until:
            self._until[gang] = now + self._gangs.wait
            yield self._until[gang]

    def placed(self, gang: int) -> None:
        """Note that a gang waits no more."""
        self._until.pop(gang, None)

    def overdue(self, gang: int, now: int) -> list[int] | None:
        """Return those of a gang that are held back here if its time is over, and forget it; None: it is not over."""
        if self._gangs is None or gang not in self._until or self._until[gang] > now:
            return None
        del self._until[gang]
        return self._gangs.assembling.pop(gang, [])
