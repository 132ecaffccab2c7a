"""Asking for many classes at once gives what asking for each pod on all nodes gives."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import GPU, node, pod

from schedlab import Cluster, ClusterView, Profile, filter
from schedlab.objects import Toleration
from schedlab.plugins.api import Plugin
from schedlab.scoring import Evaluator
from schedlab.scoring.hopes import ClassSet


@filter(scope="node", name="mine")
def all_rows(pod: Any, nodes: Any) -> Any:
    """Broadcasts over all resources at once."""
    return (nodes.used + pod.requests <= nodes.allocatable).all(axis=0)


@filter(scope="node", name="mine")
def one_row(pod: Any, nodes: Any) -> Any:
    """Broadcasts over one resource."""
    return nodes.used["cpu"] + pod.requests["cpu"] <= nodes.allocatable["cpu"]


@filter(scope="node", name="mine", codes={1: "resolvable", 2: "unresolvable"})
def codes(pod: Any, nodes: Any) -> Any:
    """Gives codes."""
    return np.where(nodes.used["memory"] + pod.requests["memory"] <= nodes.allocatable["memory"], 0, 2)


@filter(scope="node", name="mine")
def by_priority(pod: Any, nodes: Any) -> Any:
    """Cannot be asked for many: several classes have no one priority."""
    return nodes.used["pods"] < pod.priority


@filter(scope="node", name="mine")
def of_the_class_alone(pod: Any, nodes: Any) -> Any:
    """Says nothing of the nodes, so its answer has another shape."""
    return pod.requests["cpu"] < 300


@filter(scope="node", name="mine")
def over_the_resources(pod: Any, nodes: Any) -> Any:
    """Takes the request apart as a column."""
    return (pod.requests[:, 0] <= nodes.allocatable.T).all(axis=1)


@filter(scope="node", name="mine")
def with_a_factor_for_each_resource(pod: Any, nodes: Any) -> Any:
    """Multiplies by a column over the resources, which could pass for one over as many classes."""
    factors = np.arange(1, len(pod.requests[:]) + 1)[:, None]
    return (nodes.used + pod.requests * factors <= nodes.allocatable).all(axis=0)


@filter(scope="node", name="mine")
def of_the_nodes_alone(pod: Any, nodes: Any) -> Any:
    """Says the same of every pod."""
    return nodes.used["cpu"] == 0


@filter(scope="node", name="mine")
def by_label(pod: Any, nodes: Any) -> Any:
    """Reads the class's labels."""
    return np.full(len(nodes), pod.labels.get("app") == "db")


CUSTOM = [
    all_rows, one_row, codes, by_priority, of_the_class_alone, over_the_resources, with_a_factor_for_each_resource,
    of_the_nodes_alone, by_label,
]  # fmt: skip

asks = st.fixed_dictionaries(
    {}, optional={"cpu": st.sampled_from([0, 200, 500, 900]), "memory": st.integers(0, 9), GPU: st.integers(0, 2)}
)
pods = st.lists(
    st.tuples(asks, st.integers(0, 3), st.sampled_from(["db", "web"]), st.booleans()), min_size=1, max_size=9
)
small = st.integers(0, 2)
machine = st.tuples(st.sampled_from([300, 1000]), st.integers(0, 9), small, st.booleans(), st.lists(asks, max_size=2))
nodes = st.lists(machine, min_size=1, max_size=6)


@pytest.mark.parametrize("rule", [None, *CUSTOM], ids=lambda rule: rule.__doc__ if rule else "the package's own")
@given(pods=pods, nodes=nodes, data=st.data())
def test_many_classes_at_once_are_each_class_alone(rule: Any, pods: Any, nodes: Any, data: st.DataObject) -> None:
    made = [node(f"n{i}", cpu, memory, 3, cordoned=cordoned, gpus=gpus)
            for i, (cpu, memory, gpus, cordoned, _) in enumerate(nodes)]  # fmt: skip
    bound = [
        pod(f"{i}-{j}", on=f"n{i}", more=asked) for i, each in enumerate(nodes) for j, asked in enumerate(each[-1])
    ]
    cluster = Cluster(made, bound)
    anywhere = [Toleration(operator="Exists")]
    pending = cluster.add_pods(
        [
            pod(f"p{i}", priority=priority, labels={"app": app}, tolerations=anywhere if tolerant else (), more=asked)
            for i, (asked, priority, app, tolerant) in enumerate(pods)
        ]
    )
    fit = Profile.of("best_fit").filters
    profile = Profile.build("made", fit if rule is None else (*fit, Plugin.of(rule)), [])
    evaluator = Evaluator(profile, ClusterView(cluster))
    positions = array("i", sorted(data.draw(st.sets(st.integers(0, len(made) - 1), min_size=1))))

    classes = sorted({int(cluster.pods.cls[row]) for row in pending})
    expected = set()
    for row in pending:
        verdicts = evaluator.evaluate(row).verdicts
        passed = [v if v.dtype == np.bool_ else v == 0 for plugin, v in verdicts if plugin.filter_scope == "node"]
        if np.logical_and.reduce(passed)[np.array(positions)].any():
            expected.add(int(cluster.pods.cls[row]))
    assert sorted(evaluator.could_fit(ClassSet(classes), positions)) == sorted(expected)


def test_a_filter_that_fails_leaves_hope_so_that_the_full_evaluation_meets_the_fault() -> None:
    @filter(scope="node")
    def broken(pod: Any, nodes: Any) -> Any:
        raise ValueError("boom")

    cluster = Cluster([node("a")])
    rows = cluster.add_pods([pod("p", 100), pod("q", 200), pod("r", 300)])
    evaluator = Evaluator(Profile.of(broken), ClusterView(cluster))
    asked = ClassSet(cluster.pods.cls[rows].tolist())
    assert evaluator.could_fit(asked, array("i", [0])) == [0, 1, 2]


def test_a_verdict_is_firm_where_filters_that_see_a_class_and_one_node_reject_every_node() -> None:
    @filter(scope="cluster")
    def wide(pod: Any, nodes: Any) -> Any:
        return nodes.uid > 0

    @filter(scope="node")
    def local(pod: Any, nodes: Any) -> Any:
        return nodes.uid > 0

    class Prepared:
        def prepare(self, pod: Any, cluster: Any) -> None:
            return None

        @filter(scope="node")
        def filter(self, pod: Any, nodes: Any, state: Any) -> Any:
            return nodes.uid > 0

    cluster = Cluster([node("a"), node("b", cpu=100)])
    rows = cluster.add_pods([pod("large", 99_000), pod("small", 1000)])
    for rules, firm in (
        (["power_of_two"], (True, None)),
        ([wide], (True, False)),
        ([Prepared], (True, False)),
        ([local], (True, True)),
        ([wide, local, "kubernetes"], (True, True)),
    ):
        for row, expected in zip(rows, firm, strict=True):
            evaluator = Evaluator(Profile.of(rules), ClusterView(cluster))
            found = evaluator.choose(row)
            assert (found.total is not None) == (expected is None)
            assert evaluator.firm == bool(expected), rules


def test_a_filter_of_ones_own_that_reads_one_class_is_asked_class_by_class() -> None:
    def small(pod: Any, nodes: Any) -> Any:
        return (nodes.used["cpu"] + pod.requests["cpu"] <= nodes.allocatable["cpu"]) & (pod.requests["cpu"][0] < 3000)

    cluster = Cluster([node("a", cpu=4000)])
    rows = cluster.add_pods([pod("big", 3000), pod("little", 1000)])
    evaluator = Evaluator(Profile.of(filter(scope="node")(small)), ClusterView(cluster))
    classes = [int(cluster.pods.cls[row]) for row in rows]
    assert evaluator.could_fit(ClassSet(classes), array("i", [0])) == [classes[1]]
