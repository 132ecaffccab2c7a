"""First fit: the first node, in rank order, that can take the pod (Johnson, 1973)."""

from __future__ import annotations

from typing import Any

from schedlab.plugins.api import score


@score(scope="static")
def first_fit(pod: Any, nodes: Any) -> Any:
    """Prefer the lowest rank."""
    return -nodes.rank
