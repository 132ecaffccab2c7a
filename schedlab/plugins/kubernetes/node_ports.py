"""NodePorts: two pods cannot have the same port of a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.marks import ANY
from schedlab.plugins.api import SKIP, filter

if TYPE_CHECKING:
    from numpy.typing import NDArray


class NodePorts:
    """Reject nodes on which a host port that the pod wants is taken; the address 0.0.0.0 conflicts with every other."""

    def prepare(self, pod: Any, cluster: Any) -> Any:
        """Skip pods that want none."""
        return None if pod.ports else SKIP

    @filter(scope="node", wake_on=("release", "node"), facets="placement")
    def filter(self, pod: Any, nodes: Any, state: None = None) -> NDArray[np.bool_]:
        """Pass nodes on which all ports are free."""
        taken = np.zeros(len(nodes), np.bool_)
        for address, protocol, port in pod.ports:
            if address == ANY:
                taken |= nodes.holding(("port", protocol, port)) > 0
            else:
                for other in (address, ANY):
                    taken |= nodes.holding(("port", protocol, port, other)) > 0
        return ~taken

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Give kube-scheduler's text."""
        return {"node(s) didn't have free ports for the requested pod ports": ~self.filter(pod, nodes)}
