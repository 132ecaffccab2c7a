"""The CSI volumes that the pods of each node have, by driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from schedlab.cluster.registry import Objects, ObjectsView
    from schedlab.cluster.state import Cluster
    from schedlab.objects import PersistentVolumeClaim

READ = ("PersistentVolumeClaim", "PersistentVolume", "StorageClass")  # what decides which volume a claim is
CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
NONE: frozenset[Volume] = frozenset()


class Volume(NamedTuple):
    """A volume as its driver knows it."""

    driver: str
    handle: str


def claim_class(claim: PersistentVolumeClaim) -> str:
    """Return the name of a claim's storage class, "" if it has none."""
    return claim.metadata.annotations.get(CLASS_ANNOTATION, claim.spec.storage_class_name or "")


def volume_of(claim: PersistentVolumeClaim, objects: Objects | ObjectsView) -> Volume | None:
    """Return the CSI volume that a claim is, or will be once it is bound; None if no driver is known.

    As in kube-scheduler's NodeVolumeLimits; volumes of the in-tree drivers of old clouds are not translated.
    """
    if claim.spec.volume_name:
        found = objects.get("PersistentVolume", "", claim.spec.volume_name)
        if found is not None:
            csi = found.spec.csi
            return Volume(csi.driver, csi.volume_handle) if csi and csi.driver and csi.volume_handle else None
    storage = objects.get("StorageClass", "", claim_class(claim))
    if storage is None or not storage.provisioner:
        return None
    return Volume(storage.provisioner, f"claim {claim.metadata.key}")


class AttachedVolumes:
    """Each node's distinct volumes, counted again only for nodes whose pods' claims changed.

    Attributes
    ----------
    where
        Positions of the nodes that have a volume.
    """

    def __init__(self) -> None:
        self.where: dict[Volume, set[int]] = {}
        self._counts: dict[str, NDArray[np.int64]] = {}
        self._on: dict[int, frozenset[Volume]] = {}
        self._state = (-1, -1)  # of holdings and objects, for which this holds up to _seen
        self._seen = 0

    def refresh(self, cluster: Cluster) -> None:
        """Take note of what changed."""
        holdings, objects = cluster.holdings, cluster.objects
        state = holdings.epoch, objects.version_of(*READ)
        touched: Iterable[int] = set(holdings.log[self._seen :])
        if state != self._state:
            self.where, self._counts, self._on, touched = {}, {}, {}, list(holdings.held())
        self._state, self._seen = state, len(holdings.log)
        for position in touched:
            self._put(position, self._volumes(position, cluster), len(cluster.nodes))

    def count(self, driver: str, nodes: int) -> NDArray[np.int64]:
        """Return int64 (N,), how many volumes of a driver each node has."""
        return self._counts.get(driver, np.zeros(nodes, np.int64))

    def _put(self, position: int, volumes: frozenset[Volume], nodes: int) -> None:
        before = self._on.pop(position, NONE)
        if volumes:
            self._on[position] = volumes
        for each in before - volumes:
            self.where[each].discard(position)
            self._counts[each.driver][position] -= 1
        for each in volumes - before:
            self.where.setdefault(each, set()).add(position)
            self._counts.setdefault(each.driver, np.zeros(nodes, np.int64))[position] += 1

    @staticmethod
    def _volumes(position: int, cluster: Cluster) -> frozenset[Volume]:
        found = set()
        for mark in cluster.holdings.on(position):
            if isinstance(mark, tuple) and mark[0] in ("claim", "ephemeral"):
                claim = cluster.objects.get("PersistentVolumeClaim", *mark[1:])
                volume = claim and volume_of(claim, cluster.objects)
                if volume:
                    found.add(volume)
        return frozenset(found)
