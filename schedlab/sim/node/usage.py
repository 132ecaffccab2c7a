"""Usage: what running pods are measured to use, by offset from their start."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from schedlab.cluster.facts import Fact, UsageSampled
from schedlab.cluster.pods import RUNNING
from schedlab.sim.events import PRESSURE, STARTED, USAGE, Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.cluster import ClusterView
    from schedlab.workload import UsageCurves

SAMPLE = "sample"  # a pod's usage changes; detail is (attempt, start of the pod, index of the sample)


class Usage:
    """Plays the usage curves of a workload; a pod without one uses what it requests."""

    phase: ClassVar[int] = USAGE
    kinds: ClassVar[frozenset[str]] = frozenset({STARTED, SAMPLE})

    def __init__(self, curves: UsageCurves) -> None:
        self._curves = curves

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Fact | Event]:
        """State the new usage, note when it changes next, and tell of nodes that it is too much for."""
        curves, pods, nodes = self._curves, view.pods, view.nodes("node")
        memory, allocatable = nodes.usage["memory"], nodes.allocatable["memory"]
        for event in batch:
            pod = event.subject
            if event.kind == STARTED:
                attempt, start, index = int(pods.attempt[pod]), now, int(curves.first[pod])
            else:
                attempt, start, index = event.detail
            if attempt != pods.attempt[pod] or pods.phase[pod] != RUNNING:
                continue
            last = int(curves.first[pod + 1])
            if index < last:
                yield UsageSampled(pod, float(curves.cpu[index]), float(curves.memory[index]))
                if index + 1 < last:
                    yield Event(start + int(curves.offset[index + 1]), SAMPLE, pod, (attempt, start, index + 1))
            else:  # there is no curve
                requests = view.pod_class(pod).requests
                yield UsageSampled(pod, requests.get("cpu", 0), requests.get("memory", 0))
            position = int(pods.node[pod])
            if memory[position] > allocatable[position]:
                yield Event(now, PRESSURE, int(nodes.uid[position]))
