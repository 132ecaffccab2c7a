"""Which nodes PodTopologySpread counts pods on: nodeAffinityPolicy and nodeTaintsPolicy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.plugins.kubernetes.node_selection import has_all, meets
from schedlab.plugins.kubernetes.taint_toleration import TaintToleration

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TAINTS = TaintToleration()


def included(pod: Any, nodes: Any, *, affinity: bool, taints: bool) -> NDArray[np.bool_]:
    """Return bool (N,): the nodes that the policies which are to be honoured admit.

    ``addedAffinity`` plays no part.
    """
    found = np.ones(len(nodes), np.bool_)
    if affinity:
        found &= has_all(pod.spec.node_selector, nodes)
        node_affinity = pod.spec.affinity and pod.spec.affinity.node_affinity
        if node_affinity and node_affinity.required is not None:
            found &= meets(node_affinity.required.node_selector_terms, nodes)
    if taints:
        found &= _TAINTS.filter(pod, nodes)
    return found
