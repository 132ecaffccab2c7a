"""Between: the rules between pods of a cluster, as groups and rules of a problem; nodes one by one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster.derived import terms
from schedlab.cluster.derived.selection import Namespaces, Selection, key_of
from schedlab.cluster.derived.terms import AFFINITY, ANTI
from schedlab.cluster.marks import ANY
from schedlab.placement.rules import EVERYWHERE, HOST, Apart, Gang, Limit, Near, Spread
from schedlab.plugins.kubernetes.claims import uses
from schedlab.plugins.kubernetes.node_inclusion import included

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.objects.selectors import LabelSelector
    from schedlab.placement.origins.filters import Filters
    from schedlab.placement.origins.members import Members
    from schedlab.placement.rules import Rule

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

ONCE = "ReadWriteOncePod"


class Crowd(NamedTuple):
    """A group, with residents by node."""

    name: str
    members: Bools  # (C,)
    residents: Ints  # (N,)


class Quota(NamedTuple):
    """The most of a resource that the pods of a namespace may request together."""

    namespace: str
    resource: str  # "pods" counts them
    amount: int


@dataclass
class Between:
    """Groups, rules and the domains that they speak of, nodes by their place in the problem.

    ``Spread.eligible`` is bool (N,) here.
    """

    members: Members
    view: ClusterView
    crowds: list[Crowd] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    domains: dict[str, Ints] = field(default_factory=dict)  # (N,)
    _known: dict[Hashable, int] = field(default_factory=dict)

    def crowd(self, name: str, classes: Iterable[int], *, live: bool = False) -> int:
        """Return the number of the group of all pods of some of the cluster's classes."""
        chosen = list(classes)
        return self.group(Crowd(name, self.members.of(chosen), self.members.residents(chosen, live=live)))

    def group(self, crowd: Crowd) -> int:
        """Return the number of a group, which is the same for equal ones."""
        key = crowd.members.tobytes(), crowd.residents.tobytes()
        if key not in self._known:
            self._known[key] = len(self.crowds)
            self.crowds.append(crowd)
        return self._known[key]

    def domain(self, label: str) -> str:
        """Return the key of a topology label: `HOST` if every node has a value of its own."""
        codes = self.view.nodes("static").label(label)[self.members.order].astype(np.int64)
        if len(codes) and codes.min() >= 0 and len(np.unique(codes)) == len(codes):
            return HOST
        key = label if label != HOST else f"{label} (label)"
        self.domains[key] = codes
        return key

    def add(self, rule: Rule) -> None:
        """Add a rule, if any pod to place is in its groups."""
        groups = (rule.who, rule.whom) if isinstance(rule, Apart) else (rule.who,)
        if any(self.crowds[each].members.any() for each in groups) and rule not in self.rules:
            self.rules.append(rule)

    def met(self, selector: LabelSelector | None, namespaces: Namespaces) -> list[int]:
        """Return the cluster's classes that a selector means."""
        selection, classes = Selection(selector, namespaces), self.members.cluster.classes
        pods = ((index, classes[index].pod.metadata) for index in self.members.classes)
        return [index for index, meta in pods if selection.holds(meta.namespace, meta.labels)]


def between(members: Members, filters: Filters, least: Mapping[int, int]) -> Between:
    """Return what a profile's filters and gangs demand between pods.

    Parameters
    ----------
    least
        How many pods a gang needs at once, those that run included; of others all.
    """
    found = Between(members, filters.view)
    if (rule := filters.rule("InterPodAffinity")) is not None:
        _affinity(found, rule.lenient_namespace_selector)
    if (rule := filters.rule("PodTopologySpread")) is not None:
        _spread(found, rule)
    _marks(found, ports=filters.rule("NodePorts") is not None, disks=filters.rule("VolumeRestrictions") is not None)
    _gangs(found, least)
    return found


def _affinity(found: Between, lenient: bool) -> None:
    """Add required affinity of pods to place, and anti-affinity of any."""
    cluster, mine = found.members.cluster, {kind.cls for kind in found.members.kinds}
    apart: dict[Hashable, tuple[str, Any, Namespaces, list[int]]] = {}
    near: dict[Hashable, tuple[list[tuple[str, Any, Namespaces]], list[int]]] = {}
    for index in found.members.classes:
        pod, wanted = cluster.classes[index].pod, []
        for role, term, _ in terms.own(pod):
            incoming = terms.namespaces_incoming(term, pod.metadata.namespace, cluster.objects, lenient=lenient)
            bound = terms.namespaces(term, pod.metadata.namespace, cluster.objects)
            if role == AFFINITY:
                wanted.append((term.topology_key, term.label_selector, incoming))
            for each in dict.fromkeys((incoming, bound) if index in mine else (bound,)) if role == ANTI else ():
                key = term.topology_key, key_of(term.label_selector, each)
                apart.setdefault(key, (term.topology_key, term.label_selector, each, []))[3].append(index)
        if wanted and index in mine:
            meant = tuple((label, key_of(selector, each)) for label, selector, each in wanted)
            near.setdefault(meant, (wanted, []))[1].append(index)
    for label, selector, namespaces, carriers in apart.values():
        who, whom = found.crowd("kept apart", carriers), found.crowd("from", found.met(selector, namespaces))
        found.add(Apart(found.domain(label), who, whom))
    for wanted, carriers in near.values():
        met = [set(found.met(selector, namespaces)) for _, selector, namespaces in wanted]
        who, whom = found.crowd("kept near", carriers), found.crowd("to", set.intersection(*met))
        for label in dict.fromkeys(label for label, _, _ in wanted):
            found.add(Near(found.domain(label), who, whom))


def _spread(found: Between, rule: Any) -> None:
    """Add the spread constraints that filter, for the pods to place that have them."""
    view, members = found.view, found.members
    nodes = view.nodes("static")
    alike: dict[Hashable, tuple[Any, Any, Bools, str, list[int]]] = {}
    for index in dict.fromkeys(kind.cls for kind in members.kinds):
        pod = view.class_view(index)
        constraints = rule.constraints(pod, view, "DoNotSchedule")
        labelled = np.ones(len(nodes), np.bool_)
        for each, _ in constraints:
            labelled &= nodes.label(each.topology_key) >= 0
        for each, selector in constraints:
            policies = {"affinity": each.node_affinity_policy != "Ignore", "taints": each.node_taints_policy == "Honor"}
            eligible = (labelled & included(pod, nodes, **policies))[members.order]
            meant = key_of(selector, Namespaces(frozenset([pod.namespace])))
            key = each.topology_key, meant, each.max_skew, each.min_domains, eligible.tobytes()
            alike.setdefault(key, (each, selector, eligible, pod.namespace, []))[4].append(index)
    for each, selector, eligible, namespace, carriers in alike.values():
        empty = selector is None or not (selector.match_labels or selector.match_expressions)  # counts nobody
        met = [] if empty else found.met(selector, Namespaces(frozenset([namespace])))
        who, whom = found.crowd("spread", carriers, live=True), found.crowd("over", met, live=True)
        least = each.min_domains or 1
        found.add(Spread(found.domain(each.topology_key), who, whom, each.max_skew, eligible, least))


def _marks(found: Between, *, ports: bool, disks: bool) -> None:
    """Add that host ports, disks and claims for one pod are not used twice."""
    classes = found.members.cluster.classes
    holders: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for index in found.members.classes:
        for mark in classes[index].marks:
            assert isinstance(mark, tuple)
            holders[mark].append(index)
    once = _claims_for_one(found) if disks else set()
    for mark, who in holders.items():
        if mark[0] == "port" and len(mark) == 4 and ports:
            every = holders[mark[:3]] if mark[3] == ANY else who
            found.add(Apart(HOST, found.crowd("on port", who), found.crowd("on port", every)))
        elif mark[-1] == "rw" and disks:
            found.add(Apart(HOST, found.crowd("writing", who), found.crowd("using", holders[mark[:-1]])))
        elif mark in once:
            claims = found.crowd("claiming", who)
            found.add(Apart(EVERYWHERE, claims, claims))


def _claims_for_one(found: Between) -> set[tuple[Any, ...]]:
    marks = set()
    for kind in range(len(found.members.kinds)):
        pod = found.view.pod(found.members.example(kind))
        for use in uses(pod, found.view) if pod.spec.volumes else ():
            if use.claim is not None and not use.ephemeral and ONCE in use.claim.spec.access_modes:
                marks.add(("claim", pod.namespace, use.name))
    return marks


def add_quota(found: Between, quota: Quota, resources: Sequence[str]) -> None:
    """Add that pods of a namespace take no more together; what those that stay take of it is gone.

    Where they take more than all, no other pod is placed.
    """
    state, members = found.members.cluster, found.members
    classes = state.classes
    inside = [index for index in members.classes if classes[index].pod.metadata.namespace == quota.namespace]
    who = found.crowd(f"namespace {quota.namespace}", inside)
    if quota.resource == "pods":
        stay = int(found.crowds[who].residents.sum())
        found.add(Limit(EVERYWHERE, who, -1, max(quota.amount, stay)))  # those that stay break it in any case
    elif quota.resource in resources:
        there = [classes[index] for index in state.pods.cls[members.fixed].tolist() if index in set(inside)]
        gone = sum(cls.requests.get(quota.resource, 0) for cls in there)
        found.add(Limit(EVERYWHERE, who, resources.index(quota.resource), max(0, quota.amount - gone)))


def _gangs(found: Between, least: Mapping[int, int]) -> None:
    """Add that of a gang, with those that run, enough are placed or none."""
    members = found.members
    gangs = members.cluster.pods.gang
    for gang in dict.fromkeys(kind.gang for kind in members.kinds if kind.gang >= 0):
        mine = np.array([kind.gang == gang for kind in members.kinds], np.bool_)
        stay = int((gangs[members.fixed] == gang).sum())
        need = least.get(gang, int((gangs[members.rows] == gang).sum()) + stay) - stay
        if need > 1:
            crowd = Crowd(f"gang {gang}", mine, np.zeros(len(members.order), np.int64))
            found.add(Gang(found.group(crowd), need))
