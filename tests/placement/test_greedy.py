"""Greedy placement: every plug-in is a batch heuristic, and nothing is changed by asking."""

from __future__ import annotations

from typing import Any

import pytest
from guide import rule
from hypothesis import given
from hypothesis import strategies as st
from tiny import GPU, node, pod, says

import schedlab as sl
from schedlab.cluster.facts import NodeCordoned
from schedlab.cluster.invariants import check
from schedlab.placement import greedy
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator

MILLI = f"{GPU}-milli"


@sl.order
def largest_first(pod: Any, now: int) -> float:
    return -float(pod.requests["cpu"][0])


def where(cluster: sl.Cluster, plan: sl.Plan) -> dict[str, str]:
    names = {action.pod: action.node for group in plan.groups for action in group}
    return {cluster.pods.name(row): cluster.nodes.nodes[cluster.nodes.position[at]].metadata.name
            for row, at in names.items()}  # fmt: skip


def test_first_fit_decreasing_is_first_fit_with_an_order() -> None:
    cluster = sl.Cluster([node("a", 1000), node("b", 1000)])
    rows = cluster.add_pods([pod("s", 300), pod("t", 400), pod("u", 600), pod("v", 700)])
    as_given = greedy(cluster, rows, "first_fit")
    assert where(cluster, as_given) == {"s": "a", "t": "a", "u": "b"}
    assert as_given.unschedulable == ((rows[3], "0/2 nodes are available: 2 Insufficient cpu."),)
    assert where(cluster, greedy(cluster, rows, ["first_fit", largest_first])) == {
        "v": "a",
        "u": "b",
        "t": "b",
        "s": "a",
    }


def test_higher_priorities_go_first() -> None:
    cluster = sl.Cluster([node("a", 1000)])
    rows = cluster.add_pods([pod("low", 600), pod("high", 600, priority=5)])
    assert where(cluster, greedy(cluster, rows)) == {"high": "a"}


def test_what_was_planned_can_be_applied_and_the_cluster_is_as_before() -> None:
    cluster = sl.Cluster([node("a", more={GPU: 1, MILLI: 1000}), node("b", more={GPU: 2, MILLI: 2000})])
    rows = cluster.add_pods([pod(f"p{i}", 100, more={MILLI: 700}) for i in range(4)])
    before = cluster.nodes.sums.tolist(), cluster.nodes.devices.tolist(), cluster.last_bound
    plan = greedy(cluster, rows, rule("fragmentation.py:Fragmentation"))
    check(cluster)
    assert (cluster.nodes.sums.tolist(), cluster.nodes.devices.tolist(), cluster.last_bound) == before
    assert len(plan.groups) == 3
    assert cluster.apply(plan).refused == ()
    check(cluster)
    assert sorted(cluster.nodes.devices[cluster.nodes.devices > 0]) == [700, 700, 700]


def test_a_hypothesis_takes_no_facts() -> None:
    cluster = sl.Cluster([node("a")], [pod("x", on="a")])
    with cluster.hypothesis(), says(sl.SchedlabError, "a fact cannot be undone; tell it outside the hypothesis"):
        cluster.update(NodeCordoned("a", True))
    cluster.update(NodeCordoned("a", True))
    assert cluster.pods.node[0] == 0


@pytest.mark.parametrize("scheduler", ["best_fit", "kubernetes", "dot_product", "random", "next_fit"])
@given(
    cpus=st.lists(st.integers(0, 900), max_size=12),
    sizes=st.lists(st.sampled_from([500, 1000, 2000]), min_size=1, max_size=4),
)
def test_the_plan_is_that_of_the_online_cycle_pod_by_pod(scheduler: str, cpus: list[int], sizes: list[int]) -> None:
    cluster = sl.Cluster([node(f"n{i}", cpu) for i, cpu in enumerate(sizes)])
    rows = cluster.add_pods([pod(f"p{i}", cpu) for i, cpu in enumerate(cpus)])
    plan = greedy(cluster, rows, scheduler, seed=3)
    evaluator = Evaluator(sl.Profile.of(scheduler), sl.ClusterView(cluster, 3), mode="direct")
    single = []
    for row in rows:
        single.append(cycle(row, evaluator, 3))
        cluster.apply(single[-1])
    assert plan.groups == tuple(group for each in single for group in each.groups)
    assert plan.unschedulable == tuple(pair for each in single for pair in each.unschedulable)
