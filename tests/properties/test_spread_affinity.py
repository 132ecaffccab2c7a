"""PodTopologySpread and InterPodAffinity over random histories, against the same rules object by object."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.plain_kubernetes import PREFERRED, REQUIRED, Place, judge
from tiny import bind, evict

from schedlab import Cluster, ClusterView, Profile
from schedlab.cluster.facts import (
    NodeAdded,
    NodeCordoned,
    NodeRemoved,
    NodeUpdated,
    ObjectChanged,
    PodEnded,
    PodNominated,
    PodTerminating,
)
from schedlab.cluster.invariants import check
from schedlab.objects import decode_object
from schedlab.scoring import Evaluator

if TYPE_CHECKING:
    from schedlab.scoring.evaluate import Evaluation

ZONE, HOSTNAME, RACK = "topology.kubernetes.io/zone", "kubernetes.io/hostname", "rack"
ENABLED = [{"name": "PodTopologySpread"}, {"name": "InterPodAffinity"}]
PROFILE = Profile.from_config({"plugins": {"multiPoint": {"disabled": [{"name": "*"}], "enabled": ENABLED}}})
RULES = {"PodTopologySpread": 0, "InterPodAffinity": 1}

keys = st.sampled_from([ZONE, HOSTNAME, RACK])
pairs = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["a", "b"]), max_size=2)
requirements = st.fixed_dictionaries(
    {"key": st.sampled_from(["app", "tier"]), "operator": st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"])}
).map(lambda each: each | ({"values": ["a"]} if each["operator"] in ("In", "NotIn") else {}))
selectors = st.one_of(
    st.none(),
    pairs.map(lambda each: {"matchLabels": each}),
    st.lists(requirements, max_size=2).map(lambda each: {"matchExpressions": each}),
)


def without_none(value: dict[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in value.items() if each is not None}


terms = st.fixed_dictionaries(
    {
        "topologyKey": keys,
        "labelSelector": selectors,
        "namespaces": st.none() | st.lists(st.sampled_from(["default", "x", "lost"]), max_size=2, unique=True),
        "namespaceSelector": st.none() | st.just({}) | requirements.map(lambda each: {"matchExpressions": [each]}),
    }
).map(without_none)
weighted = st.fixed_dictionaries({"weight": st.integers(1, 100), "podAffinityTerm": terms})
parts = st.fixed_dictionaries({REQUIRED: st.lists(terms, max_size=2), PREFERRED: st.lists(weighted, max_size=2)})
constraint = st.fixed_dictionaries(
    {
        "topologyKey": keys,
        "maxSkew": st.integers(1, 3),
        "whenUnsatisfiable": st.sampled_from(["DoNotSchedule", "ScheduleAnyway"]),
        "labelSelector": selectors,
        "matchLabelKeys": st.none() | st.just(["tier"]),
        "nodeAffinityPolicy": st.none() | st.sampled_from(["Honor", "Ignore"]),
        "nodeTaintsPolicy": st.none() | st.sampled_from(["Honor", "Ignore"]),
    }
).map(without_none)
constraints = st.lists(constraint, max_size=2).flatmap(
    lambda given: st.lists(st.none() | st.integers(1, 4), min_size=len(given), max_size=len(given)).map(
        lambda least: [
            each | ({"minDomains": n} if n and each["whenUnsatisfiable"] == "DoNotSchedule" else {})
            for each, n in zip(given, least, strict=True)
        ]
    )
)
specs = st.fixed_dictionaries(
    {
        "priority": st.integers(0, 1),
        "nodeSelector": st.sampled_from([{}, {}, {"disk": "ssd"}]),
        "topologySpreadConstraints": constraints,
        "affinity": st.fixed_dictionaries({"podAffinity": parts, "podAntiAffinity": parts}) | st.just({}),
    }
)
pods = st.fixed_dictionaries(
    {
        "metadata": st.fixed_dictionaries({"namespace": st.sampled_from(["default", "x", "lost"]), "labels": pairs}),
        "spec": specs,
    }
)
node_labels = st.fixed_dictionaries(
    {
        ZONE: st.sampled_from(["a", "b", None]),
        RACK: st.sampled_from(["r", "s", None]),
        HOSTNAME: st.sampled_from(["own", "own", "own", "shared", None]),
        "disk": st.sampled_from(["ssd", None]),
    }
).map(without_none)
specifications = st.tuples(node_labels, st.booleans())
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["bind", "bind", "bind", "evict", "end", "terminate", "nominate", "relabel", "add", "remove", "cordon",
             "namespace", "ask"]
        ),
        st.integers(0, 99),
    ),
    max_size=25,
)  # fmt: skip


def node(name: str, given: tuple[dict[str, str], bool]) -> dict[str, Any]:
    labels = {key: f"{name}-host" if value == "own" else value for key, value in given[0].items()}
    taints = [{"key": "t", "effect": "NoSchedule"}] if given[1] else []
    return {"metadata": {"name": name, "labels": labels}, "spec": {"taints": taints}}


class Story:
    """A cluster and the same as manifests."""

    def __init__(self, nodes: list[tuple[dict[str, str], bool]], templates: list[dict[str, Any]]) -> None:
        self.places = [Place(node(f"n{i}", given)) for i, given in enumerate(nodes)]
        self.pods: list[dict[str, Any]] = []
        self.namespaces = {"default": {"app": "a"}, "x": {"tier": "a"}}
        spaces = [self.space(name) for name in self.namespaces]
        self.cluster = Cluster([decode_object(each.node, "Node") for each in self.places], (), objects=spaces)
        self.evaluator = Evaluator(PROFILE, ClusterView(self.cluster))
        for i, template in enumerate(templates):
            pod = copy.deepcopy(template)
            pod["metadata"]["name"] = f"p{i}"
            pod["spec"]["containers"] = [{"name": "c"}]
            self.pods.append(pod)
        self.cluster.add_pods([decode_object(pod, "Pod") for pod in self.pods])

    def space(self, name: str) -> Any:
        return decode_object(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": self.namespaces[name]}}
        )

    def place_of(self, row: int) -> Place | None:
        found = [place for place in self.places if any(each is self.pods[row] for each in place.pods)]
        return found[0] if found else None

    def forget(self, row: int) -> None:
        for place in self.places:
            place.pods = [each for each in place.pods if each is not self.pods[row]]
            place.nominated = [each for each in place.nominated if each is not self.pods[row]]
        self.pods[row]["metadata"].pop("deletionTimestamp", None)

    def step(self, what: str, number: int, more: tuple[dict[str, str], bool]) -> None:
        cluster, row = self.cluster, number % len(self.pods)
        place = self.places[number // 7 % len(self.places)]
        name, bound = place.node["metadata"]["name"], self.place_of(row)
        over = cluster.pods.phase[row] >= 2
        match what:
            case "bind" if (
                bound is None and not over and not cluster.nodes.unschedulable[cluster.nodes.find(name) or 0]
            ):
                self.forget(row)
                bind(cluster, row, name)
                place.pods.append(self.pods[row])
            case "evict" if bound is not None:
                self.forget(row)
                evict(cluster, row)
            case "end" if bound is not None:
                self.forget(row)
                cluster.update(PodEnded(row, succeeded=True))
            case "terminate" if bound is not None:
                cluster.update(PodTerminating(row))
                self.pods[row]["metadata"]["deletionTimestamp"] = "2025-01-01T00:00:00Z"
            case "nominate" if bound is None and not over:
                self.forget(row)
                cluster.update(PodNominated(row, name if number % 5 else None))
                if number % 5:
                    place.nominated.append(self.pods[row])
            case "relabel":
                place.node = node(name, more)
                cluster.update(NodeUpdated(decode_object(place.node, "Node")))
            case "cordon":
                cluster.update(NodeCordoned(name, bool(number % 2)))
            case "add":
                self.places.append(Place(node(f"m{number}-{len(self.places)}-{cluster.nodes.ever}", more)))
                cluster.update(NodeAdded(decode_object(self.places[-1].node, "Node")))
            case "remove" if len(self.places) > 1:
                self.places.remove(place)
                cluster.update(NodeRemoved(name))
            case "namespace":
                self.namespaces["x"] = {"app": "ab"[number % 2]} if number % 3 else {}
                cluster.update(ObjectChanged(self.space("x")))

    def ask(self) -> None:
        """Hold what the rules say of every pod that is not bound against the slow rules."""
        for row, pod in enumerate(self.pods):
            if self.place_of(row) is None:
                codes, scores = judge(pod, self.places, self.namespaces)
                names = [place.node["metadata"]["name"] for place in self.places]
                found = self.evaluator.evaluate(row)
                compare(self.cluster, found, names, codes, scores)
                choice = self.evaluator.choose(row)
                assert choice.best == found.best
                if found.total is not None:
                    assert (choice.total + getattr(choice, "offset", 0.0)).tolist() == found.total.tolist()

    def anew(self, seed: int) -> Story:
        """Return the same with nodes and pods in another order, from manifests."""
        other, rng = copy.copy(self), np.random.default_rng(seed)
        nodes = [self.places[i] for i in rng.permutation(len(self.places))]
        rows = rng.permutation(len(self.pods)).tolist()
        other.pods = [self.pods[row] for row in rows]
        manifests = []
        for pod in other.pods:
            manifest = copy.deepcopy(pod)
            for place in self.places:
                if any(each is pod for each in place.pods):
                    manifest["spec"]["nodeName"] = place.node["metadata"]["name"]
                if any(each is pod for each in place.nominated):
                    manifest["status"] = {"nominatedNodeName": place.node["metadata"]["name"]}
            manifests.append(decode_object(manifest, "Pod"))
        spaces = [self.space(name) for name in self.namespaces]
        other.cluster = Cluster([decode_object(each.node, "Node") for each in nodes], manifests, objects=spaces)
        other.evaluator = Evaluator(PROFILE, ClusterView(other.cluster))
        return other


def compare(cluster: Cluster, found: Evaluation, names: list[str], codes: Any, scores: Any) -> None:
    at = [cluster.nodes.find(name) for name in names]
    verdicts = {plugin.name: verdict for plugin, verdict in found.verdicts}
    told = []
    for position in at:
        each = []
        for name in RULES:
            verdict = verdicts.get(name)
            code = 0 if verdict is None else verdict[position]
            each.append((0 if code else 1) if verdict is not None and verdict.dtype == np.bool_ else int(code))
        told.append(tuple(each))
    for got, (spread, affinity) in zip(told, codes, strict=True):
        assert got[0] == spread
        if affinity >= 0:  # a filter that gives bool says no more than whether
            assert got[1] == affinity or (affinity == 2 and got[1] == 1)
    feasible = [position for position, code in zip(at, codes, strict=True) if code == (0, 0)]
    assert sorted(np.flatnonzero(found.feasible).tolist()) == sorted(feasible)
    assert set(found.raw) == set(scores)
    for name, expected in scores.items():
        got = [(int(found.raw[name][position]), int(found.normalized[name][position])) for position in feasible]
        assert got == expected


@settings(max_examples=150, deadline=None)
@given(
    nodes=st.lists(specifications, min_size=1, max_size=5),
    templates=st.lists(pods, min_size=2, max_size=7),
    history=steps,
    more=st.lists(specifications, min_size=1, max_size=4),
    seed=st.integers(0, 2**32),
)
def test_every_verdict_and_score_is_that_of_the_slow_rules(
    nodes: Any, templates: Any, history: Any, more: Any, seed: int
) -> None:
    story = Story(nodes, templates)
    for at, (what, number) in enumerate(history):
        story.step(what, number, more[at % len(more)])
        if what == "ask":
            story.ask()
    check(story.cluster)
    story.ask()
    story.anew(seed).ask()  # nor does the order of nodes and pods play a part
