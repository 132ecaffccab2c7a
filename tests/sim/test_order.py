"""The order of the queue is a plug-in's, if one declares it."""

import numpy as np
import pytest
from worlds import decisions, first, node, play, pod

from schedlab import PluginError, filter, order, score
from schedlab.scoring import Profile


@order(oracle=True)
def shortest_first(pod, now):
    return pod.duration


@order
def longest_waiting_late(pod, now):
    """Whoever waited for more than 5 s goes last."""
    return pod.waiting > 5_000_000, pod.id


# "busy" holds the node until 10 s; the others wait for it, one at a time.
CROWD = [pod("busy", 0, 10, cpu=1000), pod("c", 1, 3, cpu=1000), pod("a", 2, 1, cpu=1000), pod("b", 3, 2, cpu=1000)]


def test_waiting_pods_go_in_the_order_of_their_keys():
    run = play([node("n0")], CROWD, scheduler=shortest_first)
    assert first(run, "bound") == {"busy": 0, "a": 10, "b": 11, "c": 13}
    assert run.manifest["oracle"] == ["shortest_first"]
    assert run.manifest["profile"]["order"] == {"plugin": "shortest_first"}
    plain = play([node("n0")], CROWD)
    assert first(plain, "bound") == {"busy": 0, "c": 10, "a": 13, "b": 14}


def test_priority_no_longer_counts_and_equal_keys_go_first_come_first_served():
    same = order(name="same")(lambda pod, now: 0)
    pods = [pod("busy", 0, 10, cpu=1000), pod("low", 1, 1, cpu=1000), pod("high", 2, 1, cpu=1000, priority=9)]
    assert first(play([node("n0")], pods, scheduler=same), "bound") == {"busy": 0, "low": 10, "high": 11}


def test_keys_are_taken_anew_when_a_pod_is_woken():
    pods = [pod("busy", 0, 10, cpu=1000), pod("old", 1, 1, cpu=1000), pod("new", 9, 1, cpu=1000)]
    assert first(play([node("n0")], pods, scheduler=longest_waiting_late), "bound") == {"busy": 0, "new": 10, "old": 11}


def test_pods_of_one_class_go_by_their_own_keys():
    last_first = order(name="lifo")(lambda pod, now: -pod.id)
    pods = [pod("busy", 0, 10, cpu=1000), *(pod(f"p{i}", 1 + i, 1, cpu=1000) for i in range(3))]
    assert first(play([node("n0")], pods, scheduler=last_first), "bound") == {"busy": 0, "p2": 10, "p1": 11, "p0": 12}


def test_an_order_goes_with_a_score_of_another():
    @score(name="last_node")
    def last_node(pod, nodes):
        return nodes.rank

    class Both:
        """A score that orders the queue as well."""

        @score
        def score(self, pod, nodes):
            return -nodes.rank

        @order(oracle=True)
        def key(self, pod, now):
            return pod.duration

    assert Profile.of(last_node).order is None
    run = play([node("n0"), node("n1", 500)], CROWD, scheduler=Both)
    assert first(run, "bound") == {"busy": 0, "a": 10, "b": 11, "c": 13}


def test_an_order_that_is_no_oracle_does_not_see_how_long_pods_run():
    text = (
        "plug-in peeking, pod busy at 0 s: key: ScopeError: pod.duration is not known beforehand: declare oracle=True"
    )
    with pytest.raises(PluginError) as error:
        play([node("n0")], CROWD, scheduler=order(name="peeking")(lambda pod, now: pod.duration))
    assert str(error.value) == text


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (lambda pod, now: float("nan"), "pod busy at 0 s: key: ValueError: nan does not sort with nan"),
        (lambda pod, now: None, "pod busy at 0 s: key: TypeError: '<' not supported between"),
        (lambda pod, now: pod.name if pod.id else 3, "pod c at 1 s: key: TypeError: '<' not supported between"),
        (lambda pod, now: np.arange(2), "pod busy at 0 s: key: ValueError: The truth value of an array"),
        (lambda pod, now: {}["x"], "pod busy at 0 s: key: KeyError: 'x'"),
    ],
)
def test_a_key_that_does_not_sort_is_blamed_on_its_plug_in(key, text):
    with pytest.raises(PluginError) as error:
        play([node("n0")], CROWD, scheduler=order(name="mine")(key))
    assert str(error.value).startswith(f"plug-in mine, {text}")


def test_with_a_filter_that_sees_everything_the_order_is_the_same():
    @filter(name="wide")
    def wide(pod, nodes):
        return nodes.rank >= 0

    class Wide:
        """The same order, with a filter of scope cluster."""

        filter = staticmethod(wide)

        @order(oracle=True)
        def key(self, pod, now):
            return pod.duration

    assert decisions(play([node("n0")], CROWD, scheduler=Wide)) == decisions(
        play([node("n0")], CROWD, scheduler=shortest_first)
    )
