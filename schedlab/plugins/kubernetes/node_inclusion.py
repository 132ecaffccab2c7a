"""Which nodes PodTopologySpread counts pods on: nodeAffinityPolicy and nodeTaintsPolicy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.objects import has_labels, tolerates

if TYPE_CHECKING:
    from numpy.typing import NDArray


def included(pod: Any, cluster: Any, *, affinity: bool, taints: bool) -> NDArray[np.bool_]:
    """Return bool (N,): the nodes that the policies which are to be honoured admit."""
    nodes = cluster.node_objects()
    found = np.ones(len(nodes), np.bool_)
    node_affinity = pod.spec.affinity and pod.spec.affinity.node_affinity
    required = node_affinity.required if node_affinity else None
    if affinity and (pod.spec.node_selector or required is not None):
        for at, node in enumerate(nodes):
            meta = node.metadata
            found[at] = has_labels(pod.spec.node_selector, meta.labels) and (
                required is None or required.matches(meta.labels, meta.name)
            )
    if taints:
        for at, node in enumerate(nodes):
            for taint in node.spec.taints:
                if taint.effect != "PreferNoSchedule" and not tolerates(pod.spec.tolerations, taint):
                    found[at] = False
    return found
