"""When a pod that was rejected is tried again: changes that its rejecters name, and their time to retry."""

import numpy as np
import pytest
from worlds import SECOND, first, node, play, pod

from schedlab import filter
from schedlab.sim.controllers import scheduler as controller


def rejecting(wake_on=None, retry_after=None, until=1e9):
    """Return a filter that rejects the pod ``p`` until it waited so many seconds, and the times when it is asked."""
    asked = []

    @filter(name="rejecting", wake_on=wake_on, retry_after=retry_after)
    def rule(pod, nodes):
        now = nodes.cluster.now / SECOND
        if pod.name == "p" and asked[-1:] != [now]:  # what fits nowhere is asked once more, to tell why
            asked.append(now)
        return np.full(len(nodes), pod.name != "p" or pod.waiting >= until * SECOND)

    return rule, asked


FLUSHED = 330  # what nobody named happened since p was last tried; after more than 300 s it is tried all the same
# p comes at 1; others come at 2 and 4, and leave at 3 and 9; n1 comes at 5, is cordoned at 6 and uncordoned at 7.
PODS = [pod("p", 1, 1, cpu=100), pod("q", 2, 1, cpu=100), pod("r", 4, 5, cpu=100)]
EVENTS = [(5, "add", "n1"), (6, "cordon", "n1"), (7, "uncordon", "n1")]
NODES = [node("n0"), node("n1")]


def asked_at(wake_on=None, retry_after=None, nodes=NODES, pods=PODS, events=EVENTS, **more):
    rule, asked = rejecting(wake_on, retry_after)
    play(nodes, pods, events, scheduler=rule, **more)
    return asked


@pytest.mark.parametrize(
    ("wake_on", "times"),
    [
        (None, [1, 2, 3, 4, 5, 7, 9]),
        ("release", [1, 3, 9]),
        ("bind", [1, 2, 4, FLUSHED]),
        ("node", [1, 5, 7, FLUSHED]),
        (("release", "node"), [1, 3, 5, 7, 9]),
        ("usage", [1, 3, 9]),  # who leaves used something
        ((), [1, FLUSHED]),
    ],
)
def test_it_is_tried_again_only_after_a_change_that_the_rejecter_names(wake_on, times):
    # every other filter passes, so the rule under test is the only rejecter
    assert asked_at(wake_on) == times


def test_who_waits_for_what_never_comes_does_not_keep_a_run_going_for_ever():
    """p and q are flushed at other times, and each is tried again once: nothing has happened since."""
    asked = []

    @filter(name="rejecting", wake_on=())
    def rule(pod, nodes):
        now = (pod.name, nodes.cluster.now / SECOND)
        if pod.name in "pq" and asked[-1:] != [now]:
            asked.append(now)
        return np.full(len(nodes), pod.name not in "pq")

    run = play([node("n0")], [pod("p", 1), pod("q", 40), pod("r", 45, 5)], scheduler=rule)
    assert asked == [("p", 1), ("q", 40), ("p", 330), ("q", 360)]
    assert run.manifest["end"] == 50 * SECOND


def test_a_flush_that_nobody_was_there_for_does_not_hinder_the_next():
    """p has gone when its flush comes; q, put aside afterwards, has one of its own."""
    asked = []

    @filter(name="rejecting", wake_on="node")
    def rule(pod, nodes):
        now = (pod.name, nodes.cluster.now / SECOND)
        if pod.name in "pq" and asked[-1:] != [now]:
            asked.append(now)
        return np.full(len(nodes), pod.name == "r" or (pod.name == "p" and len(nodes) > 1))

    pods = [pod("p", 1), pod("r", 1.5, 1), pod("q", 400), pod("r", 401, 1)]
    play([node("n0"), node("n1")], pods, [(3, "add", "n1")], scheduler=rule)
    assert asked == [("p", 1), ("p", 3), ("q", 400), ("q", 720)]


def test_usage_is_a_change_for_those_who_name_it():
    pods = [PODS[0], pod("q", 2, 20, cpu=100, uses={0: 10, 6: 20, 8: 5})]
    assert asked_at("usage", pods=pods, events=()) == [1, 2, 8, 10, 22]
    assert asked_at("release", pods=pods, events=()) == [1, 22]


def test_all_rejecters_count_and_one_without_a_hint_is_woken_by_anything():
    # n0 has no room: NodeResourcesFit, or whatever comes first there, rejects it, and says nothing or more
    nodes = [node("n0", cpu=50), node("n1")]
    rule, asked = rejecting("bind")
    fit_first = play(nodes, PODS, scheduler=rule)
    assert fit_first.manifest["decision_hash"]
    assert asked == [1, 2, 3, 4, 9]  # a release is a matter of room


def test_a_timer_tries_it_again_at_its_time():
    rule, asked = rejecting((), 2 * SECOND, until=6)
    run = play([node("n0")], PODS, scheduler=rule)
    assert asked == [1, 3, 5, 7]
    assert first(run, "bound")["p"] == 7


def test_the_time_is_exact_whatever_happens_before():
    rule, asked = rejecting("release", 7 * SECOND, until=7)
    run = play([node("n0")], PODS, scheduler=rule)
    assert asked == [1, 3, 8]
    assert first(run, "bound")["p"] == 8


def test_a_timer_of_an_attempt_does_not_outlive_it():
    """p is placed, lost with its node at 5 and waits anew: its deadline counts from then."""
    rule, asked = rejecting((), 3 * SECOND, until=3)
    pods = [pod("p", 1, 60, cpu=100)]
    play([node("n0"), node("n1")], pods, [(5, "remove", "n0")], scheduler=rule)
    assert asked[:2] == [1, 4]
    assert asked[2] >= 5
    assert asked[3:] == [asked[2] + 3]


def test_a_timer_alone_does_not_keep_a_run_going_for_ever(monkeypatch):
    monkeypatch.setattr(controller, "RETRIES", 50)
    rule, asked = rejecting((), SECOND)
    run = play([node("n0")], PODS, scheduler=rule)
    assert 50 < len(asked) < 70
    assert run.manifest["end"] == 9 * SECOND  # what was tried in vain is no change
    assert first(run, "bound")["p"] is None


def test_a_class_is_tried_again_by_its_rejecters_hints():
    asked = []

    @filter(scope="node", wake_on="node")
    def rejecting_big(pod, nodes):
        asked.append(len(nodes))
        return nodes.allocatable["cpu"] > 2 * pod.requests["cpu"]

    pods = [pod("filler", 0, 2, cpu=300), pod("p", 1, 1, cpu=600), pod("filler2", 3, 2, cpu=300)]
    run = play([node("n0"), node("n1", 3000)], pods, [(6, "add", "n1")], scheduler=rejecting_big)
    assert first(run, "bound") == {"filler": 0, "p": 6, "filler2": 3}
