"""The guide's rules, taken from its text: they run, and do what they say. Each against a slow reference."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from drawn import Drawn, clusters
from guide import BLOCKS, TEXT, rule
from hypothesis import given
from hypothesis import strategies as st
from tiny import GIB, evaluate, node, pod, schedule, where
from worlds import decisions, play
from worlds import node as machine
from worlds import pod as timed

import schedlab as sl
from schedlab.objects import decode_object
from schedlab.objects.node import ZONE
from schedlab.plugins.api import CHANGES, Plugin
from schedlab.plugins.plugin import HOOKS

if TYPE_CHECKING:
    from pathlib import Path

RULES = (
    "tightest.py:tightest",
    "least_allocated.py:least_allocated",
    "soft_spread.py:SoftSpread",
    "one_per_host.py:OnePerHost",
    "fragmentation.py:Fragmentation",
    "delay.py:DelayScheduling",
    "predicted_use.py:PredictedUse",
)


@pytest.mark.parametrize("where", RULES)
def test_a_rule_of_the_guide_replays_explains_and_repeats(where: str) -> None:
    workload = sl.generate(pods=150, nodes=30, classes=8, seed=3)
    runs = [sl.replay(workload, rule(where), check=True) for _ in range(2)]
    assert sl.summary(runs[0])["placed"] > 100
    assert runs[0].manifest["decision_hash"] == runs[1].manifest["decision_hash"]
    said = sl.explain(sl.Cluster([node("a"), node("b")]), pod(cpu=100), rule(where))
    assert set(said["filter"]) == {"a", "b"}


def test_every_block_of_the_guide_is_one_of_these() -> None:
    assert [where.partition(":")[0] for where in RULES] == list(BLOCKS)


def test_the_guide_names_every_hook_hint_and_scope() -> None:
    for hook in HOOKS:
        assert f"| `{hook}(" in TEXT
    for word in (*CHANGES, "static", "node", "cluster", "SKIP", "oracle=True", "rng", "retry_after", "last_bound"):
        assert word in TEXT


# exact integers

CAPACITIES = {
    "cpu": st.sampled_from([0, 1, 3, 1000, 1999, 2**46]),
    "memory": st.sampled_from([0, 1, 7 * GIB + 1, 2**46 - 1]),
}
REQUESTS = {"cpu": st.sampled_from([0, 1, 333, 1000]), "memory": st.sampled_from([0, 1, GIB, 3 * GIB + 1])}


@given(drawn=clusters(CAPACITIES, REQUESTS))
def test_least_allocated_is_node_resources_fit(drawn: Drawn) -> None:
    own = evaluate(rule("least_allocated.py:least_allocated"), drawn.cluster(), drawn.pod())
    both = {"multiPoint": {"disabled": [{"name": "*"}], "enabled": [{"name": "NodeResourcesFit"}]}}
    profile = sl.Profile.from_config({"plugins": both})
    theirs = evaluate(profile, drawn.cluster(), drawn.pod())
    assert own.feasible.tolist() == theirs.feasible.tolist()
    if theirs.total is not None:
        assert own.total is not None
        assert own.total.tolist() == theirs.total.tolist()


def test_least_allocated_gives_the_numbers_that_kube_scheduler_recorded(data: Path) -> None:
    compared = 0
    with gzip.open(data / "golden" / "kube-1.34" / "default.jsonl.gz") as lines:
        for case in map(json.loads, lines):
            expected = case["expect"].get("scores", {}).get("NodeResourcesFit")
            if expected is None:
                continue
            cluster = sl.Cluster(
                [decode_object(raw, "Node") for raw in case["nodes"]],  # type: ignore[misc]
                [decode_object(raw, "Pod") for raw in case.get("pods", ())],  # type: ignore[misc]
            )
            pending: Any = decode_object(case["pending"], "Pod")
            found = evaluate(rule("least_allocated.py:least_allocated"), cluster, pending)
            raw = found.raw["least_allocated"].tolist()
            for name, score in expected["raw"].items():
                position = cluster.nodes.find(name)
                assert position is not None
                assert raw[position] == score, (case["id"], name)
                compared += 1
    assert compared > 300


# soft topology spread and host anti-affinity

APPS = st.sampled_from(["web", "db", None])
BOUND = st.lists(st.tuples(APPS, st.integers(0, 5)), max_size=12)


def labels(app: str | None) -> dict[str, str]:
    return {} if app is None else {"app": app}


def city(zones: list[str | None], bound: list[tuple[str | None, int]]) -> sl.Cluster:
    nodes = [node(f"n{i}", labels={} if zone is None else {ZONE: zone}) for i, zone in enumerate(zones)]
    pods = [pod(f"b{i}", on=f"n{at % len(zones)}", labels=labels(app)) for i, (app, at) in enumerate(bound)]
    return sl.Cluster(nodes, pods)


@given(zones=st.lists(st.sampled_from(["x", "y", "z", None]), min_size=1, max_size=6), bound=BOUND, app=APPS)
def test_soft_spread_prefers_zones_with_few_alike(
    zones: list[str | None], bound: list[tuple[str | None, int]], app: str | None
) -> None:
    found = evaluate(rule("soft_spread.py:SoftSpread"), city(zones, bound), pod("p", labels=labels(app)))
    assert found.total is not None
    if app is None:
        assert found.raw == {}
        return
    there = Counter(zones[at % len(zones)] for other, at in bound if other == app)
    fullest = max([there[zone] for zone in zones if zone is not None], default=0)
    alike = [fullest if zone is None else there[zone] for zone in zones]
    most = max(alike)
    assert found.total.tolist() == [100 - (100 * count // most if most else 0) for count in alike]


def test_soft_spread_goes_round_the_zones() -> None:
    cluster = city(["x", "x", "y", "z"], [])
    went = schedule(cluster, rule("soft_spread.py:SoftSpread"), *(pod(f"p{i}", labels=labels("web")) for i in range(6)))
    zones = [{"n0": "x", "n1": "x", "n2": "y", "n3": "z"}[str(name)] for name in went]
    assert Counter(zones) == {"x": 2, "y": 2, "z": 2}


@given(apps=st.lists(APPS, max_size=8), bound=BOUND)
def test_one_per_host_takes_the_first_host_without_one_alike(
    apps: list[str | None], bound: list[tuple[str | None, int]]
) -> None:
    cluster = city([None] * 3, bound)
    hosts: list[list[str | None]] = [[app for app, at in bound if at % 3 == host] for host in range(3)]
    expected = []
    for app in apps:
        free = [host for host in range(3) if app is None or app not in hosts[host]]
        expected.append(f"n{free[0]}" if free else None)
        if free:
            hosts[free[0]].append(app)
    profile = sl.Profile.of(rule("one_per_host.py:OnePerHost"))
    assert schedule(cluster, profile, *(pod(f"p{i}", labels=labels(a)) for i, a in enumerate(apps))) == expected


def test_one_per_host_says_why() -> None:
    cluster = city([None, None], [("web", 0), ("web", 0)])
    said = sl.explain(cluster, pod("p", labels=labels("web")), rule("one_per_host.py:OnePerHost"))
    assert said["filter"]["n0"]["reasons"] == ["node(s) already held a pod of this app"]
    assert said["filter"]["n1"] == {"ok": True}
    assert where(cluster) == {"b0": "n0", "b1": "n0"}


def test_one_per_host_waits_for_a_pod_to_leave_and_not_for_others_to_come() -> None:
    web = rule("one_per_host.py:OnePerHost")(label="app")
    assert Plugin.of(web).wake_on == {"release", "node"}
    alike = [timed("first", 0, 30), timed("second", 1, 10), timed("other", 2, 5)]
    alike = [row._replace(template=pod(labels=labels("web" if i < 2 else "db"))) for i, row in enumerate(alike)]
    run = play([machine("a")], alike, scheduler=web)
    assert decisions(run) == [
        (0, "bind", "first", "a"),
        (1, "wait", "second", None),
        (2, "bind", "other", "a"),
        (30, "bind", "second", "a"),
    ]
    assert run.manifest["timings"]["decisions"] == 5  # the fourth as other leaves; that it came woke nobody
