"""Ranks over traces, and the spread over tie-break seeds, by hand."""

import math

import pandas as pd
import pytest

from schedlab.experiments.comparison import compare


def rows(values, tie=0, **more):
    """Return runs from (trace, scheduler) -> values by replicate."""
    return pd.DataFrame(
        [
            {"trace": trace, "scheduler": scheduler, "replicate": i, "tie": tie, "run": "", "error": "", "wait": value}
            | more
            for (trace, scheduler), of in values.items()
            for i, value in enumerate(of)
        ]
    )


def compared(table, better="lower"):
    return compare(table, baselines=["a"], better=lambda _: better, metrics=["wait"])


def test_agreement_of_three_traces_by_hand():
    orders = {"t": (1, 2, 3), "u": (1, 3, 2), "v": (2, 1, 3)}
    (found,) = compared(
        rows({(trace, name): [place] for trace, of in orders.items() for name, place in zip("abc", of, strict=True)})
    ).ranks
    assert found.concordance == pytest.approx(12 * 8 / (9 * 24))  # rank sums 4, 6, 8
    assert found.tau == pytest.approx((1 / 3 + 1 / 3 - 1 / 3) / 3)
    assert [standing.ranks for standing in found.standings] == [
        dict(zip("abc", map(float, of), strict=True)) for of in orders.values()
    ]


def test_agreement_at_its_ends():
    same = rows({(trace, name): [place] for trace in "tu" for place, name in enumerate("abc")})
    assert (compared(same).ranks[0].concordance, compared(same).ranks[0].tau) == (1, 1)
    against = rows({("t", "a"): [1], ("t", "b"): [2], ("u", "a"): [2], ("u", "b"): [1]})
    assert (compared(against).ranks[0].concordance, compared(against).ranks[0].tau) == (0, -1)
    assert math.isnan(compared(rows({("t", "a"): [1], ("t", "b"): [2]})).ranks[0].concordance)
    all_equal = rows({(trace, name): [1] for trace in "tu" for name in "ab"})
    assert math.isnan(compared(all_equal).ranks[0].concordance)


def test_the_best_by_the_mean_need_not_stay_the_best():
    found = compared(rows({("t", "a"): [1, 1, 1, 9], ("t", "b"): [2, 2, 1, 2]})).ranks[0].standings[0]
    assert (found.best, found.best_stays, found.replicates) == (("b",), 0.5, 4)  # it shares the third
    found = compared(rows({("t", "a"): [1, 1, 1, 9], ("t", "b"): [2, 2, 1, 2]}), "higher").ranks[0].standings[0]
    assert (found.best, found.ranks) == (("a",), {"a": 1, "b": 2})


def test_those_that_share_the_first_rank_are_all_the_best():
    found = compared(rows({("t", "a"): [1, 3], ("t", "b"): [3, 1], ("t", "c"): [2, 4]})).ranks[0].standings[0]
    assert (found.best, found.best_stays, found.ranks) == (("a", "b"), 1.0, {"a": 1.5, "b": 1.5, "c": 3})
    found = compared(rows({("t", "a"): [0.1 + 0.2], ("t", "b"): [0.3]})).ranks[0].standings[0]
    assert (found.best, found.best_stays) == (("a", "b"), 1.0)  # the order of additions


def test_schedulers_are_ranked_in_the_replicates_that_all_know():
    table = rows({("t", "a"): [5, 1], ("t", "b"): [2, 2], ("t", "dead"): [0, 0]})
    table.loc[table["scheduler"] == "dead", ["error", "wait"]] = ["why", math.nan]
    table.loc[0, ["error", "wait"]] = ["why", math.nan]
    found = compared(table).ranks[0].standings[0]
    assert (found.ranks, found.replicates) == ({"a": 1, "b": 2}, 1)


def test_a_metric_without_a_better_side_has_no_ranks():
    assert compared(rows({("t", "a"): [1], ("t", "b"): [2]}), None).ranks == ()


def test_tie_break_seeds_are_told_apart_and_enter_nothing_else():
    first = rows({("t", "a"): [10, 20], ("t", "b"): [11, 22]})
    others = [rows({("t", "a"): [13, 20], ("t", "b"): [500, 500]}, tie=tie) for tie in (1, 2)]
    found = compared(pd.concat([first, *others]))
    pd.testing.assert_frame_equal(found.to_frame(), compared(first).to_frame())
    assert [each.standings for each in found.ranks] == [each.standings for each in compared(first).ranks]
    a, b = found.ties
    assert (a.scheduler, a.seeds, a.replicates, a.spread, a.widest, a.mean) == ("a", 3, 2, 1.5, 3, 16)
    assert (b.spread, b.widest) == ((489 + 478) / 2, 489)
    assert compared(first).ties == ()


def test_every_part_is_a_table():
    table = pd.concat([rows({("t", "a"): [1, 2], ("t", "b"): [2, 2]}, tie=tie) for tie in (0, 1)])
    found = compared(table)
    assert len(found.to_frame()) == 1
    assert found.to_frame("ranks").to_dict("records") == [
        {"metric": "wait", "trace": "t", "scheduler": "a", "rank": 1.0},
        {"metric": "wait", "trace": "t", "scheduler": "b", "rank": 2.0},
    ]
    assert found.to_frame("ties")["spread"].tolist() == [0.0, 0.0]
