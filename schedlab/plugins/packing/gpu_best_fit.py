"""GPU best fit: the node that is left with least cpu and device room, counted absolutely, so small nodes come first.

Source: baseline BestFit of Weng et al., Beware of Fragmentation, USENIX ATC 2023 (BestFitScore of the authors'
simulator; its rescaling changes neither order nor ties, and is left out).
"""

from __future__ import annotations

from typing import Any

from schedlab.plugins.api import score

CPU, MILLI = 128_000, 8_000  # what the largest node of openb has: fixed, whatever the node


@score(scope="node", normalize="integer", facets="requests")
def gpu_best_fit(pod: Any, nodes: Any) -> Any:
    """Score 100 less 100 times the mean of what is left of cpu and devices, each a share of 1."""
    left = 0.5 * (nodes.allocatable["cpu"] - nodes.used["cpu"] - pod.requests["cpu"]) / CPU
    if len(nodes.pool):
        room = (nodes.pool - nodes.devices).sum(axis=0) - pod.devices[0] * pod.devices[1]
        left = left + 0.5 * room / MILLI
    return 100.0 * (1.0 - left)
