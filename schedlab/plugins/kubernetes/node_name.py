"""NodeName: a pod that names its node goes there or nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.plugins.api import UNRESOLVABLE, filter

if TYPE_CHECKING:
    from numpy.typing import NDArray


class NodeName:
    """Reject every node but the one of the pod's ``spec.nodeName``, if it has one."""

    @filter(scope="static", codes={1: UNRESOLVABLE}, wake_on="node", facets="placement")
    def filter(self, pod: Any, nodes: Any) -> NDArray[np.bool_]:
        """Pass the node of that name."""
        wanted = pod.spec.node_name
        passed: NDArray[np.bool_] = nodes.uid == nodes.uid_of(wanted) if wanted else np.ones(len(nodes), np.bool_)
        return passed

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Give kube-scheduler's text."""
        return {"node(s) didn't match the requested node name": ~self.filter(pod, nodes)}
