"""Preemption, one rule a story: who may, where it helps, whom it evicts, and which node it takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from tiny import GPU, bind, evict, node, pod, where

from schedlab import Cluster, ClusterView, Pod, Profile, filter
from schedlab.cluster.facts import PodNominated, PodStarted, PodTerminating
from schedlab.objects import LabelSelector, ObjectMeta, PodDisruptionBudget, decode_object
from schedlab.objects.pod_disruption_budget import PodDisruptionBudgetSpec, PodDisruptionBudgetStatus
from schedlab.plugins.api import Reject
from schedlab.scheduling.preemption import DryRun, Preemption
from schedlab.scoring import Evaluator
from schedlab.scoring.default_preemption import DefaultPreemption

FULL = 1000


def low(name: str, on: str, cpu: int = FULL, priority: int = 0, start: int | None = 0, **more: Any) -> Pod:
    made = pod(name, cpu, on=on, priority=priority, **more)
    return (
        made
        if start is None
        else replace(made, status=replace(made.status, start_time=f"2026-01-01T00:00:{start:02}Z"))
    )


def never(made: Pod) -> Pod:
    return replace(made, spec=replace(made.spec, preemption_policy="Never"))


def budget(name: str, labels: dict[str, str], allowed: int = 0, disrupted: tuple[str, ...] = ()) -> PodDisruptionBudget:
    status = PodDisruptionBudgetStatus(disruptions_allowed=allowed, disrupted_pods=dict.fromkeys(disrupted, "now"))
    spec = PodDisruptionBudgetSpec(selector=LabelSelector(match_labels=labels))
    return PodDisruptionBudget(metadata=ObjectMeta(name=name), spec=spec, status=status)


class World:
    """Full nodes, and one pending pod to preempt for."""

    def __init__(self, bound: list[Pod], *, nodes: Any = None, objects: Any = (), profile: Any = "kubernetes") -> None:
        names = sorted({each.spec.node_name for each in bound})
        self.cluster = Cluster(nodes or [node(name, FULL) for name in names], bound, objects=objects)
        self.evaluator = Evaluator(Profile.of(profile), ClusterView(self.cluster))

    def find(self, pending: Pod | int, settings: DefaultPreemption | None = None, *, seed: int = 0) -> DryRun:
        row = pending if isinstance(pending, int) else self.cluster.add_pods([pending])[0]
        preemption = Preemption(self.evaluator, settings or DefaultPreemption(), seed)
        return preemption.find(row, self.evaluator.evaluate(row), every=settings is None)

    def told(self, found: DryRun) -> tuple[str, list[str], int] | None:
        if found.chosen is None:
            return None
        position, victims, violations = found.chosen
        names = [self.cluster.pods.name(each) for each in victims]
        return self.cluster.nodes.nodes[position].metadata.name, names, violations

    def preempt(self, pending: Pod) -> tuple[str, list[str], int] | None:
        return self.told(self.find(pending))


def test_a_pod_of_lower_priority_makes_room_and_nothing_happens_yet() -> None:
    world = World([low("x", "a")])
    assert world.preempt(pod("p", 500, priority=1)) == ("a", ["x"], 0)
    assert where(world.cluster) == {"x": "a", "p": None}


def test_a_pod_of_the_same_priority_stays() -> None:
    found = World([low("x", "a", priority=1)]).find(pod("p", 500, priority=1))
    assert found.chosen is None
    assert found.tried
    assert found.reasons == ("preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",)


def test_a_pod_with_the_policy_never_does_not_preempt_and_keeps_its_nomination() -> None:
    found = World([low("x", "a")]).find(never(pod("p", 500, priority=1)))
    assert (found.chosen, found.tried, found.code) == (None, False, "Unschedulable")
    assert found.reasons == ("preemption: not eligible due to preemptionPolicy=Never.",)


def test_pods_that_differ_in_their_policy_are_of_two_classes() -> None:
    world = World([low("x", "a")])
    rows = world.cluster.add_pods([pod("p", 500, priority=1), never(pod("q", 500, priority=1))])
    assert [world.find(row).tried for row in rows] == [True, False]


@pytest.mark.parametrize(("preempted", "tried"), [(True, False), (False, True)])
def test_a_pod_waits_for_those_that_leave_its_node_because_of_it(preempted: bool, tried: bool) -> None:
    world = World([low("x", "a"), low("y", "b")])
    (row,) = world.cluster.add_pods([pod("p", 500, priority=1)])
    world.cluster.update(PodNominated(row, "a"))
    world.cluster.update(PodTerminating(0, preempted=preempted))
    found = world.find(row)
    assert found.tried is tried
    if not tried:
        assert found.reasons == ("preemption: not eligible due to a terminating pod on the nominated node.",)


def test_it_does_not_wait_where_its_node_can_help_no_more() -> None:
    world = World([low("x", "a"), low("y", "b")])
    (row,) = world.cluster.add_pods([pod("p", 500, priority=1)])
    world.cluster.update(PodNominated(row, "a"))
    world.cluster.update(PodTerminating(0, preempted=True))
    world.cluster.nodes.replace(0, node("a", FULL, cordoned=True))
    world.cluster.log.restructure()
    assert world.told(world.find(row)) == ("b", ["y"], 0)


def test_nodes_that_eviction_cannot_help_are_not_tried() -> None:
    world = World([low("x", "a"), low("y", "b")], nodes=[node("a", FULL, cordoned=True), node("b", 400)])
    found = world.find(pod("p", 500, priority=1))
    assert found.rejected == {}
    assert found.reasons == ("preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",)


def test_only_those_leave_that_must_and_the_most_important_stay() -> None:
    bound = [low("old", "a", 300, 1, start=1), low("new", "a", 300, 1, start=2), low("least", "a", 400)]
    assert World(bound).preempt(pod("p", 300, priority=5)) == ("a", ["least"], 0)
    assert World(bound).preempt(pod("p", 600, priority=5)) == ("a", ["new", "least"], 0)


def test_a_pod_that_says_not_when_it_began_counts_as_begun_last() -> None:
    bound = [low("unknown", "a", 500, start=None), low("known", "a", 500, start=59)]
    assert World(bound).preempt(pod("p", 500, priority=5)) == ("a", ["unknown"], 0)


def test_a_pod_begins_when_it_is_started_and_anew_after_an_eviction() -> None:
    cluster = Cluster([node("a")])
    (row,) = cluster.add_pods([pod("x")])
    assert cluster.pods.start[row] == -1
    bind(cluster, row, "a")
    cluster.now = 7
    cluster.update(PodStarted(row))
    cluster.now = 9
    cluster.update(PodStarted(row))
    assert cluster.pods.start[row] == 7
    cluster.update(PodTerminating(row, preempted=True))
    assert cluster.pods.preempted[row]
    evict(cluster, row)
    assert (cluster.pods.start[row], cluster.pods.preempted[row]) == (-1, False)


def test_pods_under_a_budget_are_put_back_first() -> None:
    bound = [low("x", "a", 500, 1), low("y", "a", 500, labels={"app": "web"})]
    assert World(bound).preempt(pod("p", 500, priority=5)) == ("a", ["y"], 0)
    assert World(bound, objects=[budget("b", {"app": "web"})]).preempt(pod("p", 500, priority=5)) == ("a", ["x"], 0)


def test_a_budget_is_a_wish_and_no_barrier() -> None:
    bound = [low("x", "a", labels={"app": "web"})]
    assert World(bound, objects=[budget("b", {"app": "web"})]).preempt(pod("p", 500, priority=5)) == ("a", ["x"], 1)


def test_a_budget_is_spent_by_the_most_important_also_if_they_stay() -> None:
    """Of two, one may go; the first in importance has it, so the second violates, and is put back first."""
    labels = {"app": "web"}
    bound = [low("first", "a", 500, 2, labels=labels), low("second", "a", 500, 1, labels=labels)]
    world = World(bound, objects=[budget("b", labels, allowed=1)])
    assert world.preempt(pod("p", 500, priority=5)) == ("a", ["first"], 0)


def test_a_pod_that_is_on_its_way_costs_no_budget() -> None:
    labels = {"app": "web"}
    world = World([low("x", "a", labels=labels)], objects=[budget("b", labels, disrupted=("x",))])
    assert world.preempt(pod("p", 500, priority=5)) == ("a", ["x"], 0)


def test_a_budget_of_another_namespace_or_without_a_selector_means_nobody() -> None:
    other = replace(budget("b", {"app": "web"}), metadata=ObjectMeta(name="b", namespace="other"))
    world = World([low("x", "a", labels={"app": "web"})], objects=[other, budget("c", {})])
    assert world.preempt(pod("p", 500, priority=5)) == ("a", ["x"], 0)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([low("a0", "a", priority=3, labels={"app": "web"})], [low("b0", "b", priority=4)]),  # a violation
        ([low("a0", "a", priority=4)], [low("b0", "b", priority=3)]),  # the highest victim
        ([low("a0", "a", 500, 3), low("a1", "a", 500, 3)], [low("b0", "b", 500, 3), low("b1", "b", 500, 2)]),  # the sum
        ([low("a0", "a", 500, 3), low("a1", "a", 500, 3)], [low("b0", "b", priority=3)]),  # how many
        ([low("a0", "a", priority=3, start=1)], [low("b0", "b", priority=3, start=2)]),  # the latest start
    ],
)
def test_the_node_that_costs_least_is_taken(a: list[Pod], b: list[Pod]) -> None:
    found = World([*a, *b], objects=[budget("web", {"app": "web"})]).preempt(pod("p", 1000, priority=9))
    assert found is not None
    assert found[0] == "b"


def test_ties_go_to_the_lowest_rank_or_by_the_seed() -> None:
    bound = [low(f"x{i}", f"n{i}") for i in range(8)]
    found = World(bound).find(pod("p", 500, priority=1))
    assert found.best == tuple(range(8))
    assert found.chosen is not None
    assert found.chosen.position == 0
    world = World(bound, profile=Profile.of("kubernetes", ties="random"))
    (row,) = world.cluster.add_pods([pod("p", 500, priority=1)])
    drawn = [world.find(row, seed=seed).chosen for seed in range(12)]
    assert len({each.position for each in drawn if each}) > 3
    assert drawn[:3] == [world.find(row, seed=seed).chosen for seed in range(3)]


def test_the_search_ends_with_enough_candidates_one_of_which_violates_nothing() -> None:
    bound = [low(f"x{i}", f"n{i}", labels={"app": "web"} if i < 7 else {}) for i in range(8)]
    world = World(bound, objects=[budget("web", {"app": "web"})])
    (row,) = world.cluster.add_pods([pod("p", 500, priority=1)])
    for seed in range(6):
        found = world.find(row, DefaultPreemption(0, 2), seed=seed)
        assert len(found.candidates) in (2, 3)
        assert found.chosen is not None
        assert found.chosen.position == 7
    assert len(world.find(row, DefaultPreemption(50, 0)).candidates) in (4, 5)


def test_the_settings_count_as_kube_schedulers() -> None:
    settings = DefaultPreemption()
    assert [settings.wanted(nodes) for nodes in (5, 100, 900, 1001, 5000)] == [5, 100, 100, 100, 500]


def test_a_nominated_pod_of_the_same_priority_holds_its_room() -> None:
    world = World([low("x", "a"), low("y", "b", priority=1)])
    first, second = world.cluster.add_pods([pod("first", 600, priority=5), pod("second", 600, priority=5)])
    world.cluster.update(PodNominated(first, "a"))
    found = world.find(second)
    assert world.told(found) == ("b", ["y"], 0)
    assert found.rejected[0]["reasons"] == ["Insufficient cpu"]


def test_a_nominated_pod_keeps_others_away_also_when_nobody_else_does_any_more() -> None:
    """The victim's anti-affinity goes with it, that of the pod nominated for its node does not."""
    away = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "p"}}}
    ]}}  # fmt: skip
    loner: Any = decode_object({"metadata": {"name": "loner"}, "spec": {"affinity": away, "priority": 5}}, "Pod")
    bound = replace(loner, metadata=ObjectMeta(name="x"), spec=replace(loner.spec, node_name="a", priority=0))
    world = World([bound], nodes=[node("a", labels={"zone": "z"})])
    (row,) = world.cluster.add_pods([loner])
    world.cluster.update(PodNominated(row, "a"))
    found = world.find(pod("p", 100, priority=5, labels={"app": "p"}))
    assert found.chosen is None
    assert found.rejected[0]["reasons"] == ["node(s) didn't satisfy existing pods anti-affinity rules"]
    world.cluster.update(PodNominated(row, None))
    assert world.preempt(pod("q", 100, priority=5, labels={"app": "p"})) == ("a", ["x"], 0)


def test_anti_affinity_to_a_victim_is_cured_by_its_eviction() -> None:
    raw = {
        "metadata": {"name": "p"},
        "spec": {"priority": 5, "containers": [], "affinity": {"podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "web"}}}]}}},
    }  # fmt: skip
    nodes = [node(name, 4000, labels={"zone": "z"}) for name in "ab"]
    bound = [low("x", "a", 100, labels={"app": "web"}), low("y", "a", 100), low("z", "b", 100)]
    found = World(bound, nodes=nodes).find(decode_object(raw, "Pod"))  # type: ignore[arg-type]
    assert [(each.position, each.victims) for each in found.candidates] == [(0, (0,))]
    assert found.rejected[1]["reasons"] == ["node(s) didn't match pod anti-affinity rules"]


def test_a_filter_of_ones_own_that_sees_the_whole_cluster_is_asked_with_the_pods_really_gone() -> None:
    @filter
    def at_most_three(pod: Any, nodes: Any) -> Any:
        return np.full(len(nodes), nodes.used["pods"].sum() < 3)

    bound = [low("x", "a", 100), low("y", "a", 100), low("z", "b", 100)]
    profile = Profile.of(["kubernetes", at_most_three])
    world = World(bound, profile=profile)
    found = world.find(pod("p", 100, priority=1))
    assert [(each.position, each.victims) for each in found.candidates] == [(0, (1,)), (1, (2,))]
    assert where(world.cluster) == {"x": "a", "y": "a", "z": "b", "p": None}


def test_what_prepare_rejects_may_be_cured_if_it_says_so() -> None:
    class Quiet:
        """No pod may join while somebody is there."""

        def prepare(self, pod: Any, cluster: Any) -> Any:
            return Reject("somebody is there", "resolvable") if len(cluster.pods.bound()) else None

        @filter
        def filter(self, pod: Any, nodes: Any, state: None) -> Any:
            return np.ones(len(nodes), bool)

    found = World([low("x", "a", 1)], profile=Profile.of(["kubernetes", Quiet()])).find(pod("p", 1, priority=1))
    assert [each.victims for each in found.candidates] == [(0,)]
    found = World([low("x", "a", 1), low("y", "b", 1)], profile=Profile.of(["kubernetes", Quiet()])).find(
        pod("p", 1, priority=1)
    )
    assert found.chosen is None
    assert found.rejected[1] == {
        "ok": False,
        "plugin": "Quiet",
        "code": "Unschedulable",
        "reasons": ["somebody is there"],
    }


def test_devices_that_victims_hold_come_free() -> None:
    milli = f"{GPU}-milli"
    nodes = [node("a", gpus=2, more={milli: 2000})]
    bound = [low(f"x{i}", "a", 100, priority=i, more={milli: 600}) for i in range(2)]
    world = World(bound, nodes=nodes)
    assert world.preempt(pod("p", 100, priority=5, more={milli: 500})) == ("a", ["x0"], 0)
    assert world.preempt(pod("q", 100, priority=5, more={GPU: 2, milli: 2000})) == ("a", ["x1", "x0"], 0)


def test_hopes_hang_on_what_lower_pods_hold() -> None:
    world = World([low("x", "a", 600), low("y", "a", 400, priority=3), low("z", "b", priority=9)])
    rows = world.cluster.add_pods(
        [
            pod("p", 600, priority=1),
            pod("q", 900, priority=1),
            pod("r", 900, priority=5),
            never(pod("s", 100, priority=5)),
        ]
    )
    classes = [int(world.cluster.pods.cls[row]) for row in rows]
    preemption = Preemption(world.evaluator, DefaultPreemption())
    hopeful = preemption.hopeful(classes, np.array([0, 1]))
    assert sorted(hopeful) == [classes[0], classes[2]]
    assert preemption.hopeful(classes, np.array([1])) == []


def test_the_victims_are_kept_up_to_date() -> None:
    world = World(
        [low("x", "a", 500, start=1), low("y", "a", 500, start=2), *(low(f"z{i}", f"n{i}") for i in range(8))]
    )
    preemption = Preemption(world.evaluator, DefaultPreemption())
    (row,) = world.cluster.add_pods([pod("p", 500, priority=1)])

    def victims() -> Any:
        found = preemption.find(row, world.evaluator.evaluate(row), every=True)
        return next(each.victims for each in found.candidates if each.position == 0)

    assert victims() == (1,)
    evict(world.cluster, 0)
    bind(world.cluster, 0, "a")
    assert victims() == (0,)  # it has not begun again, and so counts as the later one
    world.cluster.now = 1
    world.cluster.update(PodStarted(0))  # in 1970
    assert victims() == (1,)


def test_what_was_prepared_for_one_hypothesis_does_not_answer_for_the_nodes_after_it() -> None:
    """More nodes than are looked at together, and a filter that is only there while somebody is on the first."""

    class FirstTaken:
        def prepare(self, pod: Any, cluster: Any) -> Any:
            return Reject("the first is taken", "resolvable") if len(cluster.pods_on(0)) else None

        @filter
        def filter(self, pod: Any, nodes: Any, state: None) -> Any:
            return np.ones(len(nodes), bool)

    bound = [low(f"x{i:03}", f"n{i:03}", 1) for i in range(70)]
    world = World(bound, profile=Profile.of(["kubernetes", FirstTaken()]))
    found = world.find(pod("p", 1, priority=1), DefaultPreemption(0, 1))
    assert [each.position for each in found.candidates] == [0]
    assert all(each["reasons"] == ["the first is taken"] for each in found.rejected.values())
