"""The kubelet: a bound pod reads its data, runs, and finishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from schedlab.cluster.facts import Fact, PodKilled, PodStarted
from schedlab.cluster.pods import NOWHERE, RUNNING
from schedlab.sim.events import BOUND, DELETED, FINISH, KUBELETS, MOVED, Event
from schedlab.workload import FOREVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView

KILL = "kill"  # the grace of a pod that was deleted is over; detail is the `Eviction`
OVERTIME = "DeadlineExceeded"  # the reason, as Kubernetes writes it
READ = "read"  # a pod has its data; detail is the attempt
# Bytes per second at distance 1, 2, 3: 10 Gbit/s within a rack, half across racks, a tenth across zones; the
# oversubscription of 1:2 and more is usual in data centres (Barroso, Hölzle, Ranganathan, 3rd ed., section 3.3).
BANDWIDTH = (1_250_000_000, 625_000_000, 125_000_000)


@dataclass(frozen=True, eq=False)
class Kubelet:
    """Runs pods for their duration, after reading their data from the nearest replica.

    Reading is not slowed down by other reads, and leaves no replica behind. Pods that were running when the trace
    started have read already. An attempt that would run longer than its walltime is killed then, and the pod fails for
    good, as Kubernetes has it for ``activeDeadlineSeconds``; reading does not count.

    Attributes
    ----------
    duration, initial
        Per pod: microseconds (`FOREVER`: never finishes), and whether it was running at the start.
    """

    duration: NDArray[np.int64]
    initial: NDArray[np.bool_]

    phase: ClassVar[int] = KUBELETS
    kinds: ClassVar[frozenset[str]] = frozenset({BOUND, READ, DELETED, KILL})

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Fact | Event]:
        """Start pods, at once or when their data is there."""
        pods = view.pods
        for event in batch:
            pod = event.subject
            if event.kind in (DELETED, KILL):
                yield from self._end(now, event, view)
                continue
            if event.kind == BOUND:
                position, dataset = int(pods.node[pod]), int(pods.dataset[pod])
                distance = int(view.distance(dataset)[position]) if dataset >= 0 and not self.initial[pod] else 0
                if distance:
                    size = view.size(dataset)
                    yield Event(now, MOVED, pod, (size, distance))
                    delay = -(-size * 1_000_000 // BANDWIDTH[distance - 1])
                    yield Event(now + delay, READ, pod, int(pods.attempt[pod]))
                    continue
            elif event.detail != pods.attempt[pod] or pods.node[pod] == NOWHERE:
                continue  # it was evicted or lost while reading
            yield PodStarted(pod)
            duration, walltime = int(self.duration[pod]), int(pods.walltime[pod])
            if walltime > 0 and (duration == FOREVER or walltime < duration):
                yield Event(now + walltime, FINISH, pod, OVERTIME)
            elif duration != FOREVER:
                yield Event(now + duration, FINISH, pod)

    def _end(self, now: int, event: Event, view: ClusterView) -> Iterator[Fact | Event]:
        """Let a deleted pod use all of its grace, unless it does not run yet; one that is done before is done."""
        eviction, pods = event.detail, view.pods
        if eviction.attempt != pods.attempt[eviction.pod] or pods.node[eviction.pod] == NOWHERE:
            return
        if event.kind == DELETED and pods.phase[eviction.pod] == RUNNING:
            yield Event(now + eviction.grace, KILL, eviction.pod, eviction)
        else:
            yield PodKilled(eviction.pod, eviction.reason)
