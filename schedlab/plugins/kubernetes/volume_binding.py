"""VolumeBinding: a pod's claims are bound to volumes within reach of the node, or can be once the pod is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import numpy as np

from schedlab.cluster.derived.attached_volumes import READ, claim_class
from schedlab.plugins.api import SKIP, UNRESOLVABLE, Reject, Skip, filter, score
from schedlab.plugins.kubernetes.claims import Use, by_uid, kept, not_the_pods, uses
from schedlab.plugins.kubernetes.volume_matching import BOUND, match, provision, reach

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.objects import PersistentVolumeClaim

FAR, UNMATCHED, GONE = 1, 2, 4  # bits: a node may have several of these faults
REASONS = {
    FAR: "node(s) didn't match PersistentVolume's node affinity",
    UNMATCHED: "node(s) didn't find available persistent volumes to bind",
    GONE: "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
}
SELECTED = "volume.kubernetes.io/selected-node"


class VolumeBinding(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Filter by volumes that claims are or could be bound to (kube-scheduler's VolumeBindingArgs).

    ``bindTimeoutSeconds`` is how long kube-scheduler waits for a binding, which here takes no time. ``shape`` is for
    scoring by storage capacity, a feature that is off in v1.34: no pod is scored, and a shape is refused.
    """

    bind_timeout_seconds: Annotated[int, msgspec.Meta(ge=0)] = 600
    shape: Any = None

    def __post_init__(self) -> None:
        if self.shape is not None:
            raise ValueError("unexpected field `shape`, remove it: the feature StorageCapacityScoring is off")

    def prepare(self, pod: Any, cluster: Any) -> Any:
        """Return a verdict for each node, by uid; reject pods whose claims are to be bound first."""
        return kept("VolumeBinding", pod, cluster, READ, lambda: _verdict(pod, cluster)) if pod.spec.volumes else SKIP

    @filter(codes=dict.fromkeys(range(1, 8), UNRESOLVABLE), facets=("storage", "peers"))
    def filter(self, pod: Any, nodes: Any, state: NDArray[Any]) -> NDArray[Any]:
        """Give the sum of a node's faults: 1 out of a volume's reach, 2 nothing to bind, 4 a volume that is gone."""
        verdict: NDArray[Any] = state[nodes.uid]
        return verdict

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Give kube-scheduler's texts."""
        verdict = self.prepare(pod, nodes.cluster).state[nodes.uid]
        return {text: (verdict & bit) > 0 for bit, text in REASONS.items()}

    @score(normalize="none")
    def score(self, pod: Any, nodes: Any, state: NDArray[Any]) -> NDArray[np.float64]:
        """Score nothing: every pod is skipped, as in v1.34 without storage capacity scoring."""
        return np.zeros(len(nodes))


class Claims(NamedTuple):
    """A pod's claims that are bound, and those that are bound once the pod has a node."""

    bound: tuple[PersistentVolumeClaim, ...]
    late: tuple[PersistentVolumeClaim, ...]


def _verdict(pod: Any, cluster: Any) -> Any:
    claims = _claims(pod, cluster)
    if isinstance(claims, Reject):
        return claims
    if not (claims.bound or claims.late):
        return SKIP
    nodes = cluster.nodes("static")
    verdict = np.zeros(len(nodes), np.int64)
    for claim in claims.bound:  # the first that fails decides
        volume = cluster.objects.get("PersistentVolume", "", claim.spec.volume_name)
        fault = np.full(len(nodes), GONE) if volume is None else np.where(_within(volume, cluster), 0, FAR)
        verdict = np.where(verdict == 0, fault, verdict)
    if claims.late:
        satisfied = _satisfied(claims.late, cluster)
        if isinstance(satisfied, Reject):
            return satisfied
        verdict[~satisfied] |= UNMATCHED
    return Skip(score=True, state=by_uid(verdict, cluster))


def _within(volume: Any, cluster: Any) -> NDArray[np.bool_]:
    within = np.zeros(len(cluster.nodes("static")), np.bool_)
    within[reach(volume, cluster)] = True
    return within


def _claims(pod: Any, cluster: Any) -> Claims | Reject:
    """Sort a pod's claims; a claim that must be bound first, and is not, rejects the pod."""
    used = list(uses(pod, cluster))
    if problem := next(_problems(used, pod), ""):
        return Reject(problem)
    bound, late, first = [], [], False
    for use in used:
        claim = use.claim
        assert claim is not None
        if claim.spec.volume_name and BOUND in claim.metadata.annotations:
            bound.append(claim)
            continue
        storage = cluster.objects.get("StorageClass", "", claim_class(claim))
        if storage is not None and storage.volume_binding_mode is None:
            return Reject(f'VolumeBindingMode not set for StorageClass "{storage.metadata.name}"')
        waits = storage is not None and storage.volume_binding_mode == "WaitForFirstConsumer"
        if waits and not claim.spec.volume_name:
            late.append(claim)
        else:
            first = True
    return Reject("pod has unbound immediate PersistentVolumeClaims") if first else Claims(tuple(bound), tuple(late))


def _problems(used: list[Use], pod: Any) -> Any:
    """Yield what is wrong with a pod's claims as such."""
    for use in used:
        if use.claim is None:
            waiting = f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{use.name}"'
            yield waiting if use.ephemeral else use.missing
        elif use.claim.status.phase == "Lost":
            volume = use.claim.spec.volume_name
            yield f'persistentvolumeclaim "{use.name}" bound to non-existent persistentvolume "{volume}"'
        elif use.claim.metadata.deletion_timestamp is not None:
            yield f'persistentvolumeclaim "{use.name}" is being deleted'
        elif problem := not_the_pods(use, pod):
            yield problem


def _satisfied(late: tuple[PersistentVolumeClaim, ...], cluster: Any) -> NDArray[np.bool_] | Reject:
    """Return on which nodes each of these claims finds a volume or can have one made."""
    nodes = cluster.nodes("static")
    satisfied = np.ones(len(nodes), np.bool_)
    made, found = [], []
    for claim in late:
        chosen = claim.metadata.annotations.get(SELECTED)
        if chosen is None:
            found.append(claim)
        else:
            satisfied &= nodes.uid == nodes.uid_of(chosen)
            made.append((claim, np.ones(len(nodes), np.bool_)))
    matches = match(found, cluster)
    for claim, needed in (*made, *((claim, matches[claim.metadata.key] < 0) for claim in found)):
        if not needed.any():
            continue
        possible = provision(claim, cluster)
        if isinstance(possible, Reject):
            return possible
        satisfied &= possible | ~needed
    return satisfied
