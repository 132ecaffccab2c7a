"""The figures of a comparison: Pareto, intervals, divergence."""

import numpy as np
import pandas as pd
import pytest
from handmade import SECOND, made_run
from hypothesis import given
from hypothesis import strategies as st
from tiny import says

from schedlab.errors import InputError
from schedlab.plots import distribution, divergence, intervals, pareto, svg, timeline
from schedlab.plots.pareto import non_dominated


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_who_is_not_dominated(points):
    expected = [
        not any(x <= a and y >= b and (x, y) != (a, b) for x, y in points) for a, b in points
    ]  # less of the first, more of the second
    assert non_dominated(np.array(points, float), ("lower", "higher")).tolist() == expected


def test_pareto_shows_means_their_spread_and_the_front():
    rows = [("a", 1, 4), ("a", 3, 4), ("b", 4, 1), ("worse", 5, 5), ("unknown", np.nan, 0)]
    axes = pareto(pd.DataFrame(rows, columns=["scheduler", "wait.p95", "evictions"]), "wait.p95", "evictions")
    front, spread, *_ = axes.get_lines()
    assert front.get_xydata().tolist() == [[2, 4], [4, 1]]
    assert spread.get_xdata().tolist() == [1, 3]
    assert [text.get_text() for text in axes.figure.legends[0].get_texts()] == ["a", "b", "worse"]
    assert axes.get_xlabel() == "wait p95 (s) (lower is better)"


def test_pareto_of_runs_measures_them():
    runs = [made_run([{"pod": 0, "bound": wait}], scheduler=name) for name, wait in (("a", 3), ("b", 5))]
    assert pareto(runs, "wait.p95", "pending").get_lines()[0].get_xydata().tolist() == [[3, 0]]


def differences(*rows):
    plain = {"metric": "wait.p95", "trace": "t", "margin": 2.0, "mean_baseline": 50.0, "bound": ""}
    return pd.DataFrame([plain | row for row in rows])


def test_intervals_bands_and_open_ends():
    axes = intervals(
        differences(
            {"scheduler": "sure", "difference": -5.0, "low": -6.0, "high": -4.0, "verdict": "better"},
            {"scheduler": "$open$", "difference": 3.0, "low": 1.0, "high": np.inf, "verdict": "worse"}
            | {"bound": "at least"},
            {"scheduler": "one", "difference": 1.0, "low": np.nan, "high": np.nan, "verdict": "identical, n = 1"},
            {"scheduler": "none", "difference": np.nan, "low": np.nan, "high": np.nan, "verdict": "not comparable"},
        )
    )
    assert [text.get_text() for text in axes.get_yticklabels()] == ["sure", "$open$", "one"]
    bars = [line.get_xdata().tolist() for line in axes.get_lines() if line.get_linewidth() == 2.4]
    assert bars == [[-6, -4], [1, 3]]
    assert [text.xyann for text in axes.texts] == [(60, 0)]  # the arrow
    assert len(axes.collections) == 3
    assert axes.get_lines()[-2].get_markerfacecolor() == "white"
    assert "<svg" in svg(axes)


def test_a_difference_of_lower_bounds_is_open_without_an_interval_too():
    one = {"scheduler": "a", "difference": 5.0, "low": np.nan, "high": np.nan, "verdict": "one", "metric": "util.cpu"}
    axes = intervals(differences(one | {"bound": "at most"}, one | {"bound": "unknown"}))
    assert [text.xyann for text in axes.texts] == [(-60, 0), (-60, 0), (60, 0)]
    assert axes.get_xlabel() == "difference in util cpu (percentage points)"


def test_intervals_over_traces_are_shares_of_the_baseline():
    row = {"scheduler": "a", "difference": 5.0, "low": 4.0, "high": 6.0, "verdict": "worse"}
    axes = intervals(differences(row, row | {"trace": "u", "mean_baseline": 500.0}))
    bars = [line.get_xdata().tolist() for line in axes.get_lines() if line.get_linewidth() == 2.4]
    assert bars == [pytest.approx([8, 12]), pytest.approx([0.8, 1.2])]
    with says(InputError, "differences of 2 metrics; choose the rows of one metric"):
        intervals(differences(row, row | {"metric": "util.cpu"}))


def decided(node):
    return made_run(
        [{"pod": 0, "bound": 10, "node": "x"}, {"pod": 1, "bound": 20, "node": node}],
        decisions=[{"time": 10, "pod": 0, "attempt": 0, "verb": "bind", "node": "x", "reason": ""},
                   {"time": 20, "pod": 1, "attempt": 0, "verb": "bind", "node": node, "reason": ""}],
    )  # fmt: skip


def test_divergence_marks_where_it_begins():
    axes = divergence(decided("x"), decided("y"))
    curve, mark = axes.get_lines()
    assert (curve.get_ydata()[0], curve.get_ydata()[-1]) == (0, 0.5)
    assert set(mark.get_xdata()) == {20}
    assert axes.texts[0].get_text() == "first divergence: pod-1"
    assert divergence(decided("x"), decided("x")).texts[0].get_text() == "all decisions are the same"


def test_distribution_counts_the_pods_that_were_never_placed():
    run = made_run([{"pod": i, "bound": bound} for i, bound in enumerate([0, 1, 2, None])])
    curve, dot = distribution(run).get_lines()
    assert curve.get_ydata()[-1] == 0.75
    assert dot.get_ydata()[0] == 0.75
    axes = distribution([run, made_run([{"pod": 0}], scheduler="b")], lambda run: (np.array([1.0]), np.array([False])))
    assert [line.get_ydata()[-1] for line in axes.get_lines()] == [1, 1]
    assert distribution(run, lambda run: None, "slowdown").get_xlabel() == "slowdown"


@pytest.mark.parametrize(("most", "ticks"), [(1.0, [1, 2]), (30.0, [1, 2, 5, 10, 20])])
def test_a_distribution_begins_where_its_quantity_does(most, ticks):
    axes = distribution(made_run([{"pod": 0}]), lambda run: (np.array([1, most]), np.zeros(2, bool)), "x", 1.0)
    assert (axes.get_xlim(), axes.get_xscale()) == ((1, max(most, 2)), "log")
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == ticks
    assert [axes.xaxis.get_major_formatter()(tick) for tick in ticks] == [str(tick) for tick in ticks]


def test_timelines_of_columns_in_their_units():
    run = made_run([{"pod": 0}], samples=[{"time": 0, "used.cpu": 2000}, {"time": 50, "used.cpu": 4000}])
    axes = timeline(run, "used.cpu", "alloc.cpu")
    used, alloc = axes.get_lines()
    assert (used.get_ydata()[0], used.get_ydata()[-1], alloc.get_ydata()[0]) == (2, 4, 1)
    assert axes.get_ylabel() == "cores"
    assert timeline(run).get_ylabel() == "pending"
    assert timeline(run).get_yticks().tolist() == [0, 1]  # pods are whole
    with says(InputError, "there is no sampled column 'used.gpu'; known: used.cpu, stranded.cpu, usage.cpu"):
        timeline(run, "used.gpu")
    with says(InputError, "pending, used.cpu have different units; plot them apart"):
        timeline(run, "pending", "used.cpu")
    assert run.end == 100 * SECOND
