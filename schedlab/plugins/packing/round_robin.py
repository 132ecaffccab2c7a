"""Round robin: every pod goes to the next node that can take it."""

from __future__ import annotations

from typing import Any

from schedlab.plugins.api import score


@score(scope="cluster")
def round_robin(pod: Any, nodes: Any) -> Any:
    """Prefer the first node after the last one, in rank order and around."""
    return -((nodes.rank - nodes.cluster.last_bound - 1) % nodes.cluster.ranks)
