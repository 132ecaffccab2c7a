"""FGD, fragmentation gradient descent: the node and the device that the pod leaves least fragmented.

Source: Weng et al., Beware of Fragmentation, USENIX ATC 2023, section 4, and the authors' simulator
(hkust-adsl/kubernetes-scheduler-simulator, commit 8f3d641), whose decisions it makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.derived.fragmentation import READS, State, cpu_of, fragments, room_of, state
from schedlab.cluster.derived.typical import Demands, Typical, typical_of
from schedlab.cluster.devices import WHOLE
from schedlab.plugins.api import column, score

if TYPE_CHECKING:
    from schedlab.cluster.rows import Floats


@dataclass
class FGD:
    """Prefer the node whose fragmentation grows least: 100 / (1 + exp(-x)) for a decrease by x devices.

    ``typical`` are the classes of pods that fragmentation is measured by; without any they are those of the workload,
    and without a workload all nodes are alike.
    """

    typical: tuple[Typical, ...] = ()

    def __post_init__(self) -> None:
        self._demands = Demands(self.typical)

    def setup(self, workload: Any) -> None:
        """Learn which pods are typical."""
        if not self.typical:
            self._demands = Demands(typical_of(workload.templates, workload.population()))

    @score(scope="node", name="fgd", normalize="integer", facets="requests")
    def score(self, pod: Any, nodes: Any) -> Floats:
        """Score 0..100; 50 where fragmentation stays as it is."""
        found = self._scores(pod, nodes)
        best: Floats = found if found.ndim == 1 else found.max(axis=0)
        return best

    def assign(self, pod: Any, node: Any) -> list[tuple[int, float]]:
        """Give a share of the lowest device that scores highest, in whole numbers, or the lowest idle devices."""
        count, milli = pod.devices[:, 0]
        if not count:
            return []
        found = self._scores(pod, node)
        if found.ndim == 2:
            return [(int(np.trunc(found[:, 0]).argmax()), milli)]
        fits = np.flatnonzero(room_of(node)[:, 0] >= milli)[: int(count)]
        return [(device, milli) for device in fits.tolist()]

    def _scores(self, pod: Any, nodes: Any) -> Floats:
        count, milli = pod.devices[:, 0].tolist()
        function = by_device if count == 1 and milli < WHOLE else by_node
        found: Floats = function(nodes, self._demands, pod.requests["cpu"].item(), count, milli)
        return found


@column(reads=READS)
def by_node(nodes: Any, demands: Demands, cpu: float, count: float, milli: float) -> Floats:
    """Return the score (N,) of taking cpu and the lowest devices that have room for the share."""
    room, left, allowed = room_of(nodes), cpu_of(nodes), demands.allowed(nodes)
    now = state(left, room, allowed, demands)
    if count and milli < WHOLE:
        fits = room >= milli
        room = room - milli * (fits & (fits.cumsum(axis=0) <= count))
        after = state(left - cpu, room, allowed, demands)
    else:  # idle devices have room for every share
        after = State(left - cpu, now.room - WHOLE * count, now.enough - count, now.crumbs, allowed)
    return _score(now, after, np.arange(len(nodes)), demands)


@column(reads=READS)
def by_device(nodes: Any, demands: Demands, cpu: float, count: float, milli: float) -> Floats:
    """Return the score (D, N) of taking cpu and a share of each device; 0 where it has too little.

    Of idle devices, which are all alike, only the first is looked at.
    """
    room = room_of(nodes)
    idle = room == WHOLE
    device, at = np.nonzero((room >= milli) & ~(idle & (idle.cumsum(axis=0) > 1)))
    now = state(cpu_of(nodes), room, demands.allowed(nodes), demands)
    before = room[device, at]
    left, share = before - milli, demands.milli
    had = before >= share  # (U, P): whether the device had room for it
    falls = had > (left >= share)  # and has no more
    crumbs = now.crumbs[:, at] + falls * left - ~had * milli
    allowed = None if now.allowed is None else now.allowed[:, at]
    after = State(now.cpu[at] - cpu, now.room[at] - milli, now.enough[:, at] - falls, crumbs, allowed)
    found = np.zeros(room.shape)
    found[device, at] = _score(now, after, at, demands)
    return found


def _score(now: State, after: State, at: Any, demands: Demands) -> Floats:
    """Return 100 / (1 + exp(-x)) where fragmentation falls by x devices, (P,); ``at`` (P,) are places in ``now``."""
    amount = fragments(now.joined(after), demands)
    before = amount[: len(now.room)]
    score: Floats = 100.0 * (1.0 / (1.0 + np.exp((amount[len(before) :] - before[at]) / WHOLE)))
    return score
