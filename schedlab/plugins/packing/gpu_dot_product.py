"""GPU dot product: the node whose free cpu and devices look least like what the pod asks for.

Source: baseline DotProd of Weng et al., Beware of Fragmentation, USENIX ATC 2023 (DotProductScore of the authors'
simulator, dimensions merged): the larger the alignment, the lower the score, so unlike Tetris' it packs.
"""

from __future__ import annotations

from typing import Any

from schedlab.plugins.api import score

CPU, MILLI = 128_000, 8_000  # what the largest node of openb has: fixed, whatever the node


@score(scope="node", normalize="integer", facets="requests")
def gpu_dot_product(pod: Any, nodes: Any) -> Any:
    """Score 100 less half of 100 times the dot product of what is free and what is asked for, each a share of 1."""
    cpu = (nodes.allocatable["cpu"] - nodes.used["cpu"]) / CPU * (pod.requests["cpu"] / CPU)
    if not len(nodes.pool):
        return 100.0 * (1.0 - cpu / 2.0)
    asked = pod.devices[0] * pod.devices[1] / MILLI
    return 100.0 * (1.0 - (cpu + (nodes.pool - nodes.devices).sum(axis=0) / MILLI * asked) / 2.0)
