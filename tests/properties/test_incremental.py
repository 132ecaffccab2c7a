"""Rows that are kept give the decisions of asking every plug-in for every node, whatever happened in between."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny import binding, eviction, node, pod

from schedlab import Cluster, ClusterView, Profile, filter, ratio, score
from schedlab.cluster import Plan
from schedlab.cluster.facts import NodeAdded, NodeCordoned, NodeRemoved, NodeUpdated, PodEnded, PodStarted, UsageSampled
from schedlab.plugins import registry
from schedlab.plugins.api import Plugin
from schedlab.scoring import Evaluator, incremental

ASKED: list[dict[str, Any]] = [
    {"cpu": 100}, {"cpu": 500, "memory": 2**30}, {"memory": 3 * 2**30}, {}, {"cpu": 1500, "memory": 2**31, "gpus": 1},
    {"cpu": 9000},
]  # fmt: skip


@score(scope="node")
def idle(pod: Any, nodes: Any) -> Any:
    """Reads usage, and is more than an expression can say."""
    return np.sort(np.stack([nodes.allocatable["cpu"] - nodes.usage["cpu"], nodes.used["cpu"]]), axis=0)[1]


@score(scope="node", normalize="max")
def roots(pod: Any, nodes: Any) -> Any:
    """Divides by nothing on empty nodes."""
    share = nodes.used[:2] / (nodes.used[:2] + pod.requests[:2])
    return np.sqrt(np.where(share > 0.5, share, 0.25)).mean(axis=0)


@score(scope="node")
def odd(pod: Any, nodes: Any) -> Any:
    """Integers, truths, constants and a branch on the pod."""
    if pod.requests["memory"][0] > 0:
        return nodes.rank / 3 + nodes.unschedulable * 2.0 - np.minimum(nodes.uid, 7)
    full = (nodes.used["cpu"] >= nodes.allocatable["cpu"] / 2) & ~nodes.unschedulable | (nodes.used["pods"] > 2)
    return np.where(full, -nodes.rank, np.ceil(ratio(nodes.used["cpu"], nodes.allocatable["cpu"]) * 7)) + pod.priority


@filter(scope="static")
def in_zone_a(pod: Any, nodes: Any) -> Any:
    """Reads labels."""
    return nodes.label("zone") == nodes.code("zone", "a")


@filter(scope="node")
def not_crowded(pod: Any, nodes: Any) -> Any:
    """Is more than an expression can say."""
    return np.sort(np.stack([nodes.used["pods"], nodes.rank % 5]), axis=0)[1] < 6


@filter(scope="cluster")
def not_the_last(pod: Any, nodes: Any) -> Any:
    """Hangs on the order of events."""
    return nodes.rank != nodes.cluster.last_bound


def made(*rules: Any, weights: tuple[float, ...] = (1.0, 2.5, 1.0), **more: Any) -> Profile:
    plugins = [Plugin.of(registry.find(rule) if isinstance(rule, str) else rule) for rule in rules]
    filters = [plugin for plugin in plugins if plugin.filter]
    scores = [plugin for plugin in plugins if plugin.score]
    return Profile.build("made", tuple(filters), list(zip(scores, weights, strict=False)), **more)


PROFILES = {
    "kubernetes": Profile.of("kubernetes"),
    "one score": Profile.of("best_fit"),
    "two that are brought to one scale": made("NodeResourcesFit", "worst_fit", "dot_product", "l2_norm"),
    "none to be kept": made("NodeResourcesFit", not_the_last, "power_of_two"),
    "kept and not kept": made("NodeResourcesFit", in_zone_a, "best_fit", "random", roots),
    "usage": made("NodeUnschedulable", "NodeResourcesFit", idle),
    "a filter that is not kept": made("NodeResourcesFit", not_the_last, roots, idle),
    "odd": made("NodeResourcesFit", odd, "best_fit"),
    "a filter and a score beyond expressions": made("NodeResourcesFit", not_crowded, idle),
    "the same, one score after the other": made(not_crowded, "NodeResourcesFit", idle, roots),
    "whole numbers": made("NodeResourcesFit", odd, quantise="integer"),
    "whole numbers on one scale": made("NodeResourcesFit", odd, idle, "worst_fit", quantise="integer"),
    "random ties": Profile.of("kubernetes", ties="random"),
    "no score": made("NodeUnschedulable", "NodeResourcesFit", in_zone_a),
}


def a_node(number: int, zone: str, size: int) -> Any:
    return node(f"n{number}", 1000 * size, size * 2**30, 10, labels={"zone": zone}, gpus=size % 3 or None)


steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["place"] * 10 + ["end", "end", "evict", "usage", "usage", "usage", "cordon", "add", "remove", "relabel"]
        ),
        st.integers(0, 10**6),
        st.sampled_from(range(len(ASKED))),
    ),
    min_size=40,
    max_size=80,
)


@pytest.fixture(params=["interpreted", "compiled", "few rows"])
def compiled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "interpreted" and shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    monkeypatch.setattr(incremental, "HOT", 10**9 if request.param == "interpreted" else 0)
    if request.param == "few rows":
        monkeypatch.setattr(incremental, "ROWS", 2)


def whole(found: Any) -> list[float] | None:
    """Return the totals with what all nodes have alike."""
    return None if found.total is None else (found.total + getattr(found, "offset", 0.0)).tolist()


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("name", PROFILES)
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, count=st.sampled_from([1, 5, 60, 200]))
def test_kept_rows_give_the_decisions_of_asking_anew(name: str, steps: list[Any], count: int) -> None:
    cluster = Cluster([a_node(i, "ab"[i % 2], 1 + i % 5) for i in range(count)])
    view, profile = ClusterView(cluster), PROFILES[name]
    kept, full, direct = (Evaluator(profile, view, mode=mode) for mode in ("incremental", "full", "direct"))
    ever = count
    for what, number, asked in steps:
        bound = np.flatnonzero(cluster.pods.node[: len(cluster.pods)] >= 0)
        names = [each.metadata.name for each in cluster.nodes.nodes]
        if what == "place":
            (row,) = cluster.add_pods([pod("p", **ASKED[asked])])
            found = kept.choose(row)
            total = whole(found)
            for other in (full.choose(row), direct.choose(row)):
                assert found.best == other.best
                if total is not None and other.total is not None:
                    assert total == whole(other)
            if found.best >= 0:
                cluster.apply(Plan(((binding(cluster, row, names[found.best]),),)))
                cluster.update(PodStarted(row))
        elif what == "add":
            cluster.update(NodeAdded(a_node(ever, "abc"[number % 3], 1 + number % 7)))
            ever += 1
        elif what in ("end", "evict", "usage") and len(bound):
            row = int(bound[number % len(bound)])
            if what == "usage":
                cluster.update(UsageSampled(row, float(number % 977), float(number)))
            elif what == "end":
                cluster.update(PodEnded(row, succeeded=True))
            else:
                cluster.apply(Plan(((eviction(cluster, row),),)))
        elif what in ("cordon", "remove", "relabel") and names:
            chosen = names[number % len(names)]
            if what == "cordon":
                cluster.update(NodeCordoned(chosen, number % 2 == 0))
            elif what == "remove":
                cluster.update(NodeRemoved(chosen))
            else:
                changed = a_node(int(chosen[1:]), "abc"[number % 3], 1 + number % 7)
                cluster.update(NodeUpdated(changed))


def test_the_rows_of_scores_are_really_kept_and_patched() -> None:
    cluster = Cluster([a_node(i, "a", 3) for i in range(40)])
    evaluator = Evaluator(Profile.of("kubernetes"), ClusterView(cluster))
    for row in cluster.add_pods([pod(f"p{i}", **ASKED[i % 2]) for i in range(30)]):
        best = evaluator.choose(row).best
        cluster.apply(Plan(((binding(cluster, row, f"n{best}"),),)))
    assert evaluator.patches > 20


def test_what_an_expression_cannot_say_is_asked_on_the_nodes_that_changed() -> None:
    cluster = Cluster([a_node(i, "a", 3) for i in range(64)])
    asked: list[int] = []

    @score(scope="node")
    def counted(pod: Any, nodes: Any) -> Any:
        asked.append(len(nodes))
        return -ratio(nodes.used, nodes.allocatable)[:2].sum(axis=0)

    evaluator = Evaluator(Profile.of(counted), ClusterView(cluster))
    for row in cluster.add_pods([pod(f"p{i}", 100) for i in range(30)]):
        best = evaluator.choose(row).best
        cluster.apply(Plan(((binding(cluster, row, f"n{best}"),),)))
    assert asked.count(8) > 20
    assert asked.count(64) < 15
