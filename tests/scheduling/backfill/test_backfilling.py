"""Naming a policy, and what becomes of one that breaks its contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from backfilling import Batch, Job, machines
from tiny import node, pod, says

from schedlab import Cluster, ClusterView, InputError, PluginError, Profile
from schedlab.cluster.facts import NodeCordoned, PodEnded
from schedlab.plugins.api import Plugin, backfill
from schedlab.plugins.backfill.conservative import Conservative
from schedlab.plugins.backfill.contract import Unit
from schedlab.plugins.backfill.easy import EASY
from schedlab.scheduling.backfill import Backfilling
from schedlab.scoring import Evaluator
from schedlab.testing import check_plugin


def at_work(cluster: Cluster, policy: Any) -> tuple[Backfilling, ClusterView]:
    view = ClusterView(cluster)
    return Backfilling(Plugin.of(policy), Evaluator(Profile.of("first_fit"), view)), view


def test_a_policy_is_named_like_other_plug_ins() -> None:
    for text, policy in (("easy", EASY()), ("best_fit+conservative(depth=5)+fifo", Conservative(5))):
        profile = Profile.of(text)
        assert profile.backfill is not None
        assert profile.backfill.rule == policy
        assert [plugin.name for plugin in profile.filters] == ["NodeUnschedulable", "NodeAffinity", "NodeResourcesFit"]
        assert profile.describe()["backfill"] == {"plugin": profile.backfill.name, "args": {"depth": policy.depth}}
    with says(InputError, "easy and conservative each backfill; name one of them"):
        Profile.of("easy+conservative")
    with says(InputError, "plug-in easy, parameter depth: '0' is not allowed; write int >= 1"):
        Profile.of("easy(depth=0)")


@pytest.mark.parametrize("policy", [EASY, Conservative])
def test_the_shipped_policies_pass_the_check(policy: Any) -> None:
    check_plugin(policy, timed=()).raise_if_failed()


class Wrong:
    """Holds nobody back; ``answer`` is what it says instead."""

    done = False

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    @backfill(name="wrong")
    def reservations(self, view: Any, fits: Any) -> Any:
        return self

    def begin(self) -> None: ...

    def allows(self, unit: Any, nodes: Any) -> Any:
        return self.answers.get("allows")

    def room(self, unit: Any, nodes: Any) -> Any:
        return self.answers.get("room")

    def waits(self, unit: Any) -> Any:
        return self.answers["waits"]


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("allows", True, "it gave True; give None or a text"),
        ("room", np.ones(2), "room gave float64 (2,); give None, or bool, one for each node"),
        ("waits", None, "KeyError: 'waits'"),
    ],
)
def test_a_wrong_answer_names_policy_and_pod(name: str, answer: Any, told: str) -> None:
    cluster = Cluster([node("a"), node("b")])
    (row,) = cluster.add_pods([pod("p")])
    work, view = at_work(cluster, Wrong(**{name: answer} if answer is not None else {}))
    arguments: tuple[Any, ...] = () if name == "waits" else ([0],)
    with says(PluginError, f"plug-in wrong, pod p at 0 s: {told}"):
        getattr(work, name)(Unit.of([row], view), *arguments)


def test_a_unit_is_as_long_as_its_longest_pod_and_unknown_if_one_is() -> None:
    cluster = Cluster([node("a")])
    rows = cluster.add_pods([pod("p", 100), pod("q", 200), pod("r", 100)])
    view = ClusterView(cluster)
    cluster.pods.walltime[rows] = 5, 7, 6
    assert Unit.of(rows, view) == Unit(tuple(rows), (0, 1, 0), 3, 7)
    cluster.pods.walltime[rows[1]] = -1
    assert Unit.of(rows, view, 2) == Unit(tuple(rows), (0, 1, 0), 2, -1)


def test_a_reservation_goes_with_its_pod_and_with_the_nodes() -> None:
    """c has to wait for b until b is over unasked, and nothing is promised once nodes are other than they were."""
    jobs = [Job("a", 0, 10, 10, cpu=4), Job("b", 0, 5, 5, cpu=3), Job("c", 0, 5, 5, cpu=2)]
    batch = Batch(machines(4), jobs, Conservative()).run(until=0)
    assert batch.told == {"b": "it has a reservation at 10 s", "c": "it has a reservation at 15 s"}
    batch.cluster.update(PodEnded(1, succeeded=False))
    batch.policy.begin()
    c = Unit.of([2], batch.view)
    assert batch.policy.waits(c) == "it has a reservation at 10 s"
    work: Any = batch.policy.work
    batch.policy.begin()
    assert list(work.held) == [c]
    batch.cluster.update(NodeCordoned("n0", True))
    batch.policy.begin()
    assert not work.held
    assert batch.policy.waits(c) == "it fits on no node, even empty"
