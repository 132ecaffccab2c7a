"""What decorators say beyond a rule's scope: orders, wake hints, times to retry, oracles."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tiny import says

from schedlab import InputError, Profile, Skip, filter, order, score
from schedlab.plugins.api import Plugin


@order
def shortest_name(pod: Any, now: int) -> Any:
    return len(pod.name)


@dataclass(frozen=True)
class Patient:
    """A filter that waits, and an order."""

    patience: Any = 7_000_000

    @filter(wake_on=("release", "node"), retry_after="patience")
    def filter(self, pod: Any, nodes: Any) -> Any:
        return nodes.rank >= 0

    @order(oracle=True)
    def key(self, pod: Any, now: int) -> Any:
        return pod.duration


@order(name="lifo")
class LastFirst:
    """An order that is a class."""

    def __call__(self, pod: Any, now: int) -> Any:
        return -now


def test_nothing_is_declared_by_default() -> None:
    @filter
    def bare(pod: Any, nodes: Any) -> Any:
        return nodes.rank >= 0

    plugin = Plugin.of(bare)
    assert (plugin.wake_on, plugin.retry_after, plugin.oracle, plugin.order, plugin.setup) == (None,) * 2 + (
        False, None, None,
    )  # fmt: skip


def test_a_filter_says_what_may_change_its_mind_and_when() -> None:
    plugin = Plugin.of(Patient)
    assert plugin.wake_on == {"release", "node"}
    assert (plugin.retry_after, plugin.oracle, plugin.name) == (7_000_000, True, "Patient")
    assert Plugin.of(Patient(np.int64(3))).retry_after == 3
    assert Plugin.of(Patient(0)).retry_after is None
    assert Plugin.of(filter(wake_on="usage", retry_after=5)(lambda pod, nodes: nodes.rank)).wake_on == {"usage"}
    assert Plugin.of(filter(wake_on=())(lambda pod, nodes: nodes.rank)).wake_on == frozenset()


@pytest.mark.parametrize("bad", [-1, 1.5, "7s", True, None])
def test_a_time_to_retry_after_is_a_number_of_microseconds(bad: Any) -> None:
    mend = "give microseconds, or the name of a parameter of the rule that holds them"
    with says(TypeError, f"retry_after='patience' is {bad!r}: {mend}"):
        Plugin.of(Patient(bad))
    with says(InputError, f"retry_after='patience' is {bad!r}: {mend}"):
        Profile.of(Patient(bad))


def test_a_function_has_no_parameter_to_retry_after() -> None:
    rule = filter(retry_after="patience")(lambda pod, nodes: nodes.rank)
    with pytest.raises(TypeError, match="retry_after='patience': give microseconds"):
        Plugin.of(rule)


def test_an_unknown_change_is_refused_at_once() -> None:
    with says(ValueError, "wake_on names 'relase'; name some of release, bind, node, usage"):
        filter(wake_on=("node", "relase"))


def test_functions_classes_and_modules_may_order_the_queue() -> None:
    module = ModuleType("mine")
    module.__dict__["key"] = shortest_name
    for rule, name in ((shortest_name, "shortest_name"), (LastFirst, "lifo"), (Patient, "Patient"), (module, "mine")):
        plugin = Plugin.of(rule)
        assert plugin.name == name
        assert plugin.order is not None
        profile = Profile.of(rule)
        assert profile.order is not None
        assert profile.order.name == name
        assert profile.describe()["order"]["plugin"] == name
        assert [each.name for each in profile.plugins()].count(name) == 1
    assert "order" not in Profile.of("best_fit").describe()


def test_a_key_that_is_not_declared_an_order_is_none() -> None:
    class Keyed:
        key = staticmethod(lambda pod, now: 0)

        @score
        def score(self, pod: Any, nodes: Any) -> Any:
            return nodes.rank

    assert Plugin.of(Keyed).order is None


def test_a_skip_tells_what_it_skips() -> None:
    assert repr(Skip(score=True, state=3)) == "Skip(filter=False, score=True, state=3)"
    assert Skip(state=np.arange(3)) != Skip(state=np.arange(3))
