"""Devices: what bindings name is held until the pod leaves, whatever becomes of the node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import GPU, binding, evict, eviction, node, pod, refusals, says, schedule

from schedlab import Cluster, ClusterView, InputError, Plan, PluginError, filter
from schedlab.cluster import Binding
from schedlab.cluster.devices import Share, asked, holding, tightest
from schedlab.cluster.facts import NodeRemoved, NodeUpdated, PodEnded, PodNominated
from schedlab.cluster.invariants import InvariantError, check
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator, Profile

MILLI = f"{GPU}-milli"
SHARED = {GPU: 2, MILLI: 2000}


def bind(cluster: Cluster, row: int, name: str, *devices: tuple[int, int]) -> list[str]:
    outcome = cluster.apply(Plan(((binding(cluster, row, name)._replace(devices=devices),),)))
    check(cluster)
    return refusals(outcome)


def made(*names: str, pods: int = 3, **more: Any) -> Cluster:
    cluster = Cluster([node(name, **more) for name in names])
    cluster.add_pods([pod(f"p{i}") for i in range(pods)])
    return cluster


def test_there_are_no_rows_until_somebody_speaks_of_devices() -> None:
    cluster = made("a", "b")
    view = ClusterView(cluster)
    assert view.nodes().devices.shape == (0, 2)
    assert bind(cluster, 0, "b") == []
    assert view.nodes().devices.shape == (0, 2)
    epoch = cluster.log.epoch
    assert bind(cluster, 1, "a", (2, 300)) == []
    assert cluster.log.epoch == epoch + 1  # rows mean something else now
    assert view.nodes().devices.tolist() == [[0, 0], [0, 0], [300, 0]]
    assert bind(cluster, 2, "b", (2, 1000), (0, 1)) == []
    assert cluster.log.epoch == epoch + 1
    assert view.nodes().devices.tolist() == [[0, 1], [0, 0], [300, 1000]]
    assert (view.devices(0), view.devices(2)) == ((), ((2, 1000), (0, 1)))


@pytest.mark.parametrize(
    ("more", "rows"), [({GPU: 2}, 0), (SHARED, 2), ({GPU: 4, MILLI: 4000, "x": 9}, 4), ({GPU: 2**40, MILLI: 1}, 64)]
)
def test_nodes_that_share_devices_have_rows_for_them(more: dict[str, int], rows: int) -> None:
    cluster = Cluster([node("a", more=more)])
    assert cluster.nodes.devices.shape == (rows, 1)
    cluster = Cluster([node("b")])
    cluster.update(NodeUpdated(node("b", more=more)))
    assert cluster.nodes.devices.shape == (rows, 1)


def test_devices_come_free_with_the_pod_and_stay_with_the_node_that_moves() -> None:
    cluster = made("a", "b", "c", pods=4, more=SHARED)
    for row, name in enumerate("abcc"):
        assert bind(cluster, row, name, (row % 2, 100 * (row + 1))) == []
    assert cluster.nodes.devices.tolist() == [[100, 0, 300], [0, 200, 400]]
    evict(cluster, 2)
    check(cluster)
    assert cluster.nodes.devices.tolist() == [[100, 0, 0], [0, 200, 400]]
    cluster.update(NodeRemoved("a"))
    check(cluster)
    assert cluster.nodes.devices.tolist() == [[0, 0], [400, 200]]  # c moved into a's place
    cluster.update(PodEnded(3, succeeded=True))
    check(cluster)
    assert cluster.nodes.devices.tolist() == [[0, 0], [0, 200]]
    assert bind(cluster, 0, "c", (1, 50)) == []
    assert cluster.nodes.devices.tolist() == [[0, 0], [50, 200]]


def test_strict_refuses_more_than_a_device_has_and_counts_what_is_evicted_with_it() -> None:
    cluster = Cluster([node("a")], strict=True)
    cluster.add_pods([pod("p"), pod("q"), pod("r")])
    assert bind(cluster, 0, "a", (0, 600)) == []
    assert bind(cluster, 1, "a", (0, 500)) == ["device 0 of node a is full"]
    assert bind(cluster, 1, "a", (0, 400)) == []
    swap = tuple((evicted, binding(cluster, 2, "a")._replace(devices=((0, 500),))) for evicted in evictions(cluster))
    assert [bool(cluster.apply(Plan((group,))).applied) for group in (swap[1], swap[0])] == [False, True]
    check(cluster)
    assert cluster.nodes.devices.tolist() == [[900]]


def evictions(cluster: Cluster) -> list[Any]:
    return [eviction(cluster, 0), eviction(cluster, 1)]


@pytest.mark.parametrize(
    ("devices", "problem"),
    [
        (((-1, 5),), "there is no device -1; devices are 0..63"),
        (((64, 5),), "there is no device 64; devices are 0..63"),
        (((0, 0),), "device 0 is to give 0 milli; it has 1..1000"),
        (((3, 1001),), "device 3 is to give 1001 milli; it has 1..1000"),
        (((3, 1), (3, 2)), "a device is named twice"),
    ],
)
def test_an_impossible_holding_is_refused(devices: Any, problem: str) -> None:
    cluster = made("a")
    assert bind(cluster, 0, "a", *devices) == [problem]
    with says(ValueError, problem):
        holding(devices)
    assert cluster.nodes.devices.shape == (0, 1)


@pytest.mark.parametrize("given", [5, [3], [(1, 2, 3)], [("a", 5)], [(1, 0.5)], [(0.0, 5)], None])
def test_what_is_no_holding_is_named(given: Any) -> None:
    with says(ValueError, f"{given!r} is no sequence of (device, milli)"):
        holding(given)


def test_numbers_of_arrays_are_numbers() -> None:
    assert holding([(np.int64(2), np.float64(250.0))]) == ((2, 250),)


def test_invariants_notice_devices_that_nobody_holds() -> None:
    cluster = made("a")
    bind(cluster, 0, "a", (1, 300))
    cluster.nodes.devices[0, 0] += 1
    with says(InvariantError, "devices 0 of node a is 1, its pods add up to 0"):
        check(cluster)


class Fixed:
    """Gives what it is told."""

    def __init__(self, given: Any) -> None:
        self.given = given

    @filter
    def filter(self, pod: Any, nodes: Any) -> Any:
        return nodes.uid == 1

    def assign(self, pod: Any, node: Any) -> Any:
        assert (len(node), node.uid.tolist(), node.allocatable["cpu"].tolist()) == (1, [1], [4000])
        assert node.count({}).tolist() == [1]
        return self.given


def test_assign_sees_the_chosen_node_alone_and_its_faults_have_a_name() -> None:
    cluster = made("a", "b")
    bind(cluster, 0, "b")
    evaluators = [Evaluator(Profile.of(Fixed(given)), ClusterView(cluster)) for given in ([(1, 5)], [(1, 5000)])]
    assert cycle(1, evaluators[0]) == Plan(((Binding(1, 0, 1, 0, ((1, 5),)),),))
    with pytest.raises(PluginError, match=r"plug-in Fixed, pod p1.*device 1 is to give 5000 milli"):
        cycle(1, evaluators[1])


def test_what_is_asked_of_shared_devices() -> None:
    for requests, expected in (
        ({}, (0, 0)),
        ({MILLI: 470}, (1, 470)),
        ({MILLI: 1000}, (1, 1000)),
        ({MILLI: 2000}, (2, 1000)),
        ({GPU: 2, MILLI: 2000}, (2, 1000)),
        ({GPU: 2, MILLI: 1000}, (2, 500)),
        ({GPU: 3}, (3, 1000)),
        ({GPU: 2, MILLI: 3000}, (2, 1500)),  # which no device has
        ({"other": 4}, (0, 0)),
    ):
        assert asked(requests, [GPU]) == expected
    assert asked({GPU: 3}, []) == (0, 0)  # nobody shares: it stays a count


@pytest.mark.parametrize(
    ("room", "share", "held"),
    [
        ([1000, 500, 600], (1, 500), ((1, 500),)),
        ([1000, 600, 600, -1], (1, 550), ((1, 550),)),
        ([300, 1000, 0, 1000, 1000], (2, 1000), ((1, 1000), (3, 1000))),
        ([300, 1000], (2, 1000), ()),
        ([1000, 700, 800], (2, 500), ((1, 500), (2, 500))),
    ],
)
def test_the_tightest_devices(room: list[int], share: tuple[int, int], held: Any) -> None:
    assert tightest(room, Share(*share)) == held


def test_without_an_assign_pods_get_the_tightest_devices_and_none_straddles_two() -> None:
    cluster = Cluster([node("a", more=SHARED)])
    pods = [pod(str(i), more={MILLI: milli}) for i, milli in enumerate((600, 700, 300, 500, 400))]
    evaluator = Evaluator(Profile.of("first_fit"), ClusterView(cluster))
    held = []
    for row in cluster.add_pods(pods):
        plan = cycle(row, evaluator)
        cluster.apply(plan)
        held.append([each for group in plan.groups for action in group for each in action.devices])  # type: ignore[union-attr]
    assert held == [[(0, 600)], [(1, 700)], [(1, 300)], [], [(0, 400)]]
    check(cluster)


def test_whole_devices_are_idle_ones_and_a_plain_count_is_of_whole_ones() -> None:
    cluster = Cluster([node("a", more={GPU: 3, MILLI: 3000}), node("plain", gpus=2)])
    asks: list[Any] = [{MILLI: 100}, {GPU: 2}, {GPU: 1, MILLI: 1000}, {GPU: 2}, {MILLI: 900}]
    assert schedule(cluster, "first_fit", *(pod(str(i), more=each) for i, each in enumerate(asks))) == [
        "a", "a", None, "plain", "a",
    ]  # fmt: skip
    assert cluster.nodes.devices[:, 0].tolist() == [1000, 1000, 1000]
    check(cluster)


def test_pods_that_are_bound_already_hold_devices() -> None:
    cluster = Cluster([node("a", more=SHARED)], [pod("x", on="a", more={MILLI: 600}), pod("y", on="a", gpus=1)])
    assert cluster.nodes.devices.tolist() == [[600], [1000]]
    check(cluster)


def test_nominated_pods_have_a_claim_on_devices() -> None:
    cluster = Cluster([node("a", more=SHARED), node("b", more=SHARED)])
    first, second = cluster.add_pods([pod("x", more={MILLI: 600}), pod("y", more={MILLI: 500}, priority=-1)])
    assert bind(cluster, first, "a", (0, 600)) == []
    third, fourth = cluster.add_pods([pod("n", more={MILLI: 700}), pod("m", gpus=2)])
    cluster.update(PodNominated(third, "a"))
    cluster.update(PodNominated(fourth, "b"))
    evaluation = Evaluator(Profile.of("first_fit"), ClusterView(cluster)).evaluate(second)
    assert evaluation.feasible.tolist() == [False, False]  # 400 and 300 are left of a's devices, nothing of b's


def test_devices_of_two_kinds_on_a_node_are_refused_and_nothing_is_added() -> None:
    cluster = made("a")
    both = {**SHARED, "amd.com/gpu": 1, "amd.com/gpu-milli": 1000}
    told = f"field node b: {MILLI} and amd.com/gpu-milli are both there; share devices of one kind on a node"
    with says(InputError, told):
        cluster.add_nodes([node("c"), node("b", more=both)])
    assert cluster.nodes.allocatable.shape[1] == len(cluster.nodes) == 1


def test_kinds_of_devices_on_nodes_apart() -> None:
    amd = {"amd.com/gpu": 1, "amd.com/gpu-milli": 1000}
    cluster = Cluster([node("a", more=SHARED), node("b", more=amd)])
    pods = [pod("p", more={"amd.com/gpu-milli": 600}), pod("q", more={MILLI: 600}), pod("r", more=amd)]
    assert schedule(cluster, "first_fit", *pods) == ["b", "a", None]
    assert cluster.nodes.devices.tolist() == [[600, 600], [0, 0]]


def test_what_a_node_shares_may_change() -> None:
    cluster = made("a", "b", more=SHARED)
    cluster.update(NodeUpdated(node("a", more={GPU: 1, MILLI: 1000})))
    assert cluster.nodes.pool.tolist() == [[1000, 1000], [0, 1000]]
    cluster.update(NodeRemoved("a"))
    assert cluster.nodes.pool.tolist() == [[1000], [1000]]
    cluster.update(NodeUpdated(node("b")))
    assert cluster.nodes.pool.tolist() == [[0], [0]]
