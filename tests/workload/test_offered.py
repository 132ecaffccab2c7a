"""Offered load against a plain loop; the arithmetic of the equilibrium start."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedlab.streams import generator
from schedlab.workload import FOREVER, PodColumns
from schedlab.workload.offered import offered_load
from schedlab.workload.stationary import DAY, Rhythm, draw
from schedlab.workload.tables.nodes import node
from schedlab.workload.templates import distinct, template

RUNS = st.integers(1, 200) | st.just(FOREVER)
REQUESTS = [{"cpu": 500, "memory": 3}, {"cpu": 2000, "memory": 0}]
NODES = [node("a", {"cpu": 1000, "memory": 10, "pods": 5}, {}), node("b", {"cpu": 3000, "memory": 0, "pods": 5}, {})]


def slow_load(pods: list[tuple[int, int, int, int]], resource: str, total: int, horizon: int) -> Fraction:
    """Add up, pod by pod, what each would hold if it started when submitted."""
    held = 0
    for submit, duration, kind, walltime in pods:
        end = horizon if duration == FOREVER else min(submit + duration, horizon)
        if walltime > 0:
            end = min(end, submit + walltime)
        if end > submit:
            held += REQUESTS[kind][resource] * (end - submit)
    return Fraction(held, total * horizon)


@given(
    st.lists(st.tuples(st.integers(0, 200), RUNS, st.integers(0, 1), RUNS), min_size=1),
    st.integers(1, 300),
)
def test_offered_load_is_what_a_loop_adds_up(pods: list[tuple[int, int, int, int]], horizon: int) -> None:
    submit, duration, kind, walltime = (np.array(column) for column in zip(*sorted(pods), strict=True))
    columns = PodColumns(submit, duration, kind.astype(np.int32), np.full(len(kind), -1, np.int32), kind < 0)
    columns = replace(columns, walltime=walltime)
    load = offered_load(columns, [template(requests, {}, {}) for requests in REQUESTS], NODES, horizon)
    assert set(load) == {"cpu", "memory"}
    assert load["cpu"] == pytest.approx(float(slow_load(pods, "cpu", 4000, horizon)), abs=1e-6)
    assert load["memory"] == pytest.approx(float(slow_load(pods, "memory", 10, horizon)), abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1))
def test_distinct_numbers_rows_by_first_appearance(rows: list[tuple[int, int]]) -> None:
    codes, first = distinct([np.array([row[0] for row in rows]), np.array([row[1] for row in rows])])
    seen = list(dict.fromkeys(rows))
    assert [seen[code] for code in codes] == rows
    assert [rows[row] for row in first] == seen


@given(st.floats(0, 0.9), st.floats(-3 * DAY, 3 * DAY))
def test_the_rhythm_is_inverted(amplitude: float, time: float) -> None:
    rhythm = Rhythm(amplitude)
    assert rhythm.time(rhythm.elapsed(np.array([time])))[0] == pytest.approx(time, abs=10_000)


def test_arrivals_are_least_at_midnight_and_run_through_the_exact_mix() -> None:
    duration, demand = np.array([DAY // 24, DAY // 6, DAY]), np.array([1, 2, 3])
    drawn = draw(duration, demand, rate=30_000 / DAY, count=30_000, rhythm=Rhythm(0.5), random=generator(1))
    arrived = ~drawn.initial
    assert np.bincount(drawn.kind[arrived]).tolist() == [10_000] * 3
    hours = np.bincount(drawn.submit[arrived] // (DAY // 24), minlength=24)
    assert hours[[0, 23]].max() < 700 < 1250 < 1800 < hours[[11, 12]].min()  # 1250 an hour on average, amplitude 0.5
    assert (np.diff(drawn.submit) >= 0).all()
    assert drawn.horizon == DAY


def test_initial_pods_are_drawn_by_duration_with_uniform_residual_lives() -> None:
    duration, demand = np.array([10**9, 3 * 10**9]), np.array([5, 5])
    drawn = draw(duration, demand, rate=1e-6, count=10, rhythm=Rhythm(), random=generator(4))
    kind, left = drawn.kind[drawn.initial], drawn.duration[drawn.initial]
    assert np.bincount(kind).tolist() == [500, 1500]  # rate / 2 * duration of each
    assert (left + drawn.age[drawn.initial] == duration[kind]).all()
    share = np.sort(left / duration[kind])
    assert np.abs(share - (np.arange(2000) + 0.5) / 2000).max() < 1.63 / 2000**0.5  # Kolmogorov's 1 % point
    assert (drawn.submit[drawn.initial] == 0).all()


def test_under_a_rhythm_the_initial_pods_are_those_that_came_before() -> None:
    # Pods of a twentieth of a day, present at midnight, arrived when the rate was at its least, 0.1 of its mean.
    duration, demand = np.array([DAY // 20]), np.array([1])
    drawn = draw(duration, demand, rate=20_000 / DAY, count=10, rhythm=Rhythm(0.9), random=generator(3))
    assert 100 <= drawn.initial.sum() <= 120
