"""GPU packing: devices in use first, then idle ones of nodes in use, then fresh nodes with few.

Source: baseline GpuPacking of Weng et al., Beware of Fragmentation, USENIX ATC 2023 (GpuPackingScore of the authors'
simulator).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from schedlab.cluster.devices import WHOLE
from schedlab.plugins.api import score


@score(scope="node", normalize="integer", facets="requests")
def gpu_packing(pod: Any, nodes: Any) -> Any:
    """Score 50..100 on devices in use, 33..50 on idle ones, less on a fresh node; pods without devices 0 anywhere."""
    if not len(nodes.pool) or (pod.devices[0] == 0).any():
        return 0.0 * nodes.rank
    room, count, milli = nodes.pool - nodes.devices, pod.devices[0], pod.devices[1]
    idle = np.where(room == WHOLE, 1.0, 0.0).sum(axis=0)
    devices = np.where(nodes.pool > 0, 1.0, 0.0).sum(axis=0)
    partly = np.where((room >= milli) & (room < WHOLE), 1.0, 0.0).sum(axis=0)
    taken = np.maximum(count - partly, 0.0)  # of the idle ones: the others are filled up first
    least = np.where(room >= milli, room, WHOLE + 0.0).min(axis=0)
    filled = np.maximum(100 - np.floor(np.floor(100 * least / WHOLE) / 10), 50)
    used = np.where(taken > 0, np.maximum(50 - taken, 33), filled)
    return np.where(idle == devices, np.maximum(33 - idle, idle), used)
