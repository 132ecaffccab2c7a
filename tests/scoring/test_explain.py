"""Explain and summarize: why a pod goes where it goes, or nowhere."""

from typing import Any

import numpy as np
import pytest
from tiny import GIB, evaluate, node, pod

from schedlab import Cluster, ClusterView, InputError, Profile, explain, filter, score
from schedlab.cluster.facts import NodeRemoved
from schedlab.cluster.invariants import check
from schedlab.plugins.api import UNRESOLVABLE, Plugin
from schedlab.scoring.explain import summarize


def cluster() -> Cluster:
    nodes = [node("a", 1000), node("b", 2000), node("c", 3000), node("d", cordoned=True)]
    return Cluster(nodes, [pod("x", 500, GIB, on="b")])


def test_every_node_has_a_status_and_every_feasible_one_its_scores() -> None:
    assert explain(cluster(), pod("p", 1500, GIB), "best_fit") == {
        "filter": {
            "a": {
                "ok": False,
                "plugin": "NodeResourcesFit",
                "code": "UnschedulableAndUnresolvable",
                "reasons": ["Insufficient cpu"],
            },
            "b": {"ok": True},
            "c": {"ok": True},
            "d": {
                "ok": False,
                "plugin": "NodeUnschedulable",
                "code": "UnschedulableAndUnresolvable",
                "reasons": ["node(s) were unschedulable"],
            },
        },
        "scores": {
            "best_fit": {"weight": 1, "raw": {"b": -0.75, "c": -1.375}, "normalized": {"b": -0.75, "c": -1.375}}
        },
        "total": {"b": -0.75, "c": -1.375},
        "best": ["b"],
    }


def test_when_nothing_is_feasible_there_are_no_scores() -> None:
    found = explain(cluster(), pod("p", 9000), "best_fit")
    assert set(found) == {"filter", "best"}
    assert found["best"] == []
    assert [status["ok"] for status in found["filter"].values()] == [False] * 4


def test_weights_raw_and_normalised_scores_are_told_apart() -> None:
    found = explain(cluster(), pod("p", 500, GIB), "first_fit:3")
    assert found["scores"] == {
        "first_fit": {
            "weight": 3,
            "raw": {"a": 0, "b": -1, "c": -2},
            "normalized": {"a": 0, "b": -1, "c": -2},
        }
    }
    assert found["total"] == {"a": 0, "b": -3, "c": -6}


def test_whole_numbers_are_integers_and_others_are_not() -> None:
    half = score(name="half")(lambda pod, nodes: nodes.rank / 2)
    total = explain(cluster(), pod(), half)["total"]
    assert total == {"a": 0, "b": 0.5, "c": 1}
    assert [type(value) for value in total.values()] == [int, float, int]


def test_the_best_are_all_that_tie_in_the_order_of_the_nodes() -> None:
    made = Cluster([node("c"), node("a"), node("b", 1)])
    assert explain(made, pod("p", 1, 1), "worst_fit")["best"] == ["c", "a"]


def test_the_first_filter_to_reject_a_node_is_the_one_that_is_named() -> None:
    one = filter(name="one", scope="static", codes={2: UNRESOLVABLE, 5: "resolvable"})(
        lambda pod, nodes: np.array([0, 2, 5, 5])
    )
    two = filter(name="two", scope="static")(lambda pod, nodes: np.array([False, False, True, False]))
    statuses = explain(cluster(), pod(), Profile.build("both", (Plugin.of(one), Plugin.of(two)), []))["filter"]
    assert {name: (status["plugin"], status["code"]) for name, status in statuses.items()} == {
        "a": ("two", "Unschedulable"),
        "b": ("one", "UnschedulableAndUnresolvable"),
        "c": ("one", "Unschedulable"),
        "d": ("one", "Unschedulable"),
    }


def test_what_is_skipped_is_listed() -> None:
    rules = "NodeResourcesBalancedAllocation+NodeResourcesFit"
    found = explain(Cluster([node("a")]), pod("p"), rules)
    assert found["scoreSkipped"] == ["NodeResourcesBalancedAllocation"]
    assert list(found["scores"]) == ["NodeResourcesFit"]
    assert "scoreSkipped" not in explain(Cluster([node("a")]), pod("p", 100), rules)


def test_explaining_changes_nothing() -> None:
    made = cluster()
    used = made.nodes.used.copy()
    first = explain(made, pod("p", 500, GIB))
    assert explain(made, pod("p", 500, GIB)) == first
    assert (made.nodes.used == used).all()
    assert (len(made.pods), made.pods.name(0)) == (1, "x")
    check(made)
    rows = made.add_pods([pod("q"), pod("r")])
    assert [made.pods.name(row) for row in rows] == ["q", "r"]
    assert made.pods.node[list(rows)].tolist() == [-1, -1]


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(InputError, match="there is no plug-in 'kubernete'"):
        explain(cluster(), pod(), "kubernete")


def test_an_empty_cluster() -> None:
    assert explain(Cluster(), pod()) == {"filter": {}, "best": []}


def summary(made: Cluster, pending: Any, rule: Any = "best_fit") -> str:
    evaluation = evaluate(rule, made, pending)
    return summarize(evaluation, ClusterView(made), len(made.pods) - 1)


def test_the_summary_counts_every_reason_of_the_filter_that_rejected() -> None:
    made = Cluster([node("a", 100), node("b", 100, GIB, pods=0), node("c", pods=0), node("d", 100, cordoned=True)])
    assert summary(made, pod("p", 500, 2 * GIB)) == (
        "0/4 nodes are available: 1 Insufficient memory, 1 node(s) were unschedulable, 2 Insufficient cpu, "
        "2 Too many pods."
    )


def test_the_summary_is_sorted_as_text() -> None:
    made = Cluster([node(f"n{i}", 100) for i in range(10)] + [node("m0", memory=0), node("m1", memory=0)])
    text = summary(made, pod("p", 500, GIB))
    assert text == "0/12 nodes are available: 10 Insufficient cpu, 2 Insufficient memory."


def test_the_summary_of_a_filter_without_reasons() -> None:
    rule = filter(name="never")(lambda pod, nodes: np.zeros(len(nodes), bool))
    assert summary(Cluster([node("a"), node("b")]), pod(), rule) == (
        "0/2 nodes are available: 2 node(s) rejected by never."
    )


def test_removed_nodes_are_not_counted() -> None:
    made = Cluster([node("a", 100), node("b", 100)])
    made.update(NodeRemoved("a"))
    assert summary(made, pod("p", 500)) == "0/1 nodes are available: 1 Insufficient cpu."
