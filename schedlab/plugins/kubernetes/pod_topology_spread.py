"""PodTopologySpread: pods that are alike evenly over the domains of a topology key."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import msgspec
import numpy as np

from schedlab.cluster.derived.selection import Namespaces, key_of
from schedlab.cluster.node_views import Subset
from schedlab.objects.node import HOSTNAME, ZONE
from schedlab.objects.selectors import LabelSelector
from schedlab.plugins.api import RESOLVABLE, UNRESOLVABLE, Skip, filter, score
from schedlab.plugins.kubernetes.default_selector import KINDS, both, default_selector
from schedlab.plugins.kubernetes.node_inclusion import included

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.cluster.derived.selection import Selection
    from schedlab.cluster.derived.tally import Place, Tally
    from schedlab.objects import TopologySpreadConstraint

Action = Literal["DoNotSchedule", "ScheduleAnyway"]
Policy = Literal["Honor", "Ignore"]
SKEWED, UNLABELLED = 1, 2
REASONS = {
    SKEWED: "node(s) didn't match pod topology spread constraints",
    UNLABELLED: "node(s) didn't match pod topology spread constraints (missing required label)",
}


class DefaultConstraint(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A constraint for pods that have none; which pods count follows from their services and controller."""

    max_skew: Annotated[int, msgspec.Meta(ge=1)]
    topology_key: Annotated[str, msgspec.Meta(min_length=1)]
    when_unsatisfiable: Action
    min_domains: Annotated[int, msgspec.Meta(ge=1)] | None = None
    node_affinity_policy: Policy | None = None
    node_taints_policy: Policy | None = None


ACTIONS = ("DoNotSchedule", "ScheduleAnyway")
SYSTEM = (DefaultConstraint(3, HOSTNAME, "ScheduleAnyway"), DefaultConstraint(5, ZONE, "ScheduleAnyway"))


class Hard(NamedTuple):
    """A constraint that filters."""

    place: Place
    tally: Tally
    alike: Selection  # the pods that guests are told by: an empty selector means all
    most: int  # maxSkew, less the pod itself if it counts
    counted: NDArray[np.bool_] | None  # (D,): the domains with a node that the policies admit; None: all
    scarce: bool  # whether these are fewer than minDomains


class Soft(NamedTuple):
    """A constraint that scores."""

    place: Place
    tally: Tally
    skew: int
    hostname: bool  # counted node by node
    blank: int  # the domain of nodes without the key, where they may take part; -1: there is none of that value


class Plan(NamedTuple):
    """What a kind of pod demands and prefers."""

    hard: list[Hard]
    soft: list[Soft]
    ignored: NDArray[np.bool_] | None  # (N,): nodes without one of the soft constraints' keys, if there are any


class PodTopologySpread(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Filter and score by how evenly pods are spread (PodTopologySpreadArgs). Terminating pods do not count."""

    default_constraints: tuple[DefaultConstraint, ...] = ()
    defaulting_type: Literal["System", "List"] = "System"

    def __post_init__(self) -> None:
        if self.default_constraints and self.defaulting_type == "System":
            raise ValueError("defaultConstraints go with the defaultingType List")
        named = [(each.topology_key, each.when_unsatisfiable) for each in self.default_constraints]
        for number, each in enumerate(named):
            if each in named[:number]:
                raise ValueError(f"defaultConstraints[{number}]: {each[0]} occurs twice with {each[1]}")

    def prepare(self, pod: Any, cluster: Any) -> Skip:
        """Return the pod's plan; skip the filter without hard constraints, the score without soft ones."""
        if not pod.spec.topology_spread_constraints and not self._defaults(pod, cluster):
            return Skip(True, True, lasting=True)
        plan: Plan = cluster.peers.plan(
            (self, pod.kind, cluster.objects.version_of(*KINDS)), lambda: self._plan(pod, cluster)
        )
        return Skip(not plan.hard, not plan.soft, plan, lasting=not (plan.hard or plan.soft))

    @filter(
        scope="cluster",
        codes={SKEWED: RESOLVABLE, UNLABELLED: UNRESOLVABLE},
        wake_on=("release", "bind", "node"),
        facets=("placement", "peers", "labels"),
        guests=True,
    )
    def filter(self, pod: Any, nodes: Any, plan: Plan) -> NDArray[Any]:
        """Code 1: the pod would make a domain too full against the emptiest; 2: the node lacks the key.

        The first constraint that a node fails decides.
        """
        verdict: NDArray[Any] | None = None
        for each in reversed(plan.hard):
            here = _verdict(each, nodes)
            if here is not None:
                verdict = here if verdict is None else np.where(here, here, verdict)
        return np.ones(len(nodes), np.bool_) if verdict is None else verdict

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Give kube-scheduler's texts."""
        verdict = self.filter(pod, nodes, self.prepare(pod, nodes.cluster).state)
        return {text: verdict == code for code, text in REASONS.items()}

    @score(scope="cluster")
    def score(self, pod: Any, nodes: Any, plan: Plan) -> NDArray[np.float64]:
        """Sum count * ln(domains + 2) + maxSkew - 1 over the soft constraints, rounded half up; fewer is better."""
        feasible = nodes.feasible if plan.ignored is None else nodes.feasible & ~plan.ignored
        total: Any = 0.0
        for each in plan.soft:
            total = total + _credit(each, feasible, nodes.feasible)
        rounded: NDArray[np.float64] = np.floor(total + 0.5)
        return rounded if plan.ignored is None else np.where(plan.ignored, 0.0, rounded)

    def normalize(self, raw: NDArray[Any], feasible: NDArray[np.bool_], plan: Plan) -> NDArray[Any]:
        """Return floor(100 (max + min - s) / max); all get 100 if the maximum is 0, nodes without a key get 0."""
        chosen = feasible if plan.ignored is None else feasible & ~plan.ignored
        some = raw if chosen.all() else raw[chosen]
        if not len(some):
            return np.zeros(len(raw))
        low, high = some.min(), some.max()
        scaled = np.full(len(raw), 100.0) if high == 0 else np.floor((high + low - raw) * 100.0 / high)
        return scaled if plan.ignored is None else np.where(plan.ignored, 0.0, scaled)

    # plans

    def _plan(self, pod: Any, cluster: Any) -> Plan:
        hard, soft = (self.constraints(pod, cluster, action) for action in ACTIONS)
        demanding = bool(pod.spec.topology_spread_constraints) or self.defaulting_type == "List"
        everywhere = np.ones(len(cluster.nodes("static")), np.bool_)
        labelled = _labelled(cluster, [each for each, _ in soft]) if demanding else everywhere
        counter = _Counter(pod, cluster)
        return Plan(
            counter.hard(hard, _labelled(cluster, [each for each, _ in hard])),
            counter.soft(soft, labelled, demanding=demanding),
            None if labelled.all() else ~labelled,
        )

    def _defaults(self, pod: Any, cluster: Any) -> bool:
        """Return whether there are constraints for a pod that has none of its own."""
        return bool(
            cluster.kept(
                (self, pod.index),
                cluster.objects.version_of(*KINDS),
                lambda: any(self.constraints(pod, cluster, action) for action in ACTIONS),
            )
        )

    def constraints(self, pod: Any, cluster: Any, action: str) -> list[tuple[Any, LabelSelector | None]]:
        """Return the constraints of an action, the pod's own or else the defaults, with the pods that they count."""
        own = pod.spec.topology_spread_constraints
        if own:
            return [(each, _selector(each, pod)) for each in own if each.when_unsatisfiable == action]
        defaults = SYSTEM if self.defaulting_type == "System" else self.default_constraints
        chosen = [each for each in defaults if each.when_unsatisfiable == action]
        selector = default_selector(pod, cluster.objects) if chosen else LabelSelector()
        return [(each, selector) for each in chosen] if _demands(selector) else []


class _Counter:
    """Has the pods counted that a pod's constraints mean."""

    def __init__(self, pod: Any, cluster: Any) -> None:
        self._pod, self._cluster = pod, cluster
        self._namespaces = Namespaces(frozenset([pod.namespace]))

    def hard(self, constraints: list[tuple[Any, LabelSelector | None]], labelled: NDArray[np.bool_]) -> list[Hard]:
        found = []
        for each, selector in constraints:
            place, mask = self._cluster.peers.place(each.topology_key), labelled & self._included(each)
            alike = selector is not None and selector.matches(self._pod.labels)
            counted = np.bincount(place.at[mask], minlength=place.count + 1)[:-1] > 0
            scarce = int(counted.sum()) < (each.min_domains or 1)
            tally = self._tally(selector, each.topology_key, mask)
            kinds = self._cluster.peers.selection(selector, self._namespaces)
            found.append(Hard(place, tally, kinds, each.max_skew - alike, None if counted.all() else counted, scarce))
        return found

    def soft(
        self, constraints: list[tuple[Any, LabelSelector | None]], labelled: NDArray[np.bool_], *, demanding: bool
    ) -> list[Soft]:
        found = []
        for each, selector in constraints:
            place, blank = self._cluster.peers.place(each.topology_key), -1
            if each.topology_key == HOSTNAME:
                tally = self._tally(selector, None, np.ones(len(labelled), np.bool_))
            else:
                blank = -1 if demanding else self._blank(each.topology_key, place)
                tally = self._tally(selector, each.topology_key, labelled & self._included(each), blank)
            found.append(Soft(place, tally, each.max_skew, each.topology_key == HOSTNAME, blank))
        return found

    def _included(self, constraint: Any) -> NDArray[np.bool_]:
        return included(
            self._pod, self._cluster.nodes("static"),
            affinity=constraint.node_affinity_policy != "Ignore", taints=constraint.node_taints_policy == "Honor",
        )  # fmt: skip

    def _blank(self, key: str, place: Place) -> int:
        """Return the domain of the empty value, which nodes without the key share; -1 if no node has it."""
        code = self._cluster.nodes("static").code(key, "")
        where = np.flatnonzero(self._cluster.nodes("static").label(key) == code)
        return int(place.at[where[0]]) if len(where) else -1

    def _tally(
        self, selector: LabelSelector | None, key: str | None, mask: NDArray[np.bool_], blank: int = -1
    ) -> Tally:
        """Return how many live pods of the namespace are meant in each domain; an empty selector counts none."""
        peers, namespaces = self._cluster.peers, self._namespaces
        kinds = peers.selection(selector, namespaces).kinds if selector is not None and _demands(selector) else []
        place = peers.place(key)
        if blank >= 0:
            place = type(place)(np.where(place.at < place.count, place.at, blank), place.count)
        name = "live", key_of(selector, namespaces) if kinds else None, key, mask.tobytes(), blank
        tally: Tally = peers.tally(name, dict.fromkeys(kinds, 1.0), place.only(mask), live=True)
        return tally


def _demands(selector: LabelSelector) -> bool:
    return bool(selector.match_labels or selector.match_expressions)


def _selector(constraint: TopologySpreadConstraint, pod: Any) -> LabelSelector | None:
    """Return the constraint's selector with the pod's values of matchLabelKeys, which make one where there is none."""
    own = {key: pod.labels[key] for key in constraint.match_label_keys if key in pod.labels}
    if not own:
        return constraint.label_selector
    return both(own, constraint.label_selector or LabelSelector())


def _labelled(cluster: Any, constraints: list[Any]) -> NDArray[np.bool_]:
    """Return bool (N,): the nodes that have every constraint's key."""
    found = np.ones(len(cluster.nodes("static")), np.bool_)
    for each in constraints:
        place = cluster.peers.place(each.topology_key)
        found &= place.at < place.count
    return found


def _verdict(hard: Hard, nodes: Any) -> NDArray[np.int8] | None:
    """Return the codes of one constraint, int8 (N,); None if all nodes pass."""
    place, sums = hard.place, hard.tally.sums[:-1]
    counted = sums if hard.counted is None else sums[hard.counted]
    if nodes.guests is not None:
        return _verdict_with_guests(hard, nodes, counted)
    least = 0.0 if hard.scarce else counted.min()
    table: NDArray[np.int8] = np.zeros(len(sums) + 1, np.int8)
    table[:-1] = sums > hard.most + least
    table[-1] = 0 if place.whole else UNLABELLED
    if not table.any():
        return None
    if place.single and not isinstance(nodes, Subset):
        return table[:-1]
    codes: NDArray[np.int8] = table.take(place.at[nodes.positions] if isinstance(nodes, Subset) else place.at)
    return codes


def _verdict_with_guests(hard: Hard, nodes: Any, counted: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return the same where nodes have guests, each of which is seen from its own node only, terminating or not.

    A guest that is to be taken for gone leaves a count that it was not part of, as in kube-scheduler.
    """
    guests, domains = nodes.guests, hard.place.at[nodes.positions]
    alike = np.array([cls.kind in hard.alike.kinds for cls in guests.classes])
    inside = hard.tally.place.at[nodes.positions] < hard.tally.place.count  # has all keys, and the policies admit it
    more = np.where(inside, alike @ guests.counts, 0)
    own = hard.tally.sums[domains]
    least: Any = 0.0
    if not hard.scarce:
        low, second = np.partition(np.append(counted, np.inf), 1)[:2]  # the least of all domains, and of all but that
        others = np.where(inside & (own == low), second, low)
        least = np.where(inside, np.minimum(others, own + more), low)
    skewed = own + more > hard.most + least
    codes: NDArray[np.int8] = np.where(domains == hard.place.count, UNLABELLED, skewed).astype(np.int8)
    return codes


def _credit(soft: Soft, feasible: NDArray[np.bool_], passed: NDArray[np.bool_]) -> Any:
    """Return what each node is credited for one constraint, (N,); ``feasible`` are those that take part."""
    place, tally = soft.place, soft.tally
    if soft.hostname:
        weight = math.log(int(np.count_nonzero(feasible)) + 2)
        credit = tally.spread() * weight + (soft.skew - 1.0)
        return credit if place.whole else np.where(place.at < place.count, credit, 0.0)
    domains = place.count
    if not feasible.all() or not place.whole:
        met = np.bincount(place.at[feasible], minlength=place.count + 1)
        domains = int(np.count_nonzero(met[:-1]))
        if met[-1] and (soft.blank < 0 or not met[soft.blank]):
            domains += 1  # nodes without the key count as a domain: that of the empty value
    credit = tally.sums * math.log(domains + 2) + (soft.skew - 1.0)
    credit[-1] = 0.0
    return credit[:-1] if place.single else credit.take(place.at)
