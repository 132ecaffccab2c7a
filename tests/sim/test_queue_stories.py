"""The queue in simulated time, one rule a story; where decisions take time, backoff shows."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from worlds import SECOND, attempts, first, node, play, pod, us, world

from schedlab import Profile, filter
from schedlab.objects.pod import PodSchedulingGate
from schedlab.scoring.backoff import NO_BACKOFF
from schedlab.scoring.decision_time import DecisionTime
from schedlab.sim.events import UNGATED, Event
from schedlab.sim.replay import engine_of


def taking(seconds, scheduler="kubernetes", **more):
    """Return a profile whose decisions take so long each."""
    return replace(Profile.of(scheduler), decision_time=DecisionTime(constant=seconds * SECOND), **more)


def rejecting(wake_on=None):
    """Return a filter that rejects the pod ``x`` for ever, and the times when it is asked."""
    asked = []

    @filter(name="rejecting", wake_on=wake_on)
    def rule(pod, nodes):
        now = nodes.cluster.now / SECOND
        if pod.name == "x" and asked[-1:] != [now]:
            asked.append(now)
        return np.full(len(nodes), pod.name != "x")

    return rule, asked


def test_one_pod_after_the_other_by_priority_then_by_when_they_came():
    pods = [pod("a", 0), pod("b", 0.5), pod("c", 0.5, priority=5), pod("d", 2.5, priority=5), pod("e", 2.5)]
    run = play([node("n0")], pods, scheduler=taking(1))
    assert first(run, "bound") == {"a": 1, "c": 2, "b": 3, "d": 4, "e": 5}


def test_who_failed_goes_behind_its_equals_that_came_before_the_failure():
    """When old is tried at 6 only half of the node is free; the other half is freed while the decision is made."""
    pods = [pod("f1", 0, 5.9, cpu=500), pod("f2", 0, 5.85, cpu=500)]
    pods += [pod("old", 1, 1, cpu=1000), pod("new", 6, 1, cpu=1000)]
    run = play([node("n0")], pods, scheduler=taking(0.1))
    assert first(run, "bound") == {"f1": 0.1, "f2": 0.2, "new": 6.2, "old": 7.3}


BUSY = [pod("x", 0, priority=1), *(pod(f"y{i}", 0, 0.05) for i in range(125))]


def test_backoff_is_doubled_from_a_second_to_ten_and_ends_with_a_whole_second():
    """There is always somebody else to try, and x is woken all the time."""
    rule, asked = rejecting("release")
    play([node("n0")], BUSY, scheduler=taking(0.3, rule), until=36)
    # it fails at 0.3, 1.5, 3.3, 7.5, 15.3, 25.5; then it may go from 1, 3, 7, 15, 25, 35 s on
    assert asked == pytest.approx([0, 1.2, 3, 7.2, 15, 25.2, 35.1])


def test_without_backoff_it_is_tried_again_at_once():
    rule, asked = rejecting("release")
    play([node("n0")], BUSY, scheduler=taking(0.3, rule, backoff=NO_BACKOFF), until=2.5)
    # x goes first by its priority if somebody has left since it was last tried: y0 at 0.65, y1 at 0.95, y2 at 1.85
    assert asked == pytest.approx([0, 0.9, 1.2, 2.1, 2.4])


def test_where_nobody_is_active_it_is_tried_before_its_backoff_is_over():
    rule, asked = rejecting("release")
    play([node("n0")], [pod("x", 0), pod("y", 0, 0.05)], scheduler=taking(0.3, rule))
    assert asked == pytest.approx([0, 0.65])  # it failed at 0.3; y, bound at 0.6, has left


@pytest.mark.parametrize(("wake_on", "times"), [("release", [1, 2]), (None, [1, 2]), ("node", [1])])
def test_what_happens_while_it_is_tried_counts_if_it_helps(wake_on, times):
    rule, asked = rejecting(wake_on)
    play([node("n0")], [pod("y", 0, 0.5, priority=1), pod("x", 0)], scheduler=taking(1, rule))
    assert asked == times  # y, bound at 1, leaves at 1.5; the decision of x takes from 1 to 2


def test_who_waits_for_too_long_is_tried_at_the_next_half_minute():
    rule, asked = rejecting(())
    play([node("n0")], [pod("x", 100.5), pod("y", 101, 1)], scheduler=rule)
    assert asked == [100.5, 420]  # since 400.5 it is too long


def gated(row):
    spec = msgspec.structs.replace(row.template.spec, scheduling_gates=[PodSchedulingGate(name="quota")])
    return row._replace(template=msgspec.structs.replace(row.template, spec=spec))


def test_gates_keep_a_pod_out_of_the_queue_till_they_are_gone():
    pods = [pod("f", 0, 9, cpu=1000), gated(pod("g", 1, 1, cpu=1000)), pod("h", 2, 1, cpu=1000)]
    pods += [gated(pod("never", 2)), pod("i", 6, 1, cpu=1000)]
    made = world([node("n0")], pods)
    engine = engine_of(made, Profile.of("kubernetes"), 0, None, check=True)
    engine.schedule(Event(us(4), UNGATED, 1))
    engine.schedule(Event(us(5), UNGATED, 1))  # it has none any more
    engine.run()
    rows = engine.recorder.tables()["pods"].to_pylist()
    bound = {row["name"]: row["bound"] and row["bound"] / SECOND for row in rows}
    # h failed at 2, g at 4 and i at 6
    assert bound == {"f": 0, "h": 9, "g": 10, "i": 11, "never": None}


def test_whoever_comes_back_is_a_new_attempt_that_never_failed():
    run = play([node("n0"), node("n1")], [pod("a", 0, 30)], [(5, "remove", "n0")], scheduler=taking(1))
    assert attempts(run, "queued", "bound") == {("a", 0): (0, 1), ("a", 1): (15, 16)}
