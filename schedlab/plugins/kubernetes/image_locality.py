"""ImageLocality: prefer nodes that have the pod's images, the large and widespread ones above all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.plugins.api import score

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIB = 2**20
LEAST, MOST = 23 * MIB, 1000 * MIB  # bytes that score 0, and that score 100 for each container


class ImageLocality:
    """Score the bytes of the pod's images on the node, each weighed by the share of nodes that have it.

    The share keeps a node from being swamped because it alone has an image. kube-scheduler refreshes it for a node
    only when that node's own entry changes; here it is always up to date.
    """

    @score(scope="static", normalize="none", facets="storage")
    def score(self, pod: Any, nodes: Any) -> NDArray[np.float64]:
        """Score 0..100, in kube-scheduler's integers; scope static, for images and shares are facts of node specs."""
        containers = (*pod.spec.init_containers, *pod.spec.containers)
        total = np.zeros(len(nodes))
        for each in containers:
            size, share = nodes.image(_normalized(each.image))
            total += np.floor(size * share)
        most = MOST * len(containers)
        reached = np.maximum(np.minimum(total, most), LEAST)  # without containers nothing is reached
        return np.floor(100 * (reached - LEAST) / (max(most, MOST) - LEAST))


def _normalized(image: str) -> str:
    """Return an image's name with its tag: the text behind the last colon, unless a slash follows it."""
    return image if image.rfind(":") > image.rfind("/") else f"{image}:latest"
