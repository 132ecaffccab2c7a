"""VolumeZone: a volume with zone labels can be used in these zones only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.derived.attached_volumes import READ, claim_class
from schedlab.plugins.api import SKIP, UNRESOLVABLE, Reject, filter
from schedlab.plugins.kubernetes.claims import by_uid, kept, uses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from schedlab.objects import PersistentVolume

# each label of a volume, and the label that stands for it on nodes that lack it
LABELS = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region": "topology.kubernetes.io/region",
}


class VolumeZone:
    """Reject nodes in other zones or regions than the labels of the pod's bound volumes name.

    Nodes without any such label are taken to be everywhere.
    """

    def prepare(self, pod: Any, cluster: Any) -> Any:
        """Return a verdict for each node, by uid; reject pods whose claims are neither bound nor bound late."""
        if not pod.spec.volumes:
            return SKIP
        return kept("VolumeZone", pod, cluster, READ, lambda: _verdict(pod, cluster))

    @filter(codes={1: UNRESOLVABLE}, facets=("storage", "peers"))
    def filter(self, pod: Any, nodes: Any, state: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Pass nodes that are in a zone of each volume."""
        passed: NDArray[np.bool_] = state[nodes.uid]
        return passed

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Give kube-scheduler's text."""
        return {"node(s) had no available volume zone": np.ones(len(nodes), np.bool_)}


def _verdict(pod: Any, cluster: Any) -> Any:
    places: list[tuple[str, set[str]]] = []
    for use in uses(pod, cluster):
        if use.ephemeral:
            continue
        volume = _volume(use, cluster)
        if isinstance(volume, Reject):
            return volume
        places += [] if volume is None else _places(volume)
    return _passed(places, cluster) if places else SKIP


def _volume(use: Any, cluster: Any) -> PersistentVolume | Reject | None:
    """Return the volume of a claim; None if it is bound late, and not yet."""
    if use.claim is None:
        return Reject(use.missing if use.name else "PersistentVolumeClaim had no name")
    name = use.claim.spec.volume_name
    if name:
        volume: PersistentVolume | None = cluster.objects.get("PersistentVolume", "", name)
        return volume or Reject(f'persistentvolume "{name}" not found')
    storage = claim_class(use.claim)
    if not storage:
        return Reject("PersistentVolumeClaim had no pv name and storageClass name")
    found = cluster.objects.get("StorageClass", "", storage)
    if found is None:
        return Reject(f'storageclass.storage.k8s.io "{storage}" not found')
    if found.volume_binding_mode is None:
        return Reject(f'VolumeBindingMode not set for StorageClass "{storage}"')
    return None if found.volume_binding_mode == "WaitForFirstConsumer" else Reject("PersistentVolume had no name")


def _places(volume: PersistentVolume) -> Iterator[tuple[str, set[str]]]:
    """Yield each zone label of a volume, and the values that it allows."""
    for label in LABELS:
        if (text := volume.metadata.labels.get(label)) is not None:
            values = {value.strip() for value in text.split("__")}
            if "" not in values:  # an ill-formed label is passed over
                yield label, values


def _passed(places: list[tuple[str, set[str]]], cluster: Any) -> NDArray[np.bool_]:
    nodes = cluster.nodes("static")
    passed = np.ones(len(nodes), np.bool_)
    for label, values in places:
        met = np.isin(nodes.label(label), [nodes.code(label, value) for value in values])
        if label != LABELS[label]:
            other = np.isin(nodes.label(LABELS[label]), [nodes.code(LABELS[label], value) for value in values])
            met = np.where(nodes.label(label) < 0, other, met)
        passed &= met
    everywhere = np.logical_and.reduce([nodes.label(label) < 0 for label in LABELS])
    return by_uid(passed | everywhere, cluster)
