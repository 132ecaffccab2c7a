"""GPU clustering: nodes that hold pods of the same kind, a share of a device or so many whole ones.

Source: baseline GpuClustering of Weng et al., Beware of Fragmentation, USENIX ATC 2023 (GpuClusteringScore of the
authors' simulator).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from schedlab.cluster.devices import Share, marks_of
from schedlab.plugins.api import score

MILLI = 8_000  # what the largest node of openb has: fixed, whatever the node


@score(scope="node", normalize="integer", facets="requests")
def gpu_clustering(pod: Any, nodes: Any) -> Any:
    """Score 75 where only the kind is, 50 where others are too, 25 where none is, and up to 25 for what is in use.

    Pods without devices score 0 anywhere.
    """
    if not pod.devices[0, 0]:
        return np.zeros(len(nodes))
    use = np.floor(25 * (MILLI - (nodes.pool - nodes.devices).sum(axis=0)) / MILLI)
    everybody, kind = (nodes.holding(mark) for mark in marks_of(Share(*pod.devices[:, 0].astype(int).tolist())))
    return use + np.where(kind > 0, np.where(kind == everybody, 75, 50), np.where(everybody == 0, 25, 0))
