"""The rules that draw: fixed by the seed, fair, and blind to where a node is stored."""

from typing import Any

import numpy as np
import pytest
from tiny import bind, evaluate, evict, node, pod, schedule, scores

from schedlab import Cluster, ClusterView
from schedlab.cluster.facts import NodeRemoved


def eight(*bound: Any) -> Cluster:
    return Cluster([node(f"n{i}", 1000) for i in range(8)], bound)


@pytest.mark.parametrize("rule", ["random", "power_of_two"])
def test_the_same_seed_gives_the_same_nodes_and_another_others(rule: str) -> None:
    pods = [pod(f"p{i}", 100) for i in range(12)]
    one, again, other = (schedule(eight(), rule, *pods, seed=seed) for seed in (5, 5, 6))
    assert one == again
    assert one != other


def test_the_choices_are_fixed() -> None:
    found = schedule(eight(), "random", *(pod(f"p{i}", 100) for i in range(6)), seed=1)
    assert found == ["n2", "n4", "n2", "n5", "n2", "n1"]


def test_an_evicted_pod_draws_anew() -> None:
    cluster = eight()
    (row,) = cluster.add_pods([pod("p")])
    draws = set()
    for _ in range(5):
        draws.add(tuple(ClusterView(cluster, 1).pod(row).uniform(cluster.nodes.uid).tolist()))
        bind(cluster, row, "n0")
        evict(cluster, row)
    assert len(draws) == 5


def test_random_draws_the_same_for_a_node_whichever_others_there_are() -> None:
    whole, less = eight(), eight()
    less.update(NodeRemoved("n2"))
    less.update(NodeRemoved("n5"))
    one, other = scores("random", whole, pod("p"), seed=4), scores("random", less, pod("p"), seed=4)
    assert len(other) == 6
    assert other == {name: one[name] for name in other}


def test_random_gives_every_feasible_node_equal_chances() -> None:
    counts = dict.fromkeys(("n1", "n3", "n4", "n6", "n7"), 0)
    full = [pod(f"f{i}", 950, on=f"n{i}") for i in (0, 2, 5)]
    for seed in range(1000):
        (chosen,) = schedule(eight(*full), "random", pod("p", 100), seed=seed)
        counts[str(chosen)] += 1
    assert set(counts) == {"n1", "n3", "n4", "n6", "n7"}
    assert sum((count - 200) ** 2 / 200 for count in counts.values()) < 23.5  # chi-square, 4 degrees: one in 10,000


def test_power_of_two_takes_the_emptier_of_two_feasible_nodes() -> None:
    """Fuller nodes have higher numbers; n6 and n7 have no room."""
    full = [pod(f"f{i}", 100 * (i + 1), on=f"n{i}") for i in range(6)] + [pod(f"f{i}", 950, on=f"n{i}") for i in (6, 7)]
    pairs: dict[tuple[int, ...], int] = {}
    for seed in range(600):
        evaluation = evaluate("power_of_two", eight(*full), pod("p", 100), seed=seed)
        assert evaluation.feasible.tolist() == [True] * 6 + [False] * 2
        assert evaluation.total is not None
        drawn = tuple(np.flatnonzero(evaluation.total >= 0).tolist())
        assert len(drawn) == 2
        assert evaluation.best == drawn[0]
        pairs[drawn] = pairs.get(drawn, 0) + 1
    assert len(pairs) == 15
    assert sum((count - 40) ** 2 / 40 for count in pairs.values()) < 42.6  # chi-square, 14 degrees: one in 10,000


def test_power_of_two_scores_the_free_fraction_of_the_scarcer_resource() -> None:
    cluster = Cluster([node("a", 1000, 1000), node("b", 1000, 1000)], [pod("x", 250, 500, on="a")])
    assert scores("power_of_two", cluster, pod("p", 100, 100)) == {"a": 0.5, "b": 1.0}


def test_power_of_two_with_one_feasible_node_takes_it() -> None:
    cluster = Cluster([node("a", 100), node("b", 1000), node("c", 100)])
    assert schedule(cluster, "power_of_two", *(pod(f"p{i}", 200) for i in range(5))) == ["b"] * 5


def test_power_of_two_draws_overcommitted_nodes_too() -> None:
    """A pod that asks for nothing goes anywhere; what is more than full counts as full."""
    cluster = Cluster([node(name, 1000) for name in "abc"], [pod(f"x{name}", 5000, on=name) for name in "abc"])
    found = scores("power_of_two", cluster, pod("p"))
    assert sorted(found.values()) == [-1, 0, 0]
