"""FGD, fragmentation gradient descent: the node and the device that the pod leaves least fragmented.

Source: Weng et al., Beware of Fragmentation, USENIX ATC 2023, section 4, and the authors' simulator
(hkust-adsl/kubernetes-scheduler-simulator, commit 8f3d641), whose decisions it makes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from schedlab.cluster.derived.fragmentation import (
    Demands,
    Floats,
    State,
    Typical,
    fragmentation,
    fragments,
    room_of,
    state,
    typical_of,
)
from schedlab.cluster.devices import WHOLE
from schedlab.plugins.api import score


@dataclass
class FGD:
    """Prefer the node whose fragmentation grows least: 100 / (1 + exp(-x)) for a decrease by x devices.

    ``typical`` are the classes of pods that fragmentation is measured by; without any they are those of the workload.
    """

    typical: tuple[Typical, ...] = ()
    _demands: Demands = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._demands = Demands(self.typical)

    def setup(self, workload: Any) -> None:
        """Learn which pods are typical."""
        if not self.typical:
            self._demands = Demands(typical_of(workload.templates, workload.population()))

    @score(scope="node", name="fgd", normalize="integer", facets="requests")
    def score(self, pod: Any, nodes: Any) -> Floats:
        """Score 0..100; 50 where fragmentation stays as it is."""
        count, milli = pod.devices[:, 0]
        if count == 1 and milli < WHOLE:
            best: Floats = self._by_device(pod, nodes).max(axis=0, initial=0.0)
            return best
        room = room_of(nodes)
        if count:
            fits = room >= milli
            room = room - milli * (fits & (fits.cumsum(axis=0) <= count))  # the lowest that have room
        demands = self._demands
        after = state(self._cpu(pod, nodes), room, demands.allowed(nodes), demands)
        return _sigmoid(fragmentation(nodes, demands) - fragments(after, demands))

    def assign(self, pod: Any, node: Any) -> list[tuple[int, float]]:
        """Give a share of the lowest device that scores highest, or the lowest devices that are idle."""
        count, milli = pod.devices[:, 0]
        if count == 1 and milli < WHOLE:
            return [(int(np.trunc(self._by_device(pod, node)[:, 0]).argmax()), milli)]
        fits = np.flatnonzero(room_of(node)[:, 0] >= milli)[: int(count)]
        return [(device, milli) for device in fits.tolist()]

    def _by_device(self, pod: Any, nodes: Any) -> Floats:
        """Return the score of taking a share from each device, (D, N); 0 where it has too little.

        Of idle devices, which are all alike, only the first is looked at.
        """
        demands, milli = self._demands, pod.devices[1, 0]
        room = room_of(nodes)
        idle = room == WHOLE
        device, at = np.nonzero((room >= milli) & ~(idle & (idle.cumsum(axis=0) > 1)))
        now = state(self._cpu(pod, nodes), room, demands.allowed(nodes), demands)
        before = room[device, at]
        left, share = before - milli, demands.milli
        falls = (before >= share) & (left < share)  # (U, P): the device had room for it, and has no more
        crumbs = now.crumbs[:, at] + np.where(falls, left, 0.0) - np.where(before < share, milli, 0.0)
        allowed = None if now.allowed is None else now.allowed[:, at]
        after = State(now.cpu[at], now.room[at] - milli, now.enough[:, at] - falls, crumbs, allowed)
        found = np.zeros(room.shape)
        found[device, at] = _sigmoid(fragmentation(nodes, demands)[at] - fragments(after, demands))
        return found

    @staticmethod
    def _cpu(pod: Any, nodes: Any) -> Floats:
        left: Floats = nodes.allocatable["cpu"] - nodes.used["cpu"] - pod.requests["cpu"]
        return left


def _sigmoid(decrease: Floats) -> Floats:
    return 100.0 * (1.0 / (1.0 + np.exp(-decrease / WHOLE)))
