"""Waiting times: hand-computed, and against a loop over pods and percentiles."""

import math

import pytest
from handmade import made_run
from hypothesis import given
from hypothesis import strategies as st

from schedlab.metrics import waits
from schedlab.metrics.latency import wait


def test_a_pod_waits_from_submission_to_its_first_binding():
    run = made_run(
        [
            {"pod": 0, "submit": 10, "bound": 13, "finished": 20, "phase": "Failed", "reason": "Evicted"},
            {"pod": 0, "attempt": 1, "submit": 10, "queued": 20, "bound": 50},
            {"pod": 1, "submit": 0, "bound": 0, "initial": True},
            {"pod": 2, "submit": 30},
            {"pod": 3, "submit": 0, "bound": 5, "initial": True},
            {"pod": 4, "submit": 0, "initial": True},
        ]
    )
    # pod 1 ran before and goes on; 3 and 4 were to, and found no node at once; 2 and 4 wait when the run ends at 100 s
    assert waits(run).seconds.tolist() == [3.0, 70.0, 5.0, 100.0]
    assert waits(run).censored.tolist() == [False, True, False, True]


def test_a_percentile_that_a_waiting_pod_could_move_is_a_lower_bound():
    run = made_run([{"pod": i, "bound": i} for i in range(19)] + [{"pod": 19, "submit": 95}])
    measured = wait(run)
    assert measured["p50"] == 8.0  # the tenth of 0, 1, .., 18 with a 5 among them
    assert measured["p50.censored"] is True  # had pod 19 waited for ever, it would be 9
    assert (measured["p99"], measured["p99.censored"]) == (18.0, True)


def test_a_percentile_that_no_waiting_pod_can_move_is_exact():
    run = made_run([{"pod": i, "bound": i} for i in range(19)] + [{"pod": 19}])
    measured = wait(run)
    assert (measured["p50"], measured["p50.censored"]) == (9.0, False)
    assert (measured["p95"], measured["p95.censored"]) == (18.0, False)
    assert (measured["p99"], measured["p99.censored"]) == (100.0, True)


def test_without_arrivals_there_is_no_waiting_time():
    measured = wait(made_run([{"pod": 0, "bound": 0, "initial": True}]))
    assert math.isnan(measured["p50"])
    assert measured["p50.censored"] is False


def test_the_horizon_ends_the_wait():
    assert waits(made_run([{"pod": 0, "submit": 40}], horizon=60_000_000)).seconds.tolist() == [20.0]


@given(st.lists(st.tuples(st.integers(0, 50), st.none() | st.integers(0, 50)), min_size=1, max_size=30))
def test_percentiles_are_those_of_a_loop(pods):
    run = made_run([{"pod": i, "submit": s, "bound": None if w is None else s + w} for i, (s, w) in enumerate(pods)])
    measured = wait(run)
    for percent in (50, 95, 99):
        known = sorted(100 - submit if waited is None else waited for submit, waited in pods)
        longest = sorted(math.inf if waited is None else waited for _, waited in pods)
        place = next(i for i in range(len(pods)) if 100 * (i + 1) >= percent * len(pods))
        assert measured[f"p{percent}"] == known[place]
        assert measured[f"p{percent}.censored"] == (known[place] != longest[place])


@pytest.mark.parametrize("count", [1, 20, 100])
def test_the_95th_of_a_hundred_is_the_95th(count):
    run = made_run([{"pod": i, "submit": 0, "bound": i + 1} for i in range(count)], end=10**9)
    assert wait(run)["p95"] == math.ceil(count * 95 / 100)
