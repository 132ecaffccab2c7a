"""Next fit: stay with the node last used; when it is full go on to the next one (Johnson, 1973)."""

from __future__ import annotations

from typing import Any

from schedlab.plugins.api import score


@score(scope="cluster")
def next_fit(pod: Any, nodes: Any) -> Any:
    """Prefer the first node from the last one on, in rank order and around: departures free earlier nodes."""
    return -((nodes.rank - max(nodes.cluster.last_bound, 0)) % nodes.cluster.ranks)
