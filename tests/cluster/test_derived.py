"""Derived columns: kept, patched where a node changed, and the same as computed anew."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import GIB, bind, evict, node, pod, says

from schedlab import Cluster, ClusterView, PluginError, Profile, column, score
from schedlab.cluster import ScopeError
from schedlab.cluster.derived.kept import Column
from schedlab.cluster.facts import NodeAdded, NodeCordoned, NodeRemoved, NodeUpdated, UsageSampled
from schedlab.cluster.log import SPEC, USAGE, USED
from schedlab.cluster.node_views import Noting, Subset
from schedlab.scoring import Evaluator


def made(count: int = 40) -> tuple[Cluster, ClusterView]:
    cluster = Cluster([node(f"n{i}", 1000 + i) for i in range(count)])
    cluster.add_pods([pod(f"p{i}", 100, GIB) for i in range(30)])
    return cluster, ClusterView(cluster)


def counting(reads: Any = ("used", "allocatable")) -> tuple[Column, list[int]]:
    """Return a column and the list of how many nodes it was asked for."""
    asked: list[int] = []

    @column(reads=reads)
    def left(nodes: Any, resource: str = "cpu", times: int = 1) -> Any:
        asked.append(len(nodes))
        return (nodes.allocatable[resource] - nodes.used[resource]) * times

    return left, asked


def test_it_is_computed_once_and_then_where_something_changed() -> None:
    cluster, view = made()
    left, asked = counting()
    assert left(view.nodes()).tolist() == [1000 + i for i in range(40)]
    left(view.nodes("node"))
    assert asked == [40]
    for row in range(12):
        bind(cluster, row, "n3")
        assert left(view.nodes())[3] == 1003 - 100 * (row + 1)
    assert asked[1:5] == [8, 40, 8, 40]  # padded to 8; the first patches are held against all nodes
    assert asked[-2:] == [8, 8]
    cluster.update(NodeAdded(node("more", 7)))
    assert left(view.nodes())[40] == 7


def test_only_what_it_reads_counts() -> None:
    cluster, view = made()
    left, asked = counting()
    bind(cluster, 0, "n0")
    left(view.nodes())
    cluster.update(UsageSampled(0, 50, 60))
    left(view.nodes())
    assert asked == [40]


def test_parameters_are_part_of_the_key() -> None:
    cluster, view = made()
    left, asked = counting()
    bind(cluster, 0, "n1")
    assert left(view.nodes(), "memory")[1] == 7 * GIB
    assert left(view.nodes(), "cpu", 2)[1] == 1802
    assert left(view.nodes(), "cpu", 1)[1] == 901
    assert left(view.nodes(), "memory")[1] == 7 * GIB
    assert asked == [40, 40, 40]


def test_a_subset_sees_its_nodes_and_a_batch_an_axis_more() -> None:
    _, view = made()
    left, _ = counting()
    some = Subset(view.nodes("node"), np.array([5, 2]))
    assert left(some).tolist() == [1005, 1002]

    @column(reads="allocatable")
    def both(nodes: Any) -> Any:
        return nodes.allocatable[:2]

    assert both(some).shape == (2, 2)
    assert both(some.for_batch()).shape == (2, 1, 2)
    assert left(some.for_batch()).shape == (2,)


def test_it_tells_those_who_keep_what_they_read() -> None:
    _, view = made()
    left, _ = counting()
    noting = Noting(Subset(view.nodes("node"), np.array([5, 2])))
    assert left(noting).tolist() == [1005, 1002]
    assert noting.groups == SPEC | USED
    assert column(reads=["usage"])(lambda nodes: nodes.usage[0]).groups == SPEC | USAGE


def test_it_is_read_only() -> None:
    _, view = made()
    left, _ = counting()
    for nodes in (view.nodes(), Subset(view.nodes(), np.array([1]))):
        with pytest.raises(ValueError, match="read-only"):
            left(nodes)[0] = 1


def test_it_sees_what_it_declares_and_no_more_than_the_asking_scope() -> None:
    _, view = made()
    undeclared, _ = counting(reads="allocatable")
    with says(ScopeError, "column left may not see nodes.used: add 'used' to its reads"):
        undeclared(view.nodes())
    wide = column(reads="used")(lambda nodes: nodes.feasible)
    with pytest.raises(ScopeError, match=r"nodes\.feasible: it is to read a node's own columns only"):
        wide(view.nodes())
    left, _ = counting()
    with says(ScopeError, "nodes.used is not seen here: declare scope='node'"):
        left(view.nodes("static"))
    left(view.nodes())
    with says(ScopeError, "nodes.used is not seen here: declare scope='node'"):  # though it is kept by now
        left(view.nodes("static"))


def test_an_unknown_column_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"^column <lambda> reads 'usd'; name some of allocatable, "):
        column(reads=("usd",))(lambda nodes: nodes.usd)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda nodes: nodes.rank[1:], r"int64 of shape \(39,\) for 40 nodes"),
        (lambda nodes: nodes.rank.astype(str), r"<U21 of shape \(40,\) for 40 nodes"),
        (lambda nodes: 3, r"int64 of shape \(\) for 40 nodes"),
    ],
)
def test_it_gives_a_number_a_node(answer: Any, told: str) -> None:
    _, view = made()
    with pytest.raises(ValueError, match=f"^column <lambda> gave {told}; give numbers"):
        column(reads="allocatable")(answer)(view.nodes())


def test_one_that_reads_the_other_nodes_is_found_out() -> None:
    cluster, view = made()

    @column(reads="used")
    def above_mean(nodes: Any) -> Any:
        return nodes.used[0] - nodes.used[0].mean()

    above_mean(view.nodes())
    bind(cluster, 0, "n0")
    with says(ScopeError, "column above_mean: a node's value changes with the other nodes"):
        above_mean(view.nodes())


def test_one_whose_type_changes_with_the_values_is_computed_anew() -> None:
    cluster, view = made()

    @column(reads="used")
    def fickle(nodes: Any) -> Any:
        return nodes.used[0] / 8 if nodes.used[0].any() else np.zeros(len(nodes), np.int64)

    assert fickle(view.nodes()).dtype == np.int64
    bind(cluster, 0, "n5")
    assert fickle(view.nodes())[5] == 12.5


@score(scope="node", name="emptiest")
def through_a_column(pod: Any, nodes: Any) -> Any:
    return room(nodes)


@column(reads=("used", "allocatable"))
def room(nodes: Any) -> Any:
    return nodes.allocatable["cpu"] - nodes.used["cpu"]


@score(scope="node", name="emptiest")
def direct(pod: Any, nodes: Any) -> Any:
    return nodes.allocatable["cpu"] - nodes.used["cpu"]


STEPS = st.lists(
    st.tuples(st.sampled_from(["bind", "bind", "evict", "add", "remove", "grow", "cordon", "ask"]), st.integers(0, 29)),
    min_size=5, max_size=60,
)  # fmt: skip


@given(STEPS)
def test_it_is_what_is_computed_anew_whatever_happens(steps: list[tuple[str, int]]) -> None:
    cluster, view = made()
    left, _ = counting()
    evaluators = [Evaluator(Profile.of(rule), view) for rule in (through_a_column, direct)]
    for number, (step, at) in enumerate(steps):
        names = [each.metadata.name for each in cluster.nodes.nodes]
        name, bound = names[at % len(names)], cluster.pods.node[at] >= 0
        match step:
            case "bind" if not bound:
                bind(cluster, at, name)
            case "evict" if bound:
                evict(cluster, at)
            case "add":
                cluster.update(NodeAdded(node(f"more{number}", 500)))
            case "remove" if len(names) > 1:
                cluster.update(NodeRemoved(name))
            case "grow":
                cluster.update(NodeUpdated(node(name, 3000 + number)))
            case "cordon":
                cluster.update(NodeCordoned(name, unschedulable=bool(at % 2)))
            case "ask":
                nodes = view.nodes("node")
                expected = nodes.allocatable["cpu"] - nodes.used["cpu"]
                assert left(nodes).tolist() == expected.tolist()
                (row,) = cluster.add_pods([pod("asking")])
                mine, plain = (evaluator.choose(row).best for evaluator in evaluators)
                assert mine == plain


def test_a_fault_in_a_column_names_the_plug_in_that_asked() -> None:
    broken = column(reads="used")(lambda nodes: nodes.used["cpu"][1:])
    _, view = made()
    rule = score(scope="node", name="mine")(lambda pod, nodes: broken(nodes))
    with pytest.raises(PluginError, match=r"^plug-in mine, pod p0 at 0 s: ValueError: column <lambda> gave float64"):
        Evaluator(Profile.of(rule), view).choose(0)


def test_a_column_may_read_another_that_reads_no_more() -> None:
    cluster, view = made()
    left, asked = counting()

    @column(reads=("used", "allocatable"))
    def twice(nodes: Any) -> Any:
        return 2 * left(nodes)

    @column(reads="used")
    def too_little(nodes: Any) -> Any:
        return left(nodes)

    assert twice(view.nodes()).tolist() == [2000 + 2 * i for i in range(40)]
    bind(cluster, 0, "n3")
    assert twice(view.nodes())[3] == 2 * left(view.nodes())[3] == 1806
    assert 8 in asked
    with pytest.raises(ScopeError, match=r"column too_little may not see nodes.allocatable: add 'allocatable' to its"):
        too_little(view.nodes())
