"""The comparison and its texts, against loops and literal cells."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedlab.experiments.comparison import Line, Mean, means
from schedlab.experiments.comparison.means import scarcest
from schedlab.experiments.table import bounded, cell, columns, counted, differences, summary_texts


def rows(*runs):
    return pd.DataFrame([{"trace": "t", "replicate": 0, "tie": 0, "run": "", "error": "", **run} for run in runs])


def test_replicates_become_mean_and_half_range():
    found = means(
        rows(
            {"scheduler": "a", "pending": 4, "wait.p95": 10.0, "wait.p95.censored": False},
            {"scheduler": "a", "pending": 1, "wait.p95": 30.0, "wait.p95.censored": True},
            {"scheduler": "b", "pending": 2, "wait.p95": 5.0, "wait.p95.censored": False},
            {"scheduler": "b", "pending": 3, "wait.p95": 5.0, "wait.p95.censored": False},
        )
    )
    better, worse = found["t"]
    assert (better.scheduler, worse.scheduler) == ("b", "a")  # 2.5 pods each, then the wait
    assert worse.metrics == {"pending": Mean(2.5, 1.5), "wait.p95": Mean(20.0, 10.0, censored=True)}
    assert better.metrics["wait.p95"] == Mean(5.0, 0.0)


def test_failed_runs_are_counted_but_not_averaged_and_come_last():
    found = means(
        rows(
            {"scheduler": "dead", "error": "why"},
            {"scheduler": "half", "error": "why"},
            {"scheduler": "half", "pending": 7},
            {"scheduler": "sound", "pending": 9},
        )
    )["t"]
    assert [(line.scheduler, line.runs, line.replicates) for line in found] == [
        ("half", 1, 2),
        ("sound", 1, 1),
        ("dead", 0, 1),
    ]
    assert found[0].metrics["pending"].mean == 7


def test_each_trace_has_its_table_and_only_its_metrics():
    frame = pd.DataFrame(
        [
            {"trace": "t", "scheduler": "a", "replicate": 0, "tie": 0, "run": "", "error": "", "util.cpu": 0.5},
            {
                "trace": "u",
                "scheduler": "a",
                "replicate": 0,
                "tie": 0,
                "run": "",
                "error": "",
                "util.cpu": 0.5,
                "util.gpu": 0.9,
            },
        ]
    )
    found = means(frame)
    assert list(found["t"][0].metrics) == ["util.cpu"]
    assert scarcest(found["t"]) == "cpu"
    assert scarcest(found["u"]) == "gpu"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50)), min_size=1, max_size=20))
def test_means_are_those_of_a_loop_and_order_follows_them(runs):
    lines = means(rows(*({"scheduler": name, "pending": count} for name, count in runs)))["t"]
    for line in lines:
        own = [count for name, count in runs if name == line.scheduler]
        assert line.metrics["pending"].mean == pytest.approx(sum(own) / len(own))
        assert line.metrics["pending"].half_range == (max(own) - min(own)) / 2
        assert line.runs == len(own)
    found = [line.metrics["pending"].mean for line in lines]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("metric", "found", "texts"),
    [
        ("wait.p95", Mean(1234.4, 0.0, censored=True), ("≥ 1,234", "")),
        ("wait.p50", Mean(0.0, 0.0), ("0", "")),
        ("wait.p50", Mean(12.34, 1.26), ("12.3", "±1.3")),
        ("util.cpu", Mean(0.8312, 0.004), ("83.1", "±0.4")),
        ("placed", Mean(14692.0, 12.0), ("14,692", "±12")),
        ("evictions", Mean(7.5, 1.5), ("7.5", "±1.5")),
        ("evictions", Mean(0.0125, 0.5), ("0.0", "±0.5")),
        ("stranded.cpu", Mean(0.00057, 0.0), ("0.057", "")),
        ("stranded.cpu", Mean(0.0, 0.0), ("0", "")),
        ("bytes_moved", Mean(1.5 * 2**40, 2.0**39), ("1.50 TiB", "±0.50")),
        ("bytes_moved", Mean(0.0, 0.0), ("0 B", "")),
        ("pods_per_s", Mean(5036.2, 546.0), ("5,036", "±546")),
        ("wait.p99", Mean(math.nan, math.nan), ("-", "")),
        ("wait.p99", None, ("-", "")),
    ],
)
def test_cells(metric, found, texts):
    assert tuple(cell(metric, found)) == texts


def test_columns_are_those_that_the_cluster_has():
    known = ("pods", "placed", "pending", "util.cpu", "util.gpu", "stranded.cpu", "stranded.gpu", "wait.p95")
    shares = {"util.cpu": 0.4, "util.gpu": 0.9}
    line = Line("a", 1, 1, {name: Mean(shares.get(name, 1.0), 0.0) for name in known})
    assert [column.metric for column in columns([line])] == [
        "placed", "pending", "util.cpu", "util.gpu", "stranded.gpu", "wait.p95"
    ]  # fmt: skip
    assert [(column.heading, column.unit) for column in columns([line])][1:3] == [
        ("pending", ""),
        ("util cpu", "%"),
    ]


def test_a_summary_as_texts_marks_lower_bounds():
    summary = pd.Series({"pods": 3, "wait.p50": 20.0, "wait.p50.censored": True, "util.cpu": 0.5}, dtype=object)
    assert summary_texts(summary, {}) == [("pods", "3"), ("wait.p50", "≥ 20.0 s"), ("util.cpu", "50.0 %")]


@pytest.mark.parametrize(
    ("metric", "values", "texts"),
    [
        ("stranded.cpu", [0.105, -math.inf, math.inf], ["+10.5", "-∞", "+∞", "pp"]),
        ("stranded.cpu", [0.00002], ["+0.0020", "pp"]),
        ("pending", [0.004], ["+0.0040", ""]),
        ("wait.p95", [-9017.2, 3.0], ["-9,017", "+3", "s"]),
        ("bytes_moved", [-(2.0**31), 2.0**30], ["-2.00", "+1.00", "GiB"]),
    ],
)
def test_differences_have_signs_and_one_unit(metric, values, texts):
    assert differences(metric, values) == texts


def test_a_difference_of_lower_bounds_is_told_as_what_it_is():
    assert [bounded("+2 s", bound) for bound in ("", "at most", "at least", "unknown")] == [
        "+2 s", "≤ +2 s", "≥ +2 s", "unknown"
    ]  # fmt: skip


def test_nouns_follow_their_number():
    assert [counted(count, "run") for count in (0, 1, 2000)] == ["0 runs", "1 run", "2,000 runs"]
