"""Preemption in the loop, one rule a story: victims end in their grace, and the nominee gets their room."""

from dataclasses import replace

import msgspec
import pytest
from worlds import attempts, decisions, first, node, play, pod

from schedlab import Profile
from schedlab.scoring.decision_time import DecisionTime
from schedlab.workload import DataSet

BIG = 1000  # all of a node


def spec(row, **changes):
    made = msgspec.structs.replace(row.template.spec, **changes)
    return row._replace(template=msgspec.structs.replace(row.template, spec=made))


def grace(row, seconds):
    return spec(row, termination_grace_period_seconds=seconds)


def never(row):
    return spec(row, preemption_policy="Never")


def run(pods, *events, nodes=None, until=100):
    return play(nodes or [node("n0", BIG)], pods, events, scheduler="kubernetes", until=until)


LOW = pod("low", 0, cpu=BIG)
HIGH = pod("high", 5, cpu=BIG, priority=10)


def test_a_victim_has_thirty_seconds_and_comes_back_as_a_new_attempt():
    done = run([LOW, HIGH])
    assert decisions(done) == [
        (0, "bind", "low", "n0"),
        (5, "wait", "high", None),
        (5, "evict", "low", "n0"),
        (35, "bind", "high", "n0"),
        (45, "wait", "low", None),
    ]
    assert attempts(done, "phase", "reason", "finished", "queued") == {
        ("low", 0): ("Failed", "Preempted", 35, 0),
        ("low", 1): ("Pending", "", None, 45),
        ("high", 0): ("Running", "", None, 5),
    }


@pytest.mark.parametrize(("seconds", "bound"), [(0, 5), (7, 12), (60, 65)])
def test_its_spec_says_how_long_it_may_take(seconds, bound):
    done = run([grace(LOW, seconds), HIGH])
    assert attempts(done, "bound", "finished")["high", 0] == (bound, None)
    assert attempts(done, "finished")["low", 0] == bound


def test_a_victim_that_is_done_in_its_grace_has_succeeded():
    done = run([pod("low", 0, 20, cpu=BIG), HIGH])
    assert first(done, "phase", "bound", "finished") == {"low": ("Succeeded", 0, 20), "high": ("Running", 20, None)}


def test_it_waits_for_the_last_of_its_victims():
    pods = [grace(pod("a", 0, cpu=500), 3), grace(pod("b", 0, cpu=500), 8), HIGH]
    done = run(pods)
    assert attempts(done, "bound")["high", 0] == 13
    assert [row[:3] for row in decisions(done) if row[1] == "evict"] == [(5, "evict", "a"), (5, "evict", "b")]


def test_no_more_leave_than_must():
    pods = [pod("keeper", 0, cpu=500, priority=1), pod("victim", 0, cpu=500), pod("high", 5, cpu=500, priority=10)]
    done = run(pods)
    assert [row for row in decisions(done) if row[1] == "evict"] == [(5, "evict", "victim", "n0")]


def test_who_never_preempts_waits_till_there_is_room():
    done = run([pod("low", 0, 50, cpu=BIG), never(HIGH)])
    assert first(done, "bound") == {"low": 0, "high": 50}
    assert "evict" not in [row[1] for row in decisions(done)]


def test_equals_are_no_victims():
    done = run([pod("low", 0, 50, cpu=BIG, priority=10), HIGH])
    assert first(done, "bound") == {"low": 0, "high": 50}


# high is nominated at 5 and asks for 800; 400 are free and low leaves at 35
CLAIM = [pod("low", 0, cpu=600), pod("high", 5, cpu=800, priority=10)]


@pytest.mark.parametrize(("priority", "bound"), [(5, None), (10, None), (20, 10)])
def test_a_nominee_holds_its_claim_against_lower_and_equal_ones_only(priority, bound):
    done = run([*CLAIM, never(pod("other", 10, cpu=300, priority=priority))])
    assert attempts(done, "bound")["other", 0] == bound
    assert attempts(done, "bound")["high", 0] == (None if bound else 35)


def test_a_higher_one_takes_the_place_and_the_nomination_is_over():
    """Who does not preempt takes the room that high made at 35; high finds nobody to evict, and claims nothing then."""
    pods = [LOW, HIGH, never(pod("top", 6, cpu=300, priority=20)), pod("late", 50, cpu=500, priority=5)]
    done = run(pods)
    bound = attempts(done, "bound")
    assert (bound["top", 0], bound["high", 0]) == (35, None)
    assert bound["late", 0] == 50


def test_a_higher_preemptor_clears_the_nominations_of_lower_ones():
    done = run([LOW, HIGH, pod("top", 10, 10, cpu=BIG, priority=20)])
    bound = attempts(done, "bound")
    assert (bound["top", 0], bound["high", 0]) == (35, 45)


def test_the_nominated_node_goes_before_better_ones():
    """Low leaves at 35.2 and n1 joins at 35.1, while busy is being decided on."""
    pods = [pod("keeper", 0, cpu=300, priority=20), pod("low", 0, cpu=700), pod("high", 5, cpu=700, priority=10)]
    pods.append(pod("busy", 35.2, priority=30))
    slow = replace(Profile.of("kubernetes"), decision_time=DecisionTime(constant=200_000))
    done = play([node("n0", BIG), node("n1", 4000)], pods, [(35.3, "add", "n1")], scheduler=slow, until=50)
    found = attempts(done, "bound", "node")
    assert attempts(done, "finished")["low", 0] == 35.2
    assert (found["busy", 0], found["high", 0]) == ((35.4, "n0"), (35.6, "n0"))


def test_another_node_is_taken_while_the_nominated_one_is_not_free():
    pods = [pod("low", 0, cpu=700), pod("high", 5, cpu=700, priority=10)]
    done = run(pods, (20, "add", "n1"), nodes=[node("n0", BIG), node("n1", 4000)])
    found = attempts(done, "bound", "node", "finished")
    assert found["high", 0] == (20, "n1", None)
    assert found["low", 0] == (0, "n0", 35)  # it was asked to end before


def test_a_nominee_that_goes_elsewhere_gives_up_its_claim():
    pods = [*CLAIM, pod("mid", 10, cpu=300, priority=5)]
    done = run(pods, (20, "add", "n1"), nodes=[node("n0", BIG), node("n1", 800)])
    found = attempts(done, "bound", "node")
    assert (found["high", 0], found["mid", 0]) == ((20, "n1"), (20, "n0"))


def test_a_nominee_whose_node_goes_is_tried_elsewhere():
    done = run([LOW, HIGH], (10, "remove", "n0"), (12, "add", "n1"), nodes=[node("n0", BIG), node("n1", BIG)])
    found = attempts(done, "bound", "node", "reason")
    assert found["low", 0] == (0, "n0", "NodeLost")
    assert found["high", 0] == (12, "n1", "")


def test_a_preemptor_does_not_preempt_again_while_its_victims_end():
    """Something wakes high at 20; low is terminating on its node."""
    pods = [LOW, HIGH, pod("other", 0, 20, cpu=600)]
    done = run(pods, nodes=[node("n0", BIG), node("n1", 600)])
    assert [row for row in decisions(done) if row[1] == "evict"] == [(5, "evict", "low", "n0")]
    assert attempts(done, "bound")["high", 0] == 35


def test_a_victim_that_has_not_started_leaves_at_once():
    """It would read its data for eight seconds first."""
    far = DataSet("d", 1_000_000_000, (("node", "n9"),))
    nodes = [node("n0", BIG), node("n9", 1)]
    done = play(nodes, [LOW._replace(dataset=0), HIGH], scheduler="kubernetes", until=100, datasets=[far])
    assert attempts(done, "bound")["high", 0] == 5
