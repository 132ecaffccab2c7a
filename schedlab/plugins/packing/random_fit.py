"""Random fit: any node that can take the pod, with equal chances."""

from __future__ import annotations

from typing import Any

from schedlab.plugins.api import score


@score(scope="cluster", name="random")
def random_fit(pod: Any, nodes: Any) -> Any:
    """Give each node the number that the seed draws for this pod and node."""
    return pod.uniform(nodes.uid)
