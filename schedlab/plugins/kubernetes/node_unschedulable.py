"""NodeUnschedulable: cordoned nodes take no pods that do not tolerate it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.objects import Taint
from schedlab.plugins.api import UNRESOLVABLE, filter

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CORDON = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")


class NodeUnschedulable:
    """Reject nodes with ``spec.unschedulable`` unless the pod tolerates the unschedulable taint."""

    @filter(scope="static", codes={1: UNRESOLVABLE}, wake_on="node", facets="placement")
    def filter(self, pod: Any, nodes: Any) -> NDArray[np.bool_]:
        """Pass nodes that are not cordoned; the taint itself need not be on the node."""
        if any(toleration.tolerates(_CORDON) for toleration in pod.spec.tolerations):
            return np.ones(len(nodes), np.bool_)
        passed: NDArray[np.bool_] = ~nodes.unschedulable
        return passed

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Give kube-scheduler's text."""
        return {"node(s) were unschedulable": nodes.unschedulable}
