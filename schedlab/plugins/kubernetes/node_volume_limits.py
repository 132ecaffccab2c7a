"""NodeVolumeLimits: how many volumes of a CSI driver a node takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.derived.attached_volumes import READ, Volume, volume_of
from schedlab.plugins.api import RESOLVABLE, SKIP, UNRESOLVABLE, filter
from schedlab.plugins.kubernetes.claims import by_uid, kept, not_the_pods, uses

if TYPE_CHECKING:
    from numpy.typing import NDArray

FULL, LOST = 1, 2


class NodeVolumeLimits:
    """Reject nodes whose CSINode says that the driver of one of the pod's new volumes takes no more of them.

    A volume that the node has already, for another pod, counts once.
    """

    def prepare(self, pod: Any, cluster: Any) -> Any:
        """Return a verdict for each node, by uid; skip pods without claims."""
        if not pod.spec.volumes:
            return SKIP
        wanted = kept("NodeVolumeLimits", pod, cluster, READ, lambda: _wanted(pod, cluster))
        if not wanted:
            return SKIP
        if isinstance(wanted, str):
            return by_uid(np.full(len(cluster.nodes("static")), LOST), cluster)
        count = len(cluster.nodes("static"))
        full = np.zeros(count, np.bool_)
        for driver in {volume.driver for volume in wanted}:
            new = np.zeros(count, np.int64)
            for volume in wanted:
                if volume.driver == driver:
                    new += 1
                    new[cluster.volume_nodes(volume)] -= 1
            full |= (new > 0) & (cluster.volume_count(driver) + new > _limits(driver, cluster))
        return by_uid(np.where(full, FULL, 0), cluster)

    @filter(codes={FULL: RESOLVABLE, LOST: UNRESOLVABLE}, facets=("storage", "peers"))
    def filter(self, pod: Any, nodes: Any, state: NDArray[Any]) -> NDArray[Any]:
        """Code 1: there would be too many volumes; 2: a claim does not exist."""
        verdict: NDArray[Any] = state[nodes.uid]
        return verdict

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Give kube-scheduler's texts."""
        wanted = _wanted(pod, nodes.cluster)
        text = wanted if isinstance(wanted, str) else "node(s) exceed max volume count"
        return {text: np.ones(len(nodes), np.bool_)}


def _wanted(pod: Any, cluster: Any) -> frozenset[Volume] | str:
    """Return the volumes of a pod's claims, or why they cannot be told."""
    found = set()
    for use in uses(pod, cluster):
        if use.claim is None:
            return f"looking up PVC {pod.namespace}/{use.name}: {use.missing}"
        if problem := not_the_pods(use, pod):
            return problem
        if (volume := volume_of(use.claim, cluster.objects)) is not None:
            found.add(volume)
    return frozenset(found)


def _limits(driver: str, cluster: Any) -> NDArray[np.float64]:
    """Return float64 (N,), how many volumes of a driver each node takes; infinity where nothing is said."""

    def make() -> NDArray[np.float64]:
        nodes = cluster.nodes("static")
        limits = np.full(cluster.ranks + 1, np.inf)  # by uid; the last is of nodes that do not exist
        for each in cluster.objects.all("CSINode"):
            for said in each.spec.drivers:
                if said.name == driver and said.allocatable is not None and said.allocatable.count is not None:
                    limits[nodes.uid_of(each.metadata.name)] = said.allocatable.count
        found: NDArray[np.float64] = limits[nodes.uid]
        return found

    found: NDArray[np.float64] = cluster.kept(("limits", driver), cluster.objects.version_of("CSINode"), make)
    return found
