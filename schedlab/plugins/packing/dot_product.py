"""Dot product: the node whose free resources look most like the request (Panigrahy et al., 2011, DotProduct)."""

from __future__ import annotations

from typing import Any

import numpy as np

from schedlab.plugins.api import ratio, score


@score(scope="node")
def dot_product(pod: Any, nodes: Any) -> Any:
    """Prefer the largest sum over resources of demand times free capacity, both as fractions of the node."""
    demand = ratio(pod.requests, nodes.allocatable)
    free = ratio(nodes.allocatable - nodes.used, nodes.allocatable)
    return np.add.reduce(demand * free, axis=0)
