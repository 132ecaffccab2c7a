"""Data locality: run where the data is, or near it."""

from __future__ import annotations

from typing import Any

import numpy as np

from schedlab.plugins.api import score


@score(scope="cluster")
def data_locality(pod: Any, nodes: Any) -> Any:
    """Prefer the least bytes to move times distance (0 on the node, 1 in the rack, 2 in the zone, 3 beyond)."""
    if pod.dataset < 0:
        return np.zeros(len(nodes))
    return -float(nodes.cluster.size(pod.dataset)) * nodes.cluster.distance(pod.dataset)
