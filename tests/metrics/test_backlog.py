"""How fast a scheduler works and how many pods wait for it, from samples written by hand."""

from __future__ import annotations

import math

import pytest
from handmade import SECOND, made_run

from schedlab import Run, summary

CHARGED = {"decision_time": "2s"}
BOUND = [2, 4, 6, 10, None]


def sampled(lengths: list[tuple[int, int]], busy: list[int]) -> Run:
    rows = [
        {"time": 5 * at, "queue.active": active, "queue.backoff": backoff, "busy": busy[at] * SECOND}
        for at, (active, backoff) in enumerate(lengths)
    ]
    attempts = [{"pod": pod, "bound": bound} for pod, bound in enumerate(BOUND)]
    return made_run(attempts, samples=rows, end=12 * SECOND, profile=CHARGED)


def test_the_rate_is_of_the_time_in_which_the_scheduler_decided() -> None:
    found = summary(sampled([(3, 1), (2, 0), (0, 0)], [0, 4, 8]))
    assert found["scheduling_throughput"] == 4 / 8  # all bound up to the last sample, though it is idle from 6 to 8
    assert found["backlog.mean"] == (4 * 5 + 2 * 5 + 0 * 2) / 12
    assert found["backlog.max"] == 4


def test_a_warm_up_leaves_out_what_was_before() -> None:
    found = summary(sampled([(3, 1), (2, 0), (0, 0)], [0, 4, 8]).trimmed(5 * SECOND))
    assert found["scheduling_throughput"] == 2 / 4  # from the sample at 5 on
    assert found["backlog.mean"] == 2 * 5 / 7
    assert found["backlog.max"] == 2


def test_a_scheduler_that_decided_nothing_has_no_rate() -> None:
    for run in (sampled([(0, 0)] * 3, [3, 3, 3]), sampled([(1, 0)], [0])):
        assert math.isnan(summary(run)["scheduling_throughput"])
    late = sampled([(1, 0), (1, 0), (0, 0)], [0, 2, 4]).trimmed(11 * SECOND)  # no sample is in the measured time
    assert math.isnan(summary(late)["scheduling_throughput"])
    assert summary(late)["backlog.mean"] == 0


@pytest.mark.parametrize("name", ["scheduling_throughput", "backlog.mean", "backlog.max"])
def test_where_decisions_take_no_time_there_is_neither(name: str) -> None:
    assert name not in summary(made_run([{"pod": 0, "bound": 1}]))
