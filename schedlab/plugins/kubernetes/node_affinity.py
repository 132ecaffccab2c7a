"""NodeAffinity: which nodes a pod, or the profile for all pods, demands or prefers by label or name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from schedlab.objects import NodeAffinity as Affinity
from schedlab.plugins.api import EXCLUDED, UNRESOLVABLE, Reject, Skip, filter, score
from schedlab.plugins.kubernetes.node_selection import NAME, has_all, meets, meets_term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.objects import NodeSelector, NodeSelectorTerm

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
OTHERS, ENFORCED, UNMATCHED = 1, 2, 3


class NodeAffinity(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Node selectors and affinities of the pod, and ``addedAffinity``, which holds for every pod (NodeAffinityArgs)."""

    added_affinity: Affinity | None = None

    def __post_init__(self) -> None:
        if self.added_affinity is None:
            return
        required, preferred = self.added_affinity.required, self.added_affinity.preferred
        terms = [(f"{REQUIRED}.nodeSelectorTerms[{i}]", each) for i, each in enumerate(_terms(required))]
        terms += [(f"{PREFERRED}[{i}].preference", each.preference) for i, each in enumerate(preferred)]
        for where, term in terms:
            if term.problem:
                raise ValueError(f"addedAffinity.{where}: {term.problem}")

    def prepare(self, pod: Any, cluster: Any) -> Any:
        """Skip what the pod and the profile say nothing of; reject pods whose names of nodes exclude one another."""
        affinity, selector = _affinity(pod), pod.spec.node_selector
        demanded, preferred = affinity.required is not None or bool(selector), affinity.preferred
        if not (demanded or preferred or self.added_affinity):
            return _NOTHING_ASKED
        pinned = _pinned(pod)
        if pinned is not None and not pinned:
            return Reject("pod affinity terms conflict")
        if problem := next((term.preference.problem for term in preferred if term.preference.problem), ""):
            return Reject(f"a preferred node affinity term is ill-formed: {problem}")
        added = self.added_affinity or _NONE
        return _SKIPS[demanded or added.required is not None, bool(preferred or added.preferred)]

    @filter(
        scope="static",
        codes={OTHERS: EXCLUDED, ENFORCED: UNRESOLVABLE, UNMATCHED: UNRESOLVABLE},
        wake_on="node",
        facets="placement",
    )
    def filter(self, pod: Any, nodes: Any, state: None = None) -> NDArray[Any]:
        """Code 1: the pod names other nodes; 2: ``addedAffinity`` is not met; 3: the pod's own demands are not."""
        affinity = _affinity(pod)
        verdict = np.where(has_all(pod.spec.node_selector, nodes), 0, UNMATCHED)
        if affinity.required is not None:
            verdict[~meets(affinity.required.node_selector_terms, nodes)] = UNMATCHED
        if self.added_affinity is not None and self.added_affinity.required is not None:
            verdict[~meets(self.added_affinity.required.node_selector_terms, nodes)] = ENFORCED
        if (pinned := _pinned(pod)) is not None:
            verdict[~np.isin(nodes.uid, [nodes.uid_of(name) for name in pinned])] = OTHERS
        return verdict

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Give kube-scheduler's texts."""
        verdict = self.filter(pod, nodes)
        return {
            "node(s) didn't match scheduler-enforced node affinity": verdict == ENFORCED,
            "node(s) didn't match Pod's node affinity/selector": verdict == UNMATCHED,
        }

    @score(scope="static", normalize="max", facets="placement")
    def score(self, pod: Any, nodes: Any, state: None = None) -> NDArray[np.float64]:
        """Add the weights of the preferred terms that a node meets."""
        total = np.zeros(len(nodes))
        for each in (*_affinity(pod).preferred, *(self.added_affinity or _NONE).preferred):
            total += each.weight * meets_term(each.preference, nodes)
        return total


_NONE = Affinity()
_SKIPS = {
    (demands, prefers): None if demands and prefers else Skip(filter=not demands, score=not prefers)
    for demands in (False, True)
    for prefers in (False, True)
}
_NOTHING_ASKED = _SKIPS[False, False]


def _affinity(pod: Any) -> Affinity:
    affinity = pod.spec.affinity
    return (affinity and affinity.node_affinity) or _NONE


def _terms(selector: NodeSelector | None) -> Sequence[NodeSelectorTerm]:
    return () if selector is None else selector.node_selector_terms


def _pinned(pod: Any) -> set[str] | None:
    """Return the names of the only nodes that the pod can mean; None if it does not name any in every term."""
    terms = _terms(_affinity(pod).required)
    names = set[str]()
    for term in terms:
        named = [set(each.values) for each in term.match_fields if each.key == NAME and each.operator == "In"]
        if not named:
            return None
        names |= set.intersection(*named)
    return names if terms else None
