"""Which volumes unbound claims would get on each node: kube-scheduler's volume binder, on all nodes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.derived.attached_volumes import CLASS_ANNOTATION, claim_class
from schedlab.objects import NodeSelectorRequirement, Quantity
from schedlab.plugins.api import Reject
from schedlab.plugins.kubernetes.node_selection import meets, meets_requirement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.objects import PersistentVolume, PersistentVolumeClaim

BOUND = "pv.kubernetes.io/bind-completed"
NO_PROVISIONER = ("", "kubernetes.io/no-provisioner")
ZERO = Quantity.parse("0")


def reach(volume: PersistentVolume, cluster: Any) -> NDArray[np.int64]:
    """Return the positions of the nodes from which a volume can be reached.

    None, if any term of its node affinity is ill-formed; unlike a pod's, a volume's affinity is checked as a whole.
    """

    def make() -> NDArray[np.int64]:
        nodes, affinity = cluster.nodes("static"), volume.spec.node_affinity
        if affinity is None or affinity.required is None:
            return np.arange(len(nodes))
        terms = affinity.required.node_selector_terms
        asked = [term for term in terms if term.match_expressions or term.match_fields]
        if any(term.problem or term.match_fields for term in asked):
            # only labels are looked at, so a field never has the value that is asked for
            asked = [] if any(term.problem for term in asked) else [t for t in asked if not _named(t)]
        return np.flatnonzero(meets(asked, nodes))

    found: NDArray[np.int64] = cluster.kept(("reach", volume.metadata.name), volume, make)
    return found


def match(claims: Sequence[PersistentVolumeClaim], cluster: Any) -> dict[str, NDArray[np.int64]]:
    """Return for each claim, by key, the volume that it would get on each node: its place among all, -1 for none.

    Claims choose in the order of their size, each the smallest volume that suits it and is not chosen yet; one that
    names the claim comes before all others.
    """
    nodes, chosen = cluster.nodes("static"), dict[str, "NDArray[np.int64]"]()
    volumes = list(cluster.objects.all("PersistentVolume")) if claims else []
    for claim in sorted(claims, key=_wanted):
        got = np.full(len(nodes), -1)
        suitable = [(place, each) for place, each in enumerate(volumes) if _suits(each, claim)]
        promised = [(place, each) for place, each in suitable if _promised(each, claim)]
        for place, volume in promised[:1]:
            got[reach(volume, cluster)] = place
        free = [(place, each) for place, each in suitable if _free(each, claim)] if not promised else []
        for place, volume in sorted(free, key=lambda each: (_size(each[1]), each[0]), reverse=True):
            where = reach(volume, cluster)
            for other in chosen.values():
                where = where[other[where] != place]
            got[where] = place  # a smaller one comes later and is better, of equals the first
        chosen[claim.metadata.key] = got
    return chosen


def provision(claim: PersistentVolumeClaim, cluster: Any) -> NDArray[np.bool_] | Reject:
    """Return on which nodes a volume can be made for a claim, bool (N,)."""
    nodes, name = cluster.nodes("static"), claim_class(claim)
    storage = cluster.objects.get("StorageClass", "", name)
    if storage is None:
        return Reject(
            f'failed to find storage class "{name}"' if name else f'no class for claim "{claim.metadata.key}"'
        )
    if storage.provisioner in NO_PROVISIONER:
        return np.zeros(len(nodes), np.bool_)
    if not storage.allowed_topologies:
        return np.ones(len(nodes), np.bool_)
    allowed = np.zeros(len(nodes), np.bool_)
    for term in storage.allowed_topologies:
        asked = [NodeSelectorRequirement(each.key, "In", each.values) for each in term.match_label_expressions]
        if asked and all(each.values for each in asked):
            allowed |= np.logical_and.reduce([meets_requirement(each, nodes) for each in asked])
    return allowed


def _named(term: Any) -> bool:
    return any(each.operator == "In" for each in term.match_fields)


def _suits(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Whether a volume could serve a claim, were it free and within reach."""
    has, asks = volume.spec, claim.spec
    return (
        volume_class(volume) == claim_class(claim)
        and (has.claim_ref is None or _promised(volume, claim))
        and _size(volume) >= _wanted(claim)
        and has.volume_mode == asks.volume_mode
        and (has.volume_attributes_class_name or "") == (asks.volume_attributes_class_name or "")
        and volume.metadata.deletion_timestamp is None
    )


def _free(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Whether a volume that suits a claim and is not promised to it may be bound to it."""
    selector = claim.spec.selector
    return (
        volume.status.phase == "Available"
        and (selector is None or selector.matches(volume.metadata.labels))
        and set(claim.spec.access_modes) <= set(volume.spec.access_modes)
    )


def _promised(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    ref = volume.spec.claim_ref
    return (
        ref is not None
        and (ref.namespace, ref.name) == (claim.metadata.namespace, claim.metadata.name)
        and (not ref.uid or ref.uid == claim.metadata.uid)
    )


def volume_class(volume: PersistentVolume) -> str:
    """Return the name of a volume's storage class, "" if it has none."""
    return volume.metadata.annotations.get(CLASS_ANNOTATION, volume.spec.storage_class_name)


def _size(volume: PersistentVolume) -> Quantity:
    return volume.spec.capacity.get("storage", ZERO)


def _wanted(claim: PersistentVolumeClaim) -> Quantity:
    return claim.spec.resources.requests.get("storage", ZERO)
