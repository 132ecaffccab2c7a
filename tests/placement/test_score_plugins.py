"""Score plug-ins as batch heuristics on a cluster's problem."""

from __future__ import annotations

from drawn_clusters import drawn_cluster
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_placement import faults
from tiny import bind, node, pod

import schedlab as sl
from schedlab.cluster import Cluster
from schedlab.placement.packing.score_plugins import score_plugins
from schedlab.placement.problem import Problem


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(["best_fit", "kubernetes", "random", "PodTopologySpread"]))
def test_whatever_the_plugin_every_constraint_is_kept(seed, name):
    cluster, pending = drawn_cluster(seed)
    movable = cluster.pods.bound().tolist()[::2]
    problem = Problem.of(cluster, pending, movable)
    (heuristic,) = score_plugins(problem, cluster, [name], seed=seed)
    found = heuristic.run()
    if (found.sum(axis=1) >= problem.required).all():  # else the cluster runs what no final state may be
        assert faults(problem, found) == []
    assert (found == heuristic.run()).all()


def test_a_rule_of_ones_own_decides_and_running_pods_stay():
    @sl.score
    def last(pod, nodes):
        return nodes.rank

    cluster = Cluster([node("a", 1000), node("b", 1000), node("c", 1000)])
    rows = cluster.add_pods([pod(f"p{i}", 600) for i in range(4)])
    bind(cluster, rows[0], "a")
    problem = Problem.of(cluster, rows[1:], rows[:1])
    (heuristic,) = score_plugins(problem, cluster, [last])
    assert heuristic.name == "greedy by last"
    assert heuristic.run().tolist() == [[1, 1, 1]]
    (heuristic,) = score_plugins(Problem.of(cluster, rows[1:3]), cluster, [last])
    assert heuristic.run().tolist() == [[0, 1, 1]]


def test_each_score_of_the_package_is_a_heuristic():
    cluster = Cluster([node("a"), node("b")])
    problem = Problem.of(cluster, cluster.add_pods([pod("p", 100)]))
    names = [each.name for each in score_plugins(problem, cluster) if each.run().sum() == 1]
    assert {"greedy by best_fit", "greedy by fgd", "greedy by NodeResourcesFit"} <= set(names)
