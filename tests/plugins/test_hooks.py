"""What a rule may be told and know: set-up, skipping, random numbers of its own, the future."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from tiny import evaluate, node, says, schedule
from tiny import pod as tiny_pod
from worlds import first, play, pod
from worlds import node as machine

from schedlab import SKIP, Cluster, ClusterView, PluginError, Profile, Skip, filter, score
from schedlab.cluster.facts import ObjectChanged
from schedlab.objects import Namespace, ObjectMeta
from schedlab.scoring import Evaluator


def two() -> Cluster:
    return Cluster([node("a"), node("b")])


@dataclass
class Skipping:
    """Rejects a and prefers it, unless it skips."""

    skip: Any = None

    def prepare(self, pod: Any, cluster: Any) -> Any:
        return self.skip

    @filter(scope="node")
    def filter(self, pod: Any, nodes: Any, state: Any) -> Any:
        return nodes.rank != 0 if state is None else nodes.rank == state

    @score(scope="node", normalize="none")
    def score(self, pod: Any, nodes: Any, state: Any) -> Any:
        return nodes.rank == 0


@pytest.mark.parametrize(
    ("skip", "feasible", "scored"),
    [
        (None, [False, True], True),
        (SKIP, [True, True], False),
        (Skip(filter=True), [True, True], True),
        (Skip(score=True), [False, True], False),
        (Skip(score=True, state=0), [True, False], False),
    ],
)
def test_filter_and_score_are_skipped_together_or_apart(skip: Any, feasible: list[bool], scored: bool) -> None:
    found = evaluate(Skipping(skip), two(), tiny_pod())
    assert found.feasible.tolist() == feasible
    assert ("Skipping" in found.raw) is scored
    assert schedule(two(), Skipping(skip), tiny_pod()) == ["ab"[int(np.argmax(feasible))]]


def test_each_rule_has_random_numbers_of_its_own_the_same_in_every_run() -> None:
    drawn: dict[str, list[float]] = {}

    def rule(name: str) -> Any:
        @score(name=name)
        def draws(pod: Any, nodes: Any) -> Any:
            drawn.setdefault(name, []).extend([pod.rng.random(), pod.rng.random()])
            return np.zeros(len(nodes))

        return draws

    for name, seed in (("x", 0), ("x", 0), ("y", 0), ("x", 1)):
        evaluate(rule(name), two(), tiny_pod(), seed)
    x, again, other = drawn["x"][:2], drawn["x"][2:4], drawn["x"][4:]
    assert x == again
    assert len({*x, *other, *drawn["y"]}) == 6


def shortest(oracle: bool) -> Any:
    @score(name="rule", oracle=oracle)
    def rule(pod: Any, nodes: Any) -> Any:
        return nodes.rank if pod.duration > 5_000_000 else -nodes.rank

    return rule


def test_only_an_oracle_knows_how_long_a_pod_will_run() -> None:
    nodes, pods = [machine("n0"), machine("n1")], [pod("short", 0, 1), pod("long", 1, 100)]
    run = play(nodes, pods, scheduler=shortest(oracle=True))
    assert first(run, "node") == {"short": "n0", "long": "n1"}
    assert run.manifest["oracle"] == ["rule"]
    with pytest.raises(PluginError, match="duration is not known beforehand: declare oracle=True"):
        play(nodes, pods, scheduler=shortest(oracle=False))


@dataclass
class Learning:
    """Learns from the workload which pods are many."""

    seen: list[int] = field(default_factory=list)

    def setup(self, workload: Any) -> None:
        self.seen.append(len(workload.pods))

    @score(scope="node")
    def score(self, pod: Any, nodes: Any) -> Any:
        return nodes.rank * self.seen[-1]


def test_set_up_comes_once_a_run_and_first() -> None:
    rule = Learning()
    for count in (1, 3):
        run = play([machine("n0"), machine("n1")], [pod(f"p{i}", i, 1) for i in range(count)], scheduler=rule)
        assert set(first(run, "node").values()) == {"n1"}
    assert rule.seen == [1, 3]
    assert run.manifest["oracle"] == []


def test_set_up_does_not_show_the_future() -> None:
    class Peeking(Learning):
        def setup(self, workload: Any) -> None:
            self.seen.append(workload.pods.duration.max())

    text = "setup: AttributeError: durations and usage are not known beforehand: declare oracle=True"
    with says(PluginError, f"plug-in Peeking, pod (none yet): {text}"):
        play([machine("n0")], [pod("p", 0, 1)], scheduler=Peeking())


def test_a_rule_that_is_out_for_its_class_is_asked_again_when_an_object_changes() -> None:
    asked = []

    class Strict:
        def prepare(self, pod: Any, cluster: Any) -> Any:
            strict = cluster.objects.get("Namespace", "", "strict") is not None
            asked.append(strict)
            return None if strict else Skip(True, True, lasting=True)

        @filter(scope="node")
        def filter(self, pod: Any, nodes: Any, state: Any) -> Any:
            return nodes.uid > 0

        @score(scope="node")
        def score(self, pod: Any, nodes: Any, state: Any) -> Any:
            return nodes.uid

    cluster = two()
    rows = cluster.add_pods([tiny_pod(f"p{i}") for i in range(5)])
    evaluator = Evaluator(Profile.of(Strict), ClusterView(cluster))
    assert [evaluator.choose(row).best for row in rows[:4]] == [0, 0, 0, 0]
    assert asked == [False]
    cluster.update(ObjectChanged(Namespace(metadata=ObjectMeta(name="strict", namespace=""))))
    assert evaluator.choose(rows[4]).best == 1
    assert asked[-1]


@pytest.mark.parametrize("which", [{}, {"filter": True}, {"score": True, "state": 3}])
def test_only_a_rule_that_is_out_of_both_can_be_out_for_good(which: dict[str, Any]) -> None:
    with says(ValueError, "lasting goes with filter=True and score=True: else pods of a class would share a state"):
        Skip(lasting=True, **which)
