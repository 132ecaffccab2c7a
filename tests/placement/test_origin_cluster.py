"""A cluster's pods as a problem: it allows what kube-scheduler's filters allow, and a solution holds in the cluster."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_clusters import drawn_cluster
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_placement import faults
from tiny import GPU, bind, node, pod

import schedlab as sl
from schedlab.cluster import Cluster, ClusterView, Eviction, Plan
from schedlab.cluster.facts import NodeCordoned
from schedlab.cluster.invariants import check
from schedlab.errors import InputError
from schedlab.placement.origins.plans import plan_of
from schedlab.placement.packing import pack
from schedlab.placement.problem import Problem
from schedlab.placement.realise import realise
from schedlab.scoring import Evaluator, Profile

MILLI = f"{GPU}-milli"


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**9))
def test_one_pod_may_be_placed_exactly_where_kube_scheduler_lets_it(seed):
    cluster, pending = drawn_cluster(seed)
    evaluator = Evaluator(Profile.of("kubernetes"), ClusterView(cluster))
    for row in pending:
        problem = Problem.of(cluster, [row])
        feasible = evaluator.evaluate(row).feasible
        for place, name in enumerate(problem.nodes):
            alone = np.zeros((1, len(problem.nodes)), np.int64)
            alone[0, place] = 1
            assert (faults(problem, alone) == []) == feasible[cluster.nodes.find(name)], (row, name)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**9), st.booleans())
def test_a_solution_holds_in_the_cluster_each_pod_filtered_once_more(seed, moves):
    cluster, pending = drawn_cluster(seed)
    movable = cluster.pods.bound().tolist()[::2] if moves else []
    problem = Problem.of(cluster, pending, movable)
    assignment = pack(problem, keep=seed % 3 > 0)
    if (assignment.sum(axis=1) < problem.required).any():
        return  # greedily, some that must move found no place
    placement, unplaced = realise(problem, assignment)
    outcome = cluster.apply(plan_of(problem, placement, cluster))
    assert outcome.refused == ()
    check(cluster)
    nodes = cluster.nodes.nodes
    where = {cluster.pods.name(row): nodes[cluster.pods.node[row]].metadata.name for row in cluster.pods.bound()}
    assert where == where | {name: node for name, (node, _) in placement.items()}
    assert not set(unplaced) & set(where)
    evaluator = Evaluator(Profile.of("kubernetes"), ClusterView(cluster))
    for name, (at, _) in placement.items():
        row = next(row for row in range(len(cluster.pods)) if cluster.pods.name(row) == name)
        with cluster.hypothesis():
            cluster.apply(Plan(((Eviction(row, int(cluster.pods.attempt[row]), "Looked at"),),)))
            assert evaluator.evaluate(row).feasible[cluster.nodes.find(at)], (name, at)


def test_classes_and_types_are_what_nothing_tells_apart():
    cluster = Cluster([node(f"n{i}", 4000) for i in range(50)])
    rows = cluster.add_pods([pod(f"p{i}", 500, labels={"name": f"p{i}"}) for i in range(30)])
    problem = Problem.of(cluster, rows)
    assert problem.shape == (1, 1)
    assert problem.resources == ("cpu", "pods")
    assert problem.weight.tolist() == [2500]  # 500 of 200,000 millicores


def test_running_pods_keep_their_devices_unless_others_need_them():
    cluster = Cluster([node("a", more={GPU: 2, MILLI: 2000})])
    old = cluster.add_pods([pod("old", 1, more={MILLI: 500}), pod("older", 1, more={MILLI: 500})])
    for row, device in zip(old, (0, 1), strict=True):
        action = sl.cluster.Binding(row, 0, int(cluster.nodes.uid[0]), 0, ((device, 500),))
        cluster.apply(Plan(((action,),)))
    (half,) = cluster.add_pods([pod("half", 1, more={MILLI: 300})])
    problem = Problem.of(cluster, [half], old)
    plan = plan_of(problem, realise(problem, pack(problem))[0], cluster)
    assert [action.pod for group in plan.groups for action in group] == [half]
    (whole,) = cluster.add_pods([pod("whole", 1, more={GPU: 1, MILLI: 1000})])
    problem = Problem.of(cluster, [whole], old)
    placement, _ = realise(problem, pack(problem))
    assert cluster.apply(plan_of(problem, placement, cluster)).refused == ()
    assert cluster.nodes.devices[:, 0].tolist() == [1000, 1000]


def test_pods_leave_a_cordoned_node():
    cluster = Cluster([node("a"), node("b")], [pod("p", 100, on="a")])
    cluster.update(NodeCordoned("a", True))
    problem = Problem.of(cluster, [], [0])
    placement, unplaced = realise(problem, pack(problem))
    assert (placement, unplaced) == ({"p": ("b", ())}, ())
    cluster.apply(plan_of(problem, placement, cluster))
    assert cluster.nodes.nodes[cluster.pods.node[0]].metadata.name == "b"
    assert cluster.pods.attempt[0] == 1


def test_gangs_are_whole_and_pods_of_one_name_told_apart():
    cluster = Cluster([node("a", 1000)])
    first = cluster.add_pods([pod("same", 400), pod("same", 400), pod("other", 400)])
    cluster.pods.gang[first.start : first.stop] = [0, 0, 0]
    problem = Problem.of(cluster, first)
    assert problem.pods == ("same#0", "same#1", "other")
    assert pack(problem).sum() == 0
    problem = Problem.of(cluster, first, least={0: 2})
    placement, _ = realise(problem, pack(problem))
    plan = plan_of(problem, placement, cluster)
    assert [len(group) for group in plan.groups] == [2]
    assert len(cluster.apply(plan).applied) == 2


def test_what_no_problem_can_say_is_refused():
    cluster = Cluster([node("a")])
    waiting, running = cluster.add_pods([pod("p", 100), pod("q", 100)])
    bind(cluster, running, "a")
    with pytest.raises(InputError, match="pod 'q' is bound; name it among movable"):
        Problem.of(cluster, [running])
    with pytest.raises(InputError, match="pod 'p' is not bound"):
        Problem.of(cluster, [], [waiting])
    with pytest.raises(InputError, match="pod 'p' is named twice"):
        Problem.of(cluster, [waiting, waiting])
    with pytest.raises(InputError, match="there is no pod 7"):
        Problem.of(cluster, [7])

    @sl.filter(scope="node")
    def roomy(pod, nodes):
        return nodes.used["cpu"] < 500

    with pytest.raises(InputError, match="the filter roomy may look at what other pods do"):
        Problem.of(cluster, [waiting], profile=["best_fit", roomy])
