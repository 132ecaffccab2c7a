"""Worst fit: the node that the pod leaves emptiest."""

from __future__ import annotations

from typing import Any

from schedlab.plugins.api import ratio, score


@score(scope="node")
def worst_fit(pod: Any, nodes: Any) -> Any:
    """Prefer the largest sum of the fractions of cpu and memory left free."""
    left = nodes.allocatable[:2] - nodes.used[:2] - pod.requests[:2]
    return ratio(left, nodes.allocatable[:2]).sum(axis=0)
