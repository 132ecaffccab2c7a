"""Metrics of whole jobs: worked out by hand, and against a loop over jobs."""

from __future__ import annotations

from typing import Any

import pytest
from handmade import made_run
from hypothesis import given
from hypothesis import strategies as st

from schedlab import summary
from schedlab.metrics.jobs import job_slowdown, job_wait, jobs_killed


def test_a_job_waits_until_its_last_pod_has_a_node_and_counts_once() -> None:
    run = made_run(
        [
            *({"pod": at, "job": "wide", "submit": 10, "bound": 14 + at, "finished": 50} for at in range(3)),
            {"pod": 3, "job": "one", "submit": 10, "bound": 30},
            {"pod": 4, "submit": 0, "bound": 8},
            {"pod": 5, "submit": 0, "bound": 0},
        ]
    )
    waited = job_wait(run)  # 6, 20, and two pods of no job: 8, 0
    assert (waited["mean"], waited["p50"], waited["p95"]) == (8.5, 6.0, 20.0)
    assert not waited["mean.censored"]


def test_a_job_of_which_a_pod_waits_still_is_a_lower_bound() -> None:
    run = made_run([{"pod": 0, "job": "a", "submit": 40, "bound": 41}, {"pod": 1, "job": "a", "submit": 40}])
    assert (job_wait(run)["mean"], job_wait(run)["mean.censored"]) == (60.0, True)


def test_the_slowdown_of_a_job_is_bounded_and_against_its_own_run_time() -> None:
    run = made_run(
        [
            {"pod": 0, "job": "a", "submit": 0, "bound": 20, "finished": 40, "duration": 20},
            {"pod": 1, "job": "a", "submit": 0, "bound": 20, "finished": 50, "duration": 30},
            {"pod": 2, "job": "b", "submit": 10, "bound": 39, "finished": 40, "duration": 1},
            {"pod": 3, "job": "c", "submit": 10, "bound": 10, "finished": 11, "duration": 1},
        ]
    )
    slow = job_slowdown(run)  # 50 / 30, 30 / 10, 1
    assert slow["mean"] == pytest.approx((50 / 30 + 3 + 1) / 3)
    assert slow["p50"] == pytest.approx(50 / 30)


def test_jobs_that_were_killed_count_once() -> None:
    over: dict[str, Any] = {"bound": 0, "finished": 9, "phase": "Failed", "reason": "DeadlineExceeded"}
    run = made_run([{"pod": 0, "job": "a", **over}, {"pod": 1, "job": "a", **over}, {"pod": 2, **over}, {"pod": 3}])
    assert jobs_killed(run)[""] == 2
    assert jobs_killed(made_run([{"pod": 0, "job": "a"}]))[""] == 0


def test_without_jobs_there_is_nothing_to_say() -> None:
    entries = summary(made_run([{"pod": 0, "bound": 3, "duration": 5}]))
    assert not [name for name in entries.index if name.startswith("job")]


ROWS = st.tuples(st.sampled_from([None, "a", "b", "c"]), st.integers(0, 50), st.none() | st.integers(0, 40))


@given(st.lists(ROWS, min_size=1, max_size=20).filter(lambda rows: any(job for job, _, _ in rows)))
def test_waits_are_those_of_a_loop(rows: list[tuple[str | None, int, int | None]]) -> None:
    pods = [
        {"pod": at, "job": job, "submit": submit, "bound": None if wait is None else submit + wait}
        for at, (job, submit, wait) in enumerate(rows)
    ]
    jobs: dict[Any, list[int]] = {}
    for at, (job, submit, wait) in enumerate(rows):
        jobs.setdefault(job or at, []).append(100 - submit if wait is None else wait)
    waited = job_wait(made_run(pods))
    longest = sorted(max(each) for each in jobs.values())
    assert waited["mean"] == pytest.approx(sum(longest) / len(longest))
    assert waited["p50"] == longest[(len(longest) + 1) // 2 - 1]
    assert waited["mean.censored"] == any(wait is None for _, _, wait in rows)
