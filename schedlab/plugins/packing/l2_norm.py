"""L2 norm: the node that the pod leaves nearest to full (Panigrahy et al., 2011, Norm-based Greedy with l2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from schedlab.plugins.api import ratio, score


@score(scope="node")
def l2_norm(pod: Any, nodes: Any) -> Any:
    """Prefer the smallest sum of squares of what is left free of each resource asked for, as fractions of the node."""
    left = ratio(nodes.allocatable - nodes.used - pod.requests, nodes.allocatable)
    return -np.add.reduce(np.where(pod.requests[:] > 0, left * left, 0.0), axis=0)
