"""Power of two choices: sample two nodes that can take the pod, take the emptier (Mitzenmacher, 2001)."""

from __future__ import annotations

from typing import Any

import numpy as np

from schedlab.plugins.api import ratio, score


@score(scope="cluster")
def power_of_two(pod: Any, nodes: Any) -> Any:
    """Score the free fraction, 0..1, of the two feasible nodes drawn, and -1 elsewhere."""
    draws = np.where(nodes.feasible, pod.uniform(nodes.uid), -1.0)
    drawn = np.argpartition(draws, -2)[-2:] if len(draws) > 2 else np.arange(len(draws))
    out = np.full(len(draws), -1.0)
    allocatable = nodes.allocatable[:2, drawn]
    free = ratio(allocatable - nodes.used[:2, drawn], allocatable).min(axis=0)
    out[drawn] = np.maximum(free, 0.0)  # an overcommitted node is full, but still drawn
    return out
