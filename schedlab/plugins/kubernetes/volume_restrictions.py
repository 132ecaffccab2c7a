"""VolumeRestrictions: disks and claims that cannot be used twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.marks import disks
from schedlab.plugins.api import RESOLVABLE, SKIP, Reject, filter
from schedlab.plugins.kubernetes.claims import uses

if TYPE_CHECKING:
    from numpy.typing import NDArray

ONCE = "ReadWriteOncePod"
DISK, CLAIM = 1, 2


class VolumeRestrictions:
    """Reject nodes that have one of the pod's disks in use, and all nodes while a claim for one pod only is used."""

    def prepare(self, pod: Any, cluster: Any) -> Any:
        """Return whether a claim for one pod only is in use; reject pods whose claims do not exist."""
        if not pod.spec.volumes:
            return SKIP
        taken = False
        for use in uses(pod, cluster):
            if use.ephemeral:
                continue
            if use.claim is None:
                return Reject(use.missing)
            if ONCE in use.claim.spec.access_modes:
                taken |= cluster.held(("claim", pod.namespace, use.name))
        return taken if taken or any(_disks(pod)) else SKIP

    @filter(codes={DISK: RESOLVABLE, CLAIM: RESOLVABLE}, facets=("storage", "peers"))
    def filter(self, pod: Any, nodes: Any, taken: bool) -> NDArray[Any]:
        """Code 1: a disk is in use there; 2: the claim is in use somewhere."""
        busy = np.zeros(len(nodes), np.bool_)
        for disk in _disks(pod):
            # those that only read share with those that only read; an AWS volume is never shared
            mark = (*disk.mark, "rw") if disk.read_only else disk.mark
            busy |= nodes.holding(mark) > 0
        return np.where(busy, DISK, CLAIM if taken else 0)

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Give kube-scheduler's texts."""
        disk = self.filter(pod, nodes, taken=False) == DISK
        claim = (
            "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by "
            "another pod"
        )
        return {"node(s) had no available disk": disk, claim: ~disk}


def _disks(pod: Any) -> list[Any]:
    return [disk for volume in pod.spec.volumes for disk in disks(volume)]
