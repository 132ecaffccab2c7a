"""InterPodAffinity: near the pods that it wants near, away from those that it, or that do not, want each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import numpy as np

from schedlab.cluster.derived import terms
from schedlab.cluster.derived.terms import AFFINITY, ANTI, PREFERRED
from schedlab.plugins.api import RESOLVABLE, UNRESOLVABLE, Skip, filter, score

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from schedlab.cluster.derived.selection import Selection
    from schedlab.cluster.derived.tally import Tally
    from schedlab.objects import PodAffinityTerm

APART, UNWELCOME, FAR = 1, 2, 3
REASONS = {
    APART: "node(s) didn't match pod anti-affinity rules",
    UNWELCOME: "node(s) didn't satisfy existing pods anti-affinity rules",
    FAR: "node(s) didn't match pod affinity rules",
}


class Plan(NamedTuple):
    """What bound pods mean to a kind of pod, per topology key."""

    near: list[Tally]  # pods that meet all its required terms
    itself: bool  # whether it meets them itself: the first of a series that want each other
    apart: list[Tally]  # pods that its required anti-affinity means
    unwelcome: list[Tally]  # pods whose required anti-affinity means it
    liked: list[Tally]  # preferences of either side, and hardPodAffinityWeight
    prefers: bool  # whether it has preferred terms of its own


class InterPodAffinity(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Filter by required, score by preferred affinity of both the pod and those bound (InterPodAffinityArgs).

    Terminating pods count. ``lenientNamespaceSelector``, on as in v1.34.1, lets a ``namespaceSelector`` of negative
    requirements only in the pending pod's terms mean every namespace (kubernetes/kubernetes#141563).
    """

    hard_pod_affinity_weight: Annotated[int, msgspec.Meta(ge=0, le=100)] = 1
    ignore_preferred_terms_of_existing_pods: bool = False
    lenient_namespace_selector: bool = True

    def prepare(self, pod: Any, cluster: Any) -> Skip:
        """Return the pod's plan; skip the filter if nothing is required, the score if nobody has a preference."""
        if not (pod.terms or cluster.peers.carriers or cluster.nominees_with_terms):
            return Skip(True, True, lasting=True)
        plan: Plan = cluster.peers.plan((self, pod.kind), lambda: self._plan(pod, cluster))
        idle = not (plan.near or plan.apart or any(tally.pods for tally in plan.unwelcome))
        ignored = self.ignore_preferred_terms_of_existing_pods and not plan.prefers
        indifferent = ignored or not any(tally.pods for tally in plan.liked)
        return Skip(idle, indifferent, plan, lasting=idle and indifferent and not plan.prefers)

    @filter(
        scope="cluster",
        codes={APART: RESOLVABLE, UNWELCOME: RESOLVABLE, FAR: UNRESOLVABLE},
        wake_on=("release", "bind", "node"),
        facets=("placement", "peers", "labels"),
        guests=True,
    )
    def filter(self, pod: Any, nodes: Any, plan: Plan) -> NDArray[Any]:
        """Code 3: away from what it must be near; 1: its own anti-affinity; 2: that of bound pods."""
        if plan.near:
            return _verdict(plan, nodes)
        apart, unwelcome = _counted(plan.apart, nodes), _counted(plan.unwelcome, nodes)
        blocked = unwelcome if apart is None else apart if unwelcome is None else apart | unwelcome
        return np.ones(len(nodes), np.bool_) if blocked is None else ~blocked

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Give kube-scheduler's texts: one a node, the first of affinity, anti-affinity, that of bound pods."""
        verdict = _verdict(self.prepare(pod, nodes.cluster).state, nodes)
        return {text: verdict == code for code, text in REASONS.items()}

    @score(scope="cluster")
    def score(self, pod: Any, nodes: Any, plan: Plan) -> NDArray[np.float64]:
        """Add up the weights of the node's domains; may be negative."""
        rows = [tally.spread() for tally in plan.liked if tally.pods]
        total: NDArray[np.float64] = rows[0]
        for row in rows[1:]:
            total = total + row
        return total

    def normalize(self, raw: NDArray[Any], feasible: NDArray[np.bool_], plan: Plan) -> NDArray[Any]:
        """Stretch to 0..100: the quotient first, in double precision, then cut to whole numbers."""
        chosen = raw if feasible.all() else raw[feasible]
        low, high = chosen.min(), chosen.max()
        if low == high:
            return np.zeros(len(raw))
        stretched: NDArray[Any] = np.floor((raw - low) / (high - low) * 100.0)
        return stretched

    # plans

    def _plan(self, pod: Any, cluster: Any) -> Plan:
        """Find the kinds of pods that matter, and have them counted."""
        peers = cluster.peers
        mine = [(role, term, weight, self._selection(term, pod, cluster)) for role, term, weight in terms.own(pod)]
        required = [(term, selection) for role, term, _, selection in mine if role == AFFINITY]
        everything = _meet_all([selection for _, selection in required])
        apart = _Weights((term.topology_key, selection.kinds, 1) for role, term, _, selection in mine if role == ANTI)
        liked = _Weights(
            (term.topology_key, selection.kinds, weight) for role, term, weight, selection in mine if role == PREFERRED
        )
        unwelcome = _Weights(())
        for selection in peers.meant_by(pod.kind):
            for kind, role, key, weight in selection.carriers:
                if role == ANTI:
                    unwelcome.add(key, kind, weight)
                elif role == PREFERRED:
                    liked.add(key, kind, weight)
                elif self.hard_pod_affinity_weight:
                    liked.add(key, kind, self.hard_pod_affinity_weight)
        near = _Weights((term.topology_key, everything, 1) for term, _ in required)

        def tallies(name: str, weights: _Weights) -> list[Tally]:
            by_key = weights.by_key.items()
            key = self, name, pod.kind
            return [peers.tally((*key, each), kinds, peers.place(each)) for each, kinds in by_key]

        return Plan(
            tallies("near", near),
            bool(required) and all(selection.holds(pod.namespace, pod.labels) for _, selection in required),
            tallies("apart", apart),
            tallies("unwelcome", unwelcome),
            tallies("liked", liked),
            any(role == PREFERRED for role, *_ in mine),
        )

    def _selection(self, term: PodAffinityTerm, pod: Any, cluster: Any) -> Selection:
        names = terms.namespaces_incoming(term, pod.namespace, cluster.objects, lenient=self.lenient_namespace_selector)
        selection: Selection = cluster.peers.selection(term.label_selector, names)
        return selection


class _Weights:
    """Weights of kinds of pods, by topology key."""

    def __init__(self, given: Iterable[tuple[str, Iterable[int], int]]) -> None:
        self.by_key: dict[str, dict[int, float]] = {}
        for key, kinds, weight in given:
            self.by_key.setdefault(key, {})
            for kind in kinds:
                self.add(key, kind, weight)

    def add(self, key: str, kind: int, weight: int) -> None:
        weights = self.by_key.setdefault(key, {})
        weights[kind] = weights.get(kind, 0) + weight


def _meet_all(selections: list[Selection]) -> list[int]:
    """Return the kinds that all selections hold."""
    first, *others = (selection.kinds for selection in selections) if selections else ([],)
    common = set(first).intersection(*others)
    return [kind for kind in first if kind in common]


def _verdict(plan: Plan, nodes: Any) -> NDArray[np.int8]:
    """Return the code of each node, the first of affinity, anti-affinity and that of bound pods; 0 for a pass."""
    verdict = np.zeros(len(nodes), np.int8)
    far = ~_near(plan, nodes) if plan.near else None
    for where, code in (
        (_counted(plan.unwelcome, nodes), UNWELCOME), (_counted(plan.apart, nodes), APART), (far, FAR),
    ):  # fmt: skip
        if where is not None:
            verdict[where] = code
    return verdict


def _counted(tallies: list[Tally], nodes: Any) -> NDArray[np.bool_] | None:
    """Return where any tally counts a pod, bool (N,); None is nowhere."""
    found: NDArray[np.bool_] | None = None
    for tally in tallies:
        if tally.pods or nodes.guests is not None:
            here: NDArray[np.bool_] = tally.seen(nodes) > 0
            found = here if found is None else found | here
    return found


def _near(plan: Plan, nodes: Any) -> NDArray[np.bool_]:
    """Return where the required affinity is met, bool (N,): all topology keys there, and such pods in each domain.

    While no such pod is anywhere, one that meets its own terms may begin anywhere.
    """
    rows = [tally.seen(nodes) > 0 for tally in plan.near]
    if not plan.itself or (nodes.guests is None and any(tally.pods for tally in plan.near)):
        all_met: NDArray[np.bool_] = np.logical_and.reduce(rows)
        return all_met
    begins = np.logical_and.reduce([tally.pods_seen(nodes) == 0 for tally in plan.near])
    places = [tally.place for tally in plan.near]
    labelled = np.logical_and.reduce([place.at[nodes.positions] < place.count for place in places])
    met: NDArray[np.bool_] = labelled & (begins | np.logical_and.reduce(rows))
    return met
