"""GPU random: any node that can take the pod, and of its devices any that has room, with equal chances.

Source: baseline Random of Weng et al., Beware of Fragmentation, USENIX ATC 2023.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from schedlab.plugins.api import score


@dataclass(frozen=True)
class GPURandom:
    """Give each node the number that the seed draws for this pod and node."""

    @score(scope="cluster", normalize="none", name="gpu_random")
    def score(self, pod: Any, nodes: Any) -> Any:
        """Score 0..1."""
        return pod.uniform(nodes.uid)

    def assign(self, pod: Any, node: Any) -> list[tuple[int, float]]:
        """Give any devices that have room: for whole ones, the lowest."""
        count, milli = pod.devices[:, 0]
        fit = np.flatnonzero((node.pool - node.devices)[:, 0] >= milli) if count else np.zeros(0, int)
        if count == 1:
            fit = fit[[pod.uniform(-1 - fit).argmax()]]  # numbers that no node has drawn
        return [(device, milli) for device in fit[: int(count)].tolist()]
