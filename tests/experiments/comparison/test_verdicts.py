"""Comparisons worked by hand, and against a plain loop over replicates."""

import math
import statistics

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import t
from tiny import says

from schedlab.errors import InputError
from schedlab.experiments.comparison import compare
from schedlab.experiments.comparison.needed import CAP
from schedlab.experiments.comparison.significance import corrected


def table(values, metric="wait.p95", trace="t", bounds=None):
    """Return runs from scheduler -> values by replicate; None is a run that failed."""
    return pd.DataFrame(
        [
            {
                "trace": trace,
                "scheduler": scheduler,
                "replicate": replicate,
                "tie": 0,
                "run": "",
                "error": "why" if value is None else "",
                metric: math.nan if value is None else value,
                f"{metric}.censored": bool(bounds and bounds.get(scheduler, [False] * 99)[replicate]),
            }
            for scheduler, of in values.items()
            for replicate, value in enumerate(of)
        ]
    )


def lower(_):
    return "lower"


def verdict(base, other, *, better=lower, bounds=None, **settings):
    (found,) = compare(
        table({"a": base, "b": other}, bounds=bounds), baselines=["a"], better=better, **settings
    ).verdicts
    return found


def test_three_replicates_by_hand():
    found = verdict([10, 10, 10], [11, 12, 13])
    assert (found.n, found.mean_baseline, found.mean_scheduler, found.difference, found.ratio) == (3, 10, 12, 2, 1.2)
    assert (found.low, found.high) == pytest.approx((2 - 2.48414, 2 + 2.48414), abs=1e-5)  # 4.30265 / sqrt(3)
    assert found.p == found.p_adjusted == pytest.approx(0.0741799, abs=1e-6)
    assert found.effect == pytest.approx(2 * math.sqrt(1 / math.pi))  # d_z = 2, Hedges' factor for 2 degrees
    assert (found.wins, found.losses) == (0, 3)
    assert (found.verdict, found.needed_text) == ("undecided", "1 more replicate")  # 3.18245 / sqrt(4) < 2


def test_clear_cases():
    assert verdict([10, 11, 12, 13, 14], [5, 6.1, 7, 8, 9.1]).verdict == "better"
    assert verdict([10, 11, 12, 13, 14], [15, 16.1, 17, 18, 19.1]).verdict == "worse"
    assert verdict([10, 11, 12, 13, 14], [15, 16.1, 17, 18, 19.1], better=lambda _: "higher").verdict == "better"
    assert verdict([10, 11, 12], [10.1, 11.1, 12.11]).verdict == "equivalent"
    found = verdict([10, 11, 12, 13, 14], [15, 16.1, 17, 18, 19.1], better=lambda _: None, metrics=["wait"])
    assert (found.verdict, found.wins) == ("higher", 0)


def test_one_replicate_has_no_verdict():
    found = verdict([10], [12])
    assert (found.verdict, found.difference) == ("deterministic difference, n = 1", 2)
    assert math.isnan(found.low)
    assert math.isnan(found.p)
    assert verdict([10], [10]).verdict == "identical, n = 1"


def test_identical_replicates_are_equivalent_whatever_the_margin():
    found = verdict([0, 3, 5], [0, 3, 5], margin=0)
    assert (found.verdict, found.difference, found.low, found.high, found.p) == ("equivalent", 0, 0, 0, 1)
    assert verdict([0.1 + 0.2, 1.0], [0.3, 1.0], margin=0).verdict == "equivalent"  # the order of additions


def test_equal_differences_prove_no_more_than_their_number():
    """A count that differs by 1 in both of two replicates has no spread; Student's t would be infinitely sure."""
    assert verdict([1, 1], [2, 2]).p == 0.5
    assert verdict([1, 1], [2, 2]).verdict == "undecided"
    assert verdict([1] * 5, [2] * 5).verdict == "undecided"
    assert verdict([1] * 6, [2] * 6).verdict == "worse"
    assert verdict([1] * 9, [2] * 9).verdict == "worse"  # the bootstrap knows nothing of such rows either


def test_missing_replicates_are_left_out_and_counted():
    found = verdict([10, None, 12, 13], [11, 12, None, 14])
    assert (found.n, found.left_out, found.mean_baseline) == (2, 2, 11.5)
    found = verdict([10, 11], [None, None])
    assert (found.n, found.left_out, found.verdict) == (0, 2, "not comparable")
    assert compare(table({"a": [None], "b": [None]}), baselines=["a"], better=lower).verdicts == ()


def test_replicates_needed_are_capped():
    found = verdict([10, 11, 10, 11], [11, 10.01, 11, 10.01], margin=0)
    assert (found.verdict, found.needed, found.needed_text) == ("undecided", CAP + 1, "more than 1000 more replicates")


class TestLowerBounds:
    def test_a_bound_above_what_is_exact_is_proof(self):
        found = verdict([100, 101, 103, 100], [50, 51, 52, 51], bounds={"a": [True, False, True, False]})
        assert (found.verdict, found.bound, found.low) == ("better", "at most", -math.inf)
        assert (found.baseline_bounds, found.scheduler_bounds) == (2, 0)
        found = verdict([50, 51, 52, 51], [100, 101, 103, 100], bounds={"b": [True] * 4})
        assert (found.verdict, found.bound, found.high) == ("worse", "at least", math.inf)

    def test_a_bound_below_what_is_exact_proves_nothing(self):
        found = verdict([50, 51, 52, 51], [100, 101, 103, 100], bounds={"a": [True] * 4})
        assert (found.verdict, found.needed) == ("undecided", None)
        assert (
            found.reason == "the baseline's value is a lower bound in 4 of 4: the difference may be less, and negative"
        )
        assert math.isnan(found.p)  # and takes no part in the correction

    def test_bounds_on_both_sides_leave_the_sign_unknown(self):
        found = verdict([1, 2, 3], [100, 101, 103], bounds={"a": [True, False, False], "b": [False, True, False]})
        assert found.verdict == "undecided"
        assert found.reason.startswith("lower bounds on both sides (baseline 1 of 3, scheduler 1 of 3)")

    def test_equal_bounds_are_not_equivalent(self):
        assert verdict([5, 6, 7], [5, 6, 7], bounds={"a": [True] * 3, "b": [True] * 3}).verdict == "undecided"
        assert verdict([5], [5], bounds={"a": [True]}).verdict == "undecided, n = 1"
        assert verdict([5], [4], bounds={"a": [True]}).verdict == "deterministic difference, n = 1"


class TestMargins:
    base, other = [100.0, 200, 300], [103.0, 203.1, 303]

    @pytest.mark.parametrize(
        ("margin", "band", "word"),
        [
            (0.02, 4, "equivalent"),
            (0.01, 2, "worse"),
            ({"wait": "5%"}, 10, "equivalent"),
            ({"wait": "5%", "wait.p95": 1.5}, 1.5, "worse"),
            ({}, 4, "equivalent"),
        ],
    )
    def test_they_are_shares_or_absolute(self, margin, band, word):
        found = verdict(self.base, self.other, margin=margin)
        assert (found.margin, found.verdict) == (pytest.approx(band), word)

    def test_a_share_of_nothing_is_no_band_and_the_reason_says_so(self):
        share = "the margin is a share of 0, so that only equal runs are equivalent; give an amount"
        assert verdict([0, 0, 0], [0, 0, 1]).reason == share
        assert verdict([0, 0, 0], [0, 0, 1], margin={"wait": "5%"}).reason == share
        assert verdict([0, 0, 0], [0, 0, 1], margin={"wait": 0.0}).reason == ""
        assert verdict([0, 1, 0], [0, 0, 1]).reason == ""
        assert verdict([0, 0, 0], [0, 0, 0]).verdict == "equivalent"
        both = verdict([0, 0, 0], [0, 0, 1], bounds={"a": [True] * 3}).reason
        assert both.startswith("the baseline's value is a lower bound in 3 of 3")
        assert both.endswith(f"; {share}")

    @pytest.mark.parametrize(
        ("margin", "text"),
        [
            ({"wiat": 1}, "field margin: there is no metric 'wiat'; known: wait, wait.p95"),
            ({"wait": "5"}, "field margin.wait: '5' is no margin; give a number in the metric's unit, or 5%"),
            ({"wait": "five%"}, "field margin.wait: 'five%' is no margin; give a number in the metric's unit, or 5%"),
            (-0.1, "field margin: -0.1 is no margin; give a number in the metric's unit, or 5%"),
        ],
    )
    def test_what_is_none_is_refused(self, margin, text):
        with says(InputError, text):
            verdict(self.base, self.other, margin=margin)


def test_unknown_names_are_refused_with_the_nearest():
    rows = table({"best_fit": [1], "worst_fit": [2]})
    with says(InputError, "there is no scheduler 'best-fit' for a baseline; known: best_fit, worst_fit"):
        compare(rows, baselines=["best-fit"], better=lower)
    with says(InputError, "there is no metric 'wait.p59'; known: wait.p95, wait"):
        compare(rows, baselines=["best_fit"], better=lower, metrics=["wait.p59"])
    with says(InputError, "field confidence: confidence 95; give a share such as 0.95"):
        compare(rows, baselines=["best_fit"], better=lower, confidence=95)
    with says(InputError, "field replicate: two runs of best_fit on t, replicate 0; keep one of them"):
        compare(pd.concat([rows, rows]), baselines=["best_fit"], better=lower)


def test_the_correction_is_over_all_that_is_compared():
    """Of Benjamini and Hochberg, by hand: 3 * 0.01, then the least of 3/2 * 0.03 and 0.04."""
    assert corrected(pd.Series([0.01, math.nan, 0.04, 0.03]).to_numpy())[[0, 2, 3]] == pytest.approx([0.03, 0.04, 0.04])
    clear, noise = [5, 6.1, 7, 8], [10.3, 10.5, 12.9, 12.6]
    alone = compare(table({"a": [10, 11, 12, 13], "b": clear}), baselines=["a"], better=lower).verdicts
    many = {"a": [10, 11, 12, 13], "b": clear} | {f"c{i}": noise for i in range(20)}
    crowd = compare(table(many), baselines=["a"], better=lower).verdicts
    assert crowd[0].p == alone[0].p
    assert crowd[0].p_adjusted == pytest.approx(21 * alone[0].p_adjusted)


def test_each_trace_and_metric_is_compared_where_it_is_known():
    first, second = table({"a": [1, 2], "b": [2, 3]}), table({"a": [1, 2], "b": [2, 3]}, "util.gpu", "u")
    found = compare(pd.concat([first, second]), baselines=["a", "b"], better=lower)
    assert [(each.trace, each.metric, each.baseline, each.scheduler) for each in found.verdicts] == [
        ("t", "wait.p95", "a", "b"),
        ("t", "wait.p95", "b", "a"),
        ("u", "util.gpu", "a", "b"),
        ("u", "util.gpu", "b", "a"),
    ]
    assert found.to_frame()["difference"].tolist() == [1, -1, 1, -1]


def test_what_depends_on_the_host_is_compared_only_if_it_is_named():
    rows = table({"a": [1, 2], "b": [2, 3]}, "pods_per_s")
    assert compare(rows, baselines=["a"], better=lower).metrics == ()
    assert compare(rows, baselines=["a"], better=lower, metrics=["pods_per_s"]).metrics == ("pods_per_s",)


VALUES = st.integers(0, 40).map(lambda value: value / 4)
SIDES = st.integers(2, 12).flatmap(lambda n: st.tuples(*(st.lists(VALUES, min_size=n, max_size=n),) * 2))


@given(SIDES, st.sampled_from([0.0, 0.5, 3.0]))
def test_small_samples_are_judged_as_a_loop_judges_them(sides, margin):
    base, other = (side[:7] for side in sides)  # below 8 the interval is Student's
    differences = [b - a for a, b in zip(base, other, strict=True)]
    n, mean, spread = len(differences), statistics.fmean(differences), statistics.stdev(differences)
    assume(spread > 0)
    half = float(t.isf(0.025, n - 1)) * spread / math.sqrt(n)
    if mean - half >= -margin and mean + half <= margin:
        expected = "equivalent"
    elif mean + half < 0:
        expected = "better"
    else:
        expected = "worse" if mean - half > 0 else "undecided"
    found = verdict(base, other, margin={"wait": margin})
    assume(min(abs(abs(mean) - half), abs(abs(mean) + half - margin)) > 1e-9)  # on the edge roundings decide
    assert found.verdict == expected
    assert (found.low, found.high) == pytest.approx((mean - half, mean + half))
    assert found.p == pytest.approx(2 * t.sf(abs(mean) / spread * math.sqrt(n), n - 1))
    if found.verdict == "undecided" and found.needed <= CAP:
        enough, one_less = (n + found.needed - less for less in (0, 1))

        def reach(count):
            return float(t.isf(0.025, count - 1)) * spread / math.sqrt(count)

        assert abs(mean) > reach(enough) or abs(mean) + reach(enough) <= margin
        assert abs(mean) <= reach(one_less)
        assert abs(mean) + reach(one_less) > margin


@given(SIDES)
def test_swapping_the_sides_flips_the_verdict(sides):
    base, other = sides
    one, back = (verdict(*pair, margin={"wait": 0.5}) for pair in ((base, other), (other, base)))
    flipped = {"better": "worse", "worse": "better"}
    assert back.verdict == flipped.get(one.verdict, one.verdict)
    assert (back.low, back.high) == pytest.approx((-one.high, -one.low), abs=1e-9)
    assert (back.wins, back.losses, back.needed) == (one.losses, one.wins, one.needed)


@given(SIDES, st.sampled_from([0.25, 8.0, 1024.0]))
def test_a_metric_in_another_unit_has_the_same_verdict(sides, factor):
    one, scaled = (verdict(*([c * v for v in side] for side in sides)) for c in (1.0, factor))
    assert (scaled.verdict, scaled.p, scaled.needed) == (one.verdict, one.p, one.needed)
    assert scaled.low == pytest.approx(factor * one.low)


@given(SIDES, st.randoms(use_true_random=False))
def test_the_names_and_the_order_of_replicates_mean_nothing(sides, random):
    rows = table({"a": sides[0], "b": sides[1]})
    names = list(range(len(sides[0])))
    random.shuffle(names)
    other = rows.assign(replicate=rows["replicate"].map(lambda i: names[i] * 3 + 1)).sample(frac=1, random_state=1)
    order = sorted(range(len(other)), key=lambda i: other.iloc[i]["scheduler"])
    one, two = (compare(table, baselines=["a"], better=lower).verdicts for table in (rows, other.iloc[order]))
    pd.testing.assert_frame_equal(*(pd.DataFrame([vars(each) for each in found]) for found in (one, two)))


@given(SIDES)
def test_better_and_worse_need_test_and_interval(sides):
    found = verdict(*sides, margin=0)
    if found.verdict in ("better", "worse"):
        assert found.p_adjusted <= 0.05
        assert found.high < 0 or found.low > 0
    if found.n >= 8 and found.low < found.high:
        assert (found.p <= 0.05) or (found.low <= 0 <= found.high)  # the interval holds Student's
