"""Preemption against a plain loop; emptied nodes seen through a view against pods really evicted; and hopes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st
from properties import plain_preemption as plain

import schedlab as sl
from schedlab import streams
from schedlab.objects import decode_object
from schedlab.scheduling.preemption import DryRun, Preemption, dry_run
from schedlab.scheduling.preemption.budgets import Budgets
from schedlab.scheduling.preemption.dry_run import Nodes
from schedlab.scheduling.preemption.victims import Victims
from schedlab.scoring import Evaluator
from schedlab.scoring.default_preemption import DefaultPreemption

Thing = dict[str, Any]
PRIORITIES = [-5, 0, 1, 7]
addresses = st.sampled_from(["0.0.0.0", "10.0.0.1", "10.0.0.2"])
labels = st.sampled_from([{}, {"app": "a"}, {"app": "b"}, {"app": "a", "tier": "x"}])
asked = st.fixed_dictionaries(
    {
        "cpu": st.sampled_from([0, 300, 500, 600, 1000]),
        "memory": st.sampled_from([0, 1, 3, 6]),
        "ports": st.one_of(
            st.just([]), st.just([]), st.lists(st.tuples(addresses, st.sampled_from([80, 81])), max_size=2)
        ),
        "labels": labels,
        "priority": st.sampled_from(PRIORITIES),
    }
)
bound = st.tuples(asked, st.one_of(st.none(), st.integers(0, 3)), st.booleans(), st.booleans())
machines = st.tuples(
    st.fixed_dictionaries(
        {
            "cpu": st.sampled_from([1000, 2000, 2500]),
            "memory": st.sampled_from([4, 8]),
            "pods": st.sampled_from([3, 5, 110]),
        }
    ),
    st.lists(bound, min_size=1, max_size=6),
)
budgets = st.lists(
    st.fixed_dictionaries(
        {"labels": labels, "allowed": st.integers(0, 2), "disrupted": st.sets(st.integers(0, 5), max_size=2)}
    ),
    max_size=3,
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Thing], list[Thing], list[Thing]]:
    """Draw nodes, pods (the last is the preemptor) and budgets."""
    nodes, pods = [], []
    blank = {"start": None, "terminating": False, "preempted": False, "node": None, "nominated": None, "never": False}
    for i, (has, on) in enumerate(draw(st.lists(machines, min_size=1, max_size=5))):
        nodes.append({"name": f"n{i}", **has})
        for each, start, terminating, preempted in on:
            more = {"start": start, "terminating": terminating, "preempted": terminating and preempted, "node": f"n{i}"}
            pods.append(blank | each | more | {"name": f"p{len(pods)}"})
    names = [node["name"] for node in nodes]
    for each in draw(st.lists(asked, max_size=2)):
        pods.append(blank | each | {"name": f"p{len(pods)}", "nominated": draw(st.sampled_from(names))})
    big = draw(asked) | {
        "cpu": draw(st.sampled_from([500, 1500, 1900, 2200])),
        "priority": draw(st.sampled_from([1, 7, 8, 9])),
    }
    mine = {"nominated": draw(st.sampled_from([None, None, *names])), "never": draw(st.integers(0, 19)) == 0}
    pods.append(blank | big | mine | {"name": "preemptor"})
    found = draw(budgets)
    for each in found:
        each["disrupted"] = [f"p{number}" for number in sorted(each["disrupted"])]
    return nodes, pods, found


def manifest(pod: Thing) -> Any:
    requests = {"cpu": f"{pod['cpu']}m", "memory": str(pod["memory"])}
    ports = [{"hostPort": port, "hostIP": address} for address, port in pod["ports"]]
    spec = {
        "containers": [{"name": "c", "resources": {"requests": requests}, "ports": ports}],
        "priority": pod["priority"],
    }
    spec |= {"nodeName": pod["node"]} if pod["node"] else {}
    spec |= {"preemptionPolicy": "Never"} if pod["never"] else {}
    spec |= pod.get("peers", {})
    status: Thing = {"nominatedNodeName": pod["nominated"]} if pod["nominated"] else {}
    status |= {} if pod["start"] is None else {"startTime": f"2026-01-01T00:00:0{pod['start']}Z"}
    if pod["preempted"]:
        status["conditions"] = [{"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}]
    meta = {"name": pod["name"], "labels": pod["labels"]}
    meta |= {"deletionTimestamp": "2026-01-01T00:00:00Z"} if pod["terminating"] else {}
    return decode_object({"metadata": meta, "spec": spec, "status": status}, "Pod")


def cluster_of(nodes: list[Thing], pods: list[Thing], budgets: list[Thing]) -> sl.Cluster:
    made = []
    for node in nodes:
        allocatable = {"cpu": f"{node['cpu']}m", "memory": str(node["memory"]), "pods": str(node["pods"])}
        made.append(
            decode_object(
                {
                    "metadata": {"name": node["name"], "labels": node.get("labels", {})},
                    "status": {"allocatable": allocatable},
                },
                "Node",
            )
        )
    objects = []
    for i, budget in enumerate(budgets):
        status = {"disruptionsAllowed": budget["allowed"], "disruptedPods": dict.fromkeys(budget["disrupted"], "now")}
        head = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": f"b{i}"}}
        objects.append(
            decode_object(head | {"spec": {"selector": {"matchLabels": budget["labels"]}}, "status": status})
        )
    return sl.Cluster(made, map(manifest, pods), objects=objects)  # type: ignore[arg-type]


def told(found: DryRun, cluster: sl.Cluster) -> Thing:
    """Return what was found in the words of the plain loop."""
    names = [node.metadata.name for node in cluster.nodes.nodes]
    rejected = {
        names[at]: (each.get("plugin"), each["code"] == "Unschedulable", each["reasons"])
        for at, each in found.rejected.items()
    }
    if not found.candidates:
        return {"reasons": list(found.reasons)} | ({"rejected": rejected} if found.tried else {})
    candidates = {
        names[at]: ([cluster.pods.name(pod) for pod in victims], bad) for at, victims, bad in found.candidates
    }
    return {"candidates": candidates, "rejected": rejected, "best": [names[at] for at in found.best]}


@settings(max_examples=300, deadline=None)
@given(world=worlds(), least=st.integers(1, 3), ties=st.sampled_from(["rank", "random"]))
def test_preemption_is_that_of_a_plain_loop(world: Any, least: int, ties: Any) -> None:
    nodes, pods, budgets = world
    cluster = cluster_of(*world)
    row = len(pods) - 1
    evaluator = Evaluator(sl.Profile.of("kubernetes", ties=ties), sl.ClusterView(cluster))
    evaluation = evaluator.evaluate(row)
    wanted = plain.preempt(pods[-1], nodes, pods[:-1], budgets)
    assert (wanted is None) is (evaluation.total is not None)
    if wanted is None:
        event("it fits")
        return
    preemption = Preemption(evaluator, DefaultPreemption(0, least), seed=5)
    found = preemption.find(row, evaluation, every=True)
    assert told(found, cluster) == wanted
    event("candidates" if found.candidates else found.reasons[0][:30])
    helped = [
        n for n in nodes if plain.with_nominees(pods[-1], n, [p for p in pods if p["node"] == n["name"]], pods)[1]
    ]
    offset = streams.integer(streams.key(5, "preemption", row, 0), 0, len(helped)) if helped else 0
    some = preemption.find(row, evaluation)
    assert told(some, cluster) == plain.preempt(pods[-1], nodes, pods[:-1], budgets, offset, min(least, len(helped)))
    if some.candidates:
        assert some.chosen in some.candidates
        assert some.chosen.position in (some.best[:1] if ties == "rank" else some.best)


def required(*terms: Thing) -> Thing:
    return {"requiredDuringSchedulingIgnoredDuringExecution": list(terms)}


def about(app: str) -> Thing:
    return {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": app}}}


@st.composite
def peers(draw: st.DrawFn) -> Thing:
    """Draw what a pod says of others."""
    affinity = {}
    if apart := draw(st.sampled_from(["", "", "a", "b"])):
        affinity["podAntiAffinity"] = required(about(apart))
    if near := draw(st.sampled_from(["", "", "", "a"])):
        affinity["podAffinity"] = required(about(near))
    spread = []
    for selector in draw(
        st.lists(st.sampled_from([{"matchLabels": {"app": "a"}}, {"matchLabels": {"app": "b"}}, {}]), max_size=2)
    ):
        constraint = {"topologyKey": "zone", "maxSkew": draw(st.integers(1, 2)), "whenUnsatisfiable": "DoNotSchedule"}
        spread.append(constraint | {"labelSelector": selector} | draw(st.sampled_from([{}, {"minDomains": 3}])))
    return {"affinity": affinity, "topologySpreadConstraints": spread}


@settings(max_examples=300, deadline=None)
@given(
    world=worlds(),
    mine=peers(),
    others=st.lists(peers(), min_size=6, max_size=6),
    zones=st.lists(st.integers(0, 3), min_size=5),
)
def test_a_view_of_emptied_nodes_gives_what_real_evictions_give(
    world: Any, mine: Thing, others: Any, zones: Any
) -> None:
    nodes, pods, budgets = world
    for node, zone in zip(nodes, zones, strict=False):
        node["labels"] = {"zone": f"z{zone}"} if zone else {}
    for i, each in enumerate(pods):
        each["peers"] = {"affinity": others[i % 6]["affinity"]}
        each["nominated"] = None
    pods[-1]["peers"] = mine
    cluster = cluster_of(nodes, pods, budgets)
    evaluator = Evaluator(sl.Profile.of("kubernetes"), sl.ClusterView(cluster))
    view, row = evaluator.view, len(pods) - 1
    positions = np.arange(len(cluster.nodes))
    lower = Victims(view).below(pods[-1]["priority"], positions)
    some = Nodes(positions, lower, Budgets(view).violated(lower)).take(lower.there.any(axis=0))
    trial = evaluator.trial(row)
    assert not trial.far
    event(" ".join(plugin.name for plugin in trial.filters[-2:]))
    at_once = dry_run.by_views(trial, some, view)
    for at, position in enumerate(some.positions.tolist()):
        only = np.arange(len(some.positions)) == at
        assert dry_run.one_by_one(evaluator.trial(row), some.take(only), view) == at_once[position]


@settings(max_examples=150, deadline=None)
@given(world=worlds(), more=st.lists(asked, max_size=6))
def test_hopes_are_never_falsely_given_up(world: Any, more: list[Thing]) -> None:
    nodes, pods, budgets = world
    blank = {"start": None, "terminating": False, "preempted": False, "node": None, "nominated": None, "never": False}
    waiting = [blank | each | {"name": f"w{i}", "priority": 8} for i, each in enumerate(more)]
    cluster = cluster_of(nodes, [*pods, *waiting], budgets)
    evaluator = Evaluator(sl.Profile.of("kubernetes"), sl.ClusterView(cluster))
    preemption = Preemption(evaluator, DefaultPreemption())
    rows = range(len(pods) - 1, len(pods) + len(waiting))
    classes = sorted({int(cluster.pods.cls[row]) for row in rows})
    for positions in (np.arange(len(nodes)), np.arange(1)):
        hopeful = preemption.hopeful(classes, positions)
        assert set(hopeful) <= set(classes)
        for row in rows:
            evaluation = evaluator.evaluate(row)
            if evaluation.total is None and cluster.pods.cls[row] not in hopeful:
                found = preemption.find(row, evaluation, every=True)
                assert not {each.position for each in found.candidates} & set(positions.tolist())
