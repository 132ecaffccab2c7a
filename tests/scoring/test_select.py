"""The winner, and who wins among equals."""

from typing import Any

from tiny import node, pod, schedule

from schedlab import Cluster, ClusterView, Profile, score
from schedlab.cluster import Binding
from schedlab.cluster.facts import NodeRemoved
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator


@score(scope="static")
def by_size(pod: Any, nodes: Any) -> Any:
    return nodes.allocatable["cpu"]


def test_the_highest_total_wins() -> None:
    assert schedule(Cluster([node("a", 1000), node("b", 3000), node("c", 2000)]), by_size, pod()) == ["b"]


def test_among_equals_the_lowest_rank_wins_wherever_it_is_stored() -> None:
    cluster = Cluster([node("x", 1000), node("a", 2000), node("b", 3000), node("c", 3000), node("d", 3000)])
    cluster.update(NodeRemoved("x"))
    assert [each.metadata.name for each in cluster.nodes.nodes] == ["d", "a", "b", "c"]
    assert schedule(cluster, by_size, pod()) == ["b"]
    cluster.update(NodeRemoved("b"))
    assert schedule(cluster, by_size, pod("q")) == ["c"]


def test_a_node_that_came_back_has_the_highest_rank() -> None:
    cluster = Cluster([node("a"), node("b")])
    cluster.update(NodeRemoved("a"))
    cluster.add_nodes([node("a")])
    assert schedule(cluster, "first_fit", pod()) == ["b"]


def test_a_node_that_cannot_take_the_pod_never_wins() -> None:
    cluster = Cluster([node("a", 1000), node("b", 9000, pods=0), node("c", 9000, cordoned=True)])
    assert schedule(cluster, by_size, pod()) == ["a"]


def random(*nodes: Any) -> tuple[Cluster, Profile]:
    found = Profile.of(by_size)
    return Cluster(nodes), Profile(found.name, found.filters, found.scores, ties="random")


def test_random_ties_are_fair_among_the_best_only() -> None:
    counts = dict.fromkeys("bcde", 0)
    for seed in range(800):
        cluster, profile = random(node("a", 500), *(node(name, 1000) for name in "bcde"))
        (chosen,) = schedule(cluster, profile, pod(), seed=seed)
        counts[str(chosen)] += 1
    assert sum((count - 200) ** 2 / 200 for count in counts.values()) < 21.1  # chi-square, 3 degrees: one in 10,000


def test_random_ties_depend_on_seed_pod_and_attempt_alone() -> None:
    cluster, profile = random(*(node(name) for name in "abcdefgh"))
    evaluator = Evaluator(profile, ClusterView(cluster))
    rows = cluster.add_pods([pod(f"p{i}") for i in range(6)])

    def chosen(seed: int) -> list[int]:
        bindings = [cycle(row, evaluator, seed).groups[0][0] for row in rows]
        return [binding.node for binding in bindings if isinstance(binding, Binding)]

    first = chosen(1)
    assert chosen(1) == first
    assert chosen(2) != first
    assert len(set(first)) > 1  # pods draw apart
    cluster.pods.attempt[:6] = 1
    assert chosen(1) != first


def test_random_ties_do_not_disturb_who_is_better() -> None:
    cluster, profile = random(node("a", 1000), node("b", 1001))
    assert schedule(cluster, profile, *(pod(f"p{i}") for i in range(20)), seed=9) == ["b"] * 20
