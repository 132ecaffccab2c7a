"""Packing rules: hand-computed choices, and what every rule of the package must do."""

from typing import Any

import numpy as np
import pytest
from tiny import GIB, bind, evaluate, evict, node, pod, schedule, scores

from schedlab import Cluster, Profile, filter
from schedlab.cluster.facts import NodeRemoved
from schedlab.cluster.invariants import check
from schedlab.plugins import registry
from schedlab.plugins.api import Plugin

RULES = sorted(name for name, rule in registry.builtin().items() if Plugin.of(rule).score)


def three() -> Cluster:
    """Return free after a pod of half a core and 1 GiB: a 5/8 and 5/8, b 1/4 and 5/8, c 7/8 and 3/4."""
    nodes = [node("a", 4000, 8 * GIB, 16), node("b", 2000, 8 * GIB, 16), node("c", 4000, 4 * GIB, 16)]
    return Cluster(nodes, [pod("x", 1000, 2 * GIB, on="a"), pod("y", 1000, 2 * GIB, on="b")])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("first_fit", {"a": 0, "b": -1, "c": -2}),
        ("best_fit", {"a": -1.25, "b": -0.875, "c": -1.625}),
        ("worst_fit", {"a": 1.25, "b": 0.875, "c": 1.625}),
        # pods left: 14, 14 and 15 of 16
        ("l2_norm", {"a": -1.546875, "b": -1.21875, "c": -2.20703125}),
        # demand of a 1/8, 1/8, 1/16, of b 1/4, 1/8, 1/16, of c 1/8, 1/4, 1/16; free 3/4, 3/4, 15/16; 1/2, ...; 1, 1, 1
        ("dot_product", {"a": 0.24609375, "b": 0.27734375, "c": 0.4375}),
    ],
)  # fmt: skip
def test_the_scores_by_hand(rule: str, expected: dict[str, float]) -> None:
    assert scores(rule, three(), pod("p", 500, GIB)) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("first_fit", "a"), ("best_fit", "b"), ("worst_fit", "c"), ("l2_norm", "b"), ("dot_product", "c")],
)
def test_the_choice_by_hand(rule: str, expected: str) -> None:
    assert schedule(three(), rule, pod("p", 500, GIB)) == [expected]


@pytest.mark.parametrize("rule", ["best_fit", "worst_fit", "l2_norm", "dot_product"])
def test_equals_go_to_the_first(rule: str) -> None:
    assert schedule(Cluster([node("a"), node("b"), node("c")]), rule, pod("p", 500, GIB)) == ["a"]


def test_best_fit_fills_a_node_before_it_opens_another() -> None:
    cluster = Cluster([node("a", 1000), node("b", 1000), node("c", 1000)])
    assert schedule(cluster, "best_fit", *(pod(f"p{i}", 400, GIB) for i in range(5))) == ["a", "a", "b", "b", "c"]


def test_worst_fit_spreads() -> None:
    cluster = Cluster([node("a", 1000), node("b", 1000), node("c", 1000)])
    assert schedule(cluster, "worst_fit", *(pod(f"p{i}", 400, GIB) for i in range(5))) == ["a", "b", "c", "a", "b"]


def test_first_fit_takes_the_first_that_has_room() -> None:
    cluster = Cluster([node("a", 1000), node("b", 1000)])
    pods = [pod("p0", 600), pod("p1", 600), pod("p2", 400), pod("p3", 400), pod("p4", 400)]
    assert schedule(cluster, "first_fit", *pods) == ["a", "b", "a", "b", None]


def test_l2_norm_minds_only_what_is_asked_for() -> None:
    nodes = [node("a", 4000, pods=16, gpus=8), node("b", 4000, pods=16)]
    plain = scores("l2_norm", Cluster(nodes), pod("p", 1000))
    assert plain == {"a": -(0.75**2) - 0.9375**2, "b": -(0.75**2) - 0.9375**2}
    with_gpu = scores("l2_norm", Cluster(nodes), pod("p", 1000, gpus=2))
    assert with_gpu == {"a": -(0.75**2) * 2 - 0.9375**2}


def test_dot_product_counts_every_resource() -> None:
    cluster = Cluster([node("a", 4000, 8 * GIB, 16, gpus=8)])
    assert scores("dot_product", cluster, pod("p", 1000, gpus=2)) == {"a": 0.25 + 0.25 + 0.0625}


def test_next_fit_stays_and_goes_around() -> None:
    cluster = Cluster([node("a", 1000), node("b", 1000), node("c", 1000)])
    assert schedule(cluster, "next_fit", *(pod(f"p{i}", 400) for i in range(6))) == ["a", "a", "b", "b", "c", "c"]
    assert schedule(cluster, "next_fit", pod("full", 400)) == [None]
    evict(cluster, 0)
    evict(cluster, 2)
    assert schedule(cluster, "next_fit", pod("small", 200), pod("q0", 400), pod("q1", 400)) == ["c", "a", "b"]


def test_next_fit_does_not_return_to_a_node_it_has_left() -> None:
    cluster = Cluster([node("a", 1000), node("b", 1000)])
    assert schedule(cluster, "next_fit", pod("p0", 600), pod("p1", 600), pod("p2", 400)) == ["a", "b", "b"]


def test_round_robin_goes_around_and_passes_over_what_is_full() -> None:
    cluster = Cluster([node("a", 1000), node("b", 400), node("c", 1000)])
    assert schedule(cluster, "round_robin", *(pod(f"p{i}", 400) for i in range(5))) == ["a", "b", "c", "a", "c"]


def test_going_around_follows_the_ranks_when_nodes_come_and_go() -> None:
    cluster = Cluster([node(name) for name in "abcd"])
    assert schedule(cluster, "round_robin", pod("p0"), pod("p1")) == ["a", "b"]
    cluster.update(NodeRemoved("a"))  # d moves to its place
    assert schedule(cluster, "round_robin", pod("p2"), pod("p3"), pod("p4")) == ["c", "d", "b"]
    cluster.update(NodeRemoved("b"))  # the node last used
    assert schedule(cluster, "next_fit", pod("p5")) == ["c"]


def without(*removed: str) -> Cluster:
    """Return four nodes, stored by the order in which two others were removed."""
    nodes = [node("x"), node("y"), *(node(name, 1000 * (i + 2)) for i, name in enumerate("abcd"))]
    cluster = Cluster(nodes, [pod("u", 700, GIB, on="b"), pod("v", 300, GIB, on="d")])
    for name in removed:
        cluster.update(NodeRemoved(name))
    return cluster


@pytest.mark.parametrize("rule", RULES)
class TestEveryRule:
    def test_has_words_for_itself(self, rule: str) -> None:
        text = registry.builtin()[rule].__doc__ or ""
        assert len(text.strip()) > 20

    def test_goes_only_where_the_pod_fits(self, rule: str) -> None:
        cluster = Cluster([node("a", 100), node("b", cordoned=True), node("c", 1000), node("d", pods=0)])
        assert schedule(cluster, rule, pod("p", 600, GIB), pod("q", 400, GIB), pod("r", 1, 1)) == ["c", "c", "a"]

    def test_says_when_nothing_fits(self, rule: str) -> None:
        assert schedule(Cluster([node("a", 100)]), rule, pod("p", 600)) == [None]
        assert schedule(Cluster(), rule, pod("p", 600)) == [None]

    def test_copes_with_nodes_that_lack_a_resource_or_are_overcommitted(self, rule: str) -> None:
        nodes = [node("a", 0, 0), node("b", None, None, gpus=4), node("c", 10, 10), node("d", 1, GIB)]
        cluster = Cluster(nodes, [pod("x", 500, GIB, on="c"), pod("y", 500, on="d")])
        (found,) = schedule(cluster, rule, pod("p"))
        assert found in ("a", "b", "c", "d")
        assert np.isfinite(list(scores(rule, cluster, pod("q")).values())).all()

    def test_gives_every_node_the_same_score_wherever_it_is_stored(self, rule: str) -> None:
        one, other = without("x", "y"), without("y", "x")
        assert one.nodes.uid.tolist() != other.nodes.uid.tolist()
        assert scores(rule, one, pod("p", 500, GIB), seed=3) == scores(rule, other, pod("p", 500, GIB), seed=3)

    def test_gives_the_same_again_and_changes_nothing(self, rule: str) -> None:
        cluster = three()
        before = {name: getattr(cluster.nodes, name).copy() for name in ("used", "limits", "usage", "allocatable")}
        found = scores(rule, cluster, pod("p", 500, GIB), seed=1)
        assert found == scores(rule, three(), pod("p", 500, GIB), seed=1)
        for name, column in before.items():
            assert (getattr(cluster.nodes, name) == column).all()
        check(cluster)

    def test_with_a_filter_of_ones_own(self, rule: str) -> None:
        @filter
        def not_b(pod: Any, nodes: Any) -> Any:
            return nodes.uid != 1

        found = Profile.of(rule)
        both = Profile.build("mine", (*found.filters, Plugin.of(not_b)), [(s.plugin, 1.0) for s in found.scores])
        assert set(scores(both, three(), pod("p", 500, GIB))) == {"a", "c"}


def test_a_rule_sees_the_pods_that_were_bound_meanwhile() -> None:
    cluster = three()
    before = evaluate("best_fit", cluster, pod("p", 500, GIB)).raw["best_fit"].copy()
    bind(cluster, 2, "c")
    after = evaluate("best_fit", cluster, pod("q", 500, GIB)).raw["best_fit"]
    assert (before == after).tolist() == [True, True, False]
