"""Orders of the queue: schedules worked out by hand, and DRF as its paper has it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tiny import GIB, bind, evict
from tiny import node as machine
from tiny import pod as plain
from worlds import first, node, pod, us, world

from schedlab import PluginError, order, replay
from schedlab.cluster import Cluster, ClusterView
from schedlab.cluster.facts import NodeAdded, NodeRemoved
from schedlab.placement import greedy
from schedlab.plugins.api import Plugin
from schedlab.scoring import Profile
from schedlab.testing import check_plugin

ORDERS = ("fifo", "shortest_job", "shortest_walltime", "earliest_deadline", "dominant_resource_fairness")


def bound(scheduler: str, pods: list[Any], **columns: list[float | None]) -> dict[str, float]:
    """Replay pods, submitted in the order given, on one node of one core; columns are in seconds, None is unknown."""
    made = world([node("n0")], pods)
    arrays = {
        name: np.array([-1 if value is None else us(value) for value in values], np.int64)
        for name, values in columns.items()
    }
    return first(replay(replace(made, pods=replace(made.pods, **arrays)), scheduler, check=True), "bound")


# "busy" holds the node until 10 s; the others wait for it, and run one at a time.
BUSY = pod("busy", 0, 10, cpu=1000)


def crowd(*runs: tuple[str, float | None], **more: Any) -> list[Any]:
    return [BUSY, *(pod(name, 1 + row, run, cpu=1000, **more) for row, (name, run) in enumerate(runs))]


def test_fifo_knows_no_priority() -> None:
    pods = [BUSY, pod("low", 1, 2, cpu=1000, priority=-5), pod("high", 2, 2, cpu=1000, priority=5)]
    assert bound("fifo", pods) == {"busy": 0, "low": 10, "high": 12}
    assert bound("first_fit", pods) == {"busy": 0, "high": 10, "low": 12}


def test_the_shortest_job_goes_first_and_a_kill_makes_it_short() -> None:
    pods = crowd(("long", 9), ("cut", None), ("short", 2))
    found = bound("shortest_job", pods, walltime=[None, None, 4, 3])
    assert found == {"busy": 0, "short": 10, "cut": 12, "long": 16}  # cut would run for ever, and is killed after 4 s
    run = replay(world([node("n0")], pods[:2]), "shortest_job")
    assert run.manifest["oracle"] == ["shortest_job"]


def test_the_shortest_walltime_goes_first_whatever_is_true() -> None:
    pods = crowd(("untold", 1), ("modest", 5), ("greedy", 1), ("exact", 2))
    found = bound("shortest_walltime", pods, walltime=[None, None, 6, 60, 2])
    assert found == {"busy": 0, "exact": 10, "modest": 12, "greedy": 17, "untold": 18}
    assert Plugin.of(Profile.of("shortest_walltime").order.rule).oracle is False  # type: ignore[union-attr]


def test_the_earliest_deadline_goes_first_and_those_without_go_last() -> None:
    pods = crowd(("none", 1), ("late", 1), ("soon", 5), ("past", 1))
    found = bound("earliest_deadline", pods, deadline=[None, None, 90, 30, 5])
    assert found == {"busy": 0, "past": 10, "soon": 11, "late": 16, "none": 17}


def shared(*tenants: tuple[str, int, int, int], cpu: int = 9000, memory: int = 18 * GIB) -> tuple[Cluster, range]:
    """Return one node and pending pods: of each (tenant, pods, cores, GiB) so many, one tenant after the other."""
    cluster = Cluster([machine("n0", cpu, memory)])
    names = {name: row for row, name in enumerate(dict.fromkeys(name for name, *_ in tenants))}
    picked = [each for each in tenants for _ in range(each[1])]
    classes = [cluster.classify(plain(cpu=1000 * cores, memory=gib * GIB)).index for _, _, cores, gib in picked]
    tenant = [names[name] for name, *_ in picked]
    return cluster, cluster.pods.add(classes, names=[name for name, *_ in picked], tenant=tenant)


def served(scheduler: str, *tenants: tuple[str, int, int, int]) -> str:
    """Return whose pods are placed, in their order."""
    cluster, rows = shared(*tenants)
    plan = greedy(cluster, rows, scheduler)
    return "".join(cluster.pods.name(action.pod) for group in plan.groups for action in group)


DRF = "first_fit+dominant_resource_fairness"


def test_the_example_of_the_paper() -> None:
    # Ghodsi et al., section 4.1: 9 CPUs, 18 GB; A's tasks take <1 CPU, 4 GB>, B's <3 CPUs, 1 GB>: A gets 3 and B 2,
    # both dominant shares are 2/3. Table 1, which lets B begin: B (1/3), A (2/9), A (4/9), B (2/3), A (2/3).
    assert served(DRF, ("B", 9, 3, 1), ("A", 9, 1, 4)) == "BAABA"
    assert Counter(served(DRF, ("A", 9, 1, 4), ("B", 9, 3, 1))) == {"A": 3, "B": 2}
    assert Counter(served("first_fit+fifo", ("A", 9, 1, 4), ("B", 9, 3, 1))) == {"A": 4, "B": 1}


def test_where_one_resource_matters_it_is_max_min_fair() -> None:
    # 9 cores: three tenants that want 1, 3 and 9 pods of one core; max-min fair shares are 1, 3 and 5
    assert Counter(served(DRF, ("A", 1, 1, 0), ("B", 3, 1, 0), ("C", 9, 1, 0))) == {"A": 1, "B": 3, "C": 5}


def test_a_tenant_whose_pod_fits_nowhere_does_not_hold_up_the_others() -> None:
    assert served(DRF, ("A", 3, 10, 1), ("B", 2, 1, 1)) == "BB"


def test_dominant_shares_follow_what_happens() -> None:
    cluster, rows = shared(("A", 2, 3, 4), ("B", 2, 1, 9))
    view = ClusterView(cluster)
    a, b = rows[0], rows[2]
    bind(cluster, a, "n0")
    assert (view.dominant_share(0), view.dominant_share(1)) == (3 / 9, 0)
    bind(cluster, b, "n0")
    assert view.dominant_share(1) == 9 / 18
    cluster.update(NodeAdded(machine("n1", 9000, 0)))
    assert (view.dominant_share(0), view.dominant_share(1)) == (4 / 18, 9 / 18)  # A's memory is its dominant share now
    evict(cluster, a)
    assert (view.dominant_share(0), view.dominant_share(7), view.dominant_share(-1)) == (0, 0, 0)
    with cluster.hypothesis():
        bind(cluster, rows[1], "n1")
        assert view.dominant_share(0) == 4 / 18
    assert view.dominant_share(0) == 0
    cluster.update(NodeRemoved("n0"))
    cluster.update(NodeRemoved("n1"))
    assert view.dominant_share(1) == 0


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_passes_the_check_and_goes_with_any_profile(name: str) -> None:
    check_plugin(Profile.of(name).order.rule, timed=()).raise_if_failed()  # type: ignore[union-attr]
    for scheduler in (f"kubernetes+{name}", f"{name}+best_fit"):
        profile = Profile.of(scheduler)
        assert profile.order is not None
        assert profile.order.name == name
        assert profile.describe()["order"]["plugin"] == name


class Lanes:
    """An order with lanes that a test spoils."""

    def lane(self, pod: Any) -> Any:
        return pod.tenant

    def lane_key(self, lane: Any, cluster: Any) -> Any:
        return 0

    @order(name="lanes")
    def key(self, pod: Any, now: int) -> Any:
        return 0


@pytest.mark.parametrize(
    ("hook", "gives", "text", "check"),
    [
        ("lane", lambda self, pod: [], "lane: TypeError: unhashable type: 'list'", "TypeError: unhashable type"),
        ("lane", lambda self, pod: pod.colour, "lane: AttributeError: pods have no 'colour'", "pods have no 'colour'"),
        ("lane_key", lambda *_: float("nan"), "lane_key: ValueError: nan does not sort with nan", "that sorts"),
        ("lane_key", lambda *_: None, "lane_key: TypeError: '<' not supported between", "do not sort among each other"),
        (
            *("lane_key", lambda self, lane, cluster: str(lane) if lane else 1),
            *("lane_key: TypeError: '<' not supported between", "do not sort among each other"),
        ),
    ],
)
def test_lanes_that_are_wrong_are_blamed_on_their_plug_in(
    monkeypatch: pytest.MonkeyPatch, hook: str, gives: Any, text: str, check: str
) -> None:
    monkeypatch.setattr(Lanes, hook, gives)
    cluster, rows = shared(("A", 2, 1, 1), ("B", 2, 1, 1))
    with pytest.raises(PluginError) as refused:
        greedy(cluster, rows, Lanes())
    assert text in str(refused.value)
    assert str(refused.value).startswith("plug-in lanes, pod ")
    report = check_plugin(Lanes, timed=())
    assert not report
    assert check in str(report)


def test_an_order_has_both_lane_hooks_or_neither() -> None:
    class Half:
        """An order with half of the lanes."""

        def lane(self, pod: Any) -> int:
            return 0

        @order(name="half")
        def key(self, pod: Any, now: int) -> int:
            return 0

    with pytest.raises(TypeError, match=r"^half has lane alone: an order has both lane and lane_key, or neither$"):
        Plugin.of(Half)


def test_a_replay_is_fair_between_tenants() -> None:
    # A's four pods came before B's two; one runs at a time on each of two nodes, for 10 s: A, B, A, B and so on
    pods = [pod(f"{name}{row}", 0, 10, cpu=1000) for name, count in (("a", 4), ("b", 2)) for row in range(count)]
    made = world([node("n0"), node("n1")], pods)
    tenant = np.array([0] * 4 + [1] * 2, np.int32)
    made = replace(made, pods=replace(made.pods, tenant=tenant), tenants=("A", "B"))
    found = first(replay(made, DRF, check=True), "bound")
    assert found == {"a0": 0, "b0": 0, "a1": 10, "b1": 10, "a2": 20, "a3": 20}
