"""Scoring a sample of the nodes, as kube-scheduler does in large clusters."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import bind, node, pod, schedule

from schedlab import Cluster, ClusterView, Profile, explain
from schedlab.cluster.facts import NodeRemoved
from schedlab.scoring import Evaluator
from schedlab.scoring.sample import Sample, wanted, zone_order

ZONE = "topology.kubernetes.io/zone"


@pytest.mark.parametrize(
    ("nodes", "percentage", "found"),
    [(50, 5, 50), (99, 0, 99), (100, 5, 100), (1000, 0, 420), (1000, 30, 300), (1000, 1, 100), (5000, 0, 500),
     (10000, 0, 500), (1000, 100, 1000)],
)  # fmt: skip
def test_how_many_are_looked_for(nodes: int, percentage: int, found: int) -> None:
    assert wanted(nodes, percentage) == found


def names(view: ClusterView) -> list[str]:
    return [view.node_name(position) for position in zone_order(view).tolist()]


def test_zones_take_turns() -> None:
    zones = ["x", "y", "x", None, "x", "z", "z"]
    cluster = Cluster([node(f"n{i}", labels={ZONE: zone} if zone else {}) for i, zone in enumerate(zones)])
    assert names(ClusterView(cluster)) == ["n0", "n1", "n3", "n5", "n2", "n6", "n4"]
    cluster.update(NodeRemoved("n0"))
    assert names(ClusterView(cluster)) == ["n1", "n2", "n3", "n5", "n4", "n6"]


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=20), st.integers(0, 5))
def test_the_order_is_that_of_taking_one_of_each_zone_in_turn(zones: list[str], removed: int) -> None:
    cluster = Cluster([node(f"n{i}", labels={ZONE: zone}) for i, zone in enumerate(zones)])
    left = list(enumerate(zones))
    for _ in range(min(removed, len(zones) - 1)):
        cluster.update(NodeRemoved(f"n{left.pop(len(left) // 2)[0]}"))
    by_zone: dict[str, list[str]] = {}
    for i, zone in left:
        by_zone.setdefault(zone, []).append(f"n{i}")
    expected = [name for turn in zip_longest(*by_zone.values()) for name in turn if name]
    assert names(ClusterView(cluster)) == expected


def searched(feasible: list[bool], start: int, enough: int) -> tuple[list[int], int]:
    """One worker's search, node by node: what it finds, and where the next begins."""
    found, looked_at = [], 0
    for i in range(len(feasible)):
        at = (start + i) % len(feasible)
        if feasible[at]:
            if len(found) == enough:
                break
            found.append(at)
        looked_at += 1
    return found, (start + looked_at) % len(feasible)


@given(st.lists(st.integers(0, 2**32), min_size=1, max_size=8))
def test_each_search_begins_where_the_last_one_stopped(seeds: list[int]) -> None:
    view = ClusterView(Cluster([node(f"n{i}") for i in range(250)]))
    sample, start = Sample(view, 10, scoring=True), 0
    for seed in seeds:
        feasible = np.random.default_rng(seed).random(250) < (seed % 11) / 10
        expected, start = searched(feasible.tolist(), start, 100)
        assert np.flatnonzero(sample.of(feasible)).tolist() == sorted(expected)
        sample.advance()


@pytest.mark.parametrize("mode", ["incremental", "direct"])
def test_the_best_of_the_sample_is_taken(mode: Any) -> None:
    cluster = Cluster([node(f"n{i}", 1000 + (i * 7919) % 5000) for i in range(300)])
    profile = Profile.from_config({"percentageOfNodesToScore": 40}, partial=True)
    assert profile.describe()["scored"] == "40 % of the nodes"
    whole = Profile.from_config({}, partial=True)
    evaluator, start = Evaluator(profile, ClusterView(cluster), mode=mode), 0
    for i, row in enumerate(cluster.add_pods([pod(f"p{i}", 1500) for i in range(8)])):
        totals = explain(cluster, pod("same", 1500), whole)["total"]
        found, start = searched([f"n{at}" in totals for at in range(300)], start, 120)
        best = max(found, key=lambda at: (totals[f"n{at}"], -at))
        assert evaluator.choose(row).best == best, i
        bind(cluster, row, f"n{best}")


def test_without_scores_the_first_feasible_node_is_taken_and_the_next_search_goes_on() -> None:
    plugins = {"multiPoint": {"disabled": [{"name": "*"}], "enabled": [{"name": "NodeUnschedulable"}]}}
    profile = Profile.from_config({"percentageOfNodesToScore": 50, "plugins": plugins})
    cluster = Cluster([node(f"n{i}", cordoned=i == 1) for i in range(4)])
    assert schedule(cluster, profile, *(pod(f"p{i}") for i in range(4))) == ["n0", "n2", "n3", "n0"]


def test_an_explanation_tells_of_all_nodes() -> None:
    cluster = Cluster([node(f"n{i}") for i in range(200)])
    profile = Profile.from_config({"percentageOfNodesToScore": 1}, partial=True)
    assert len(explain(cluster, pod(), profile)["total"]) == 200
