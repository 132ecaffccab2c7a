"""Normalisers: kube-scheduler's floors, plain min-max, and only the feasible nodes count."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedlab.scoring.normalize import normalize

ALL = np.ones(4, np.bool_)


@pytest.mark.parametrize(
    ("how", "raw", "expected"),
    [
        ("none", [3, -1, 0, 7.5], [3, -1, 0, 7.5]),
        ("max", [1, 2, 3, 7], [14, 28, 42, 100]),
        ("max", [29, 57, 58, 100], [29, 57, 58, 100]),  # 0.29 * 100 is less than 29
        ("max", [0, 0, 0, 0], [0, 0, 0, 0]),
        ("max", [5, 5, 5, 5], [100, 100, 100, 100]),
        ("reversed_max", [1, 2, 3, 7], [86, 72, 58, 0]),
        ("reversed_max", [0, 0, 0, 0], [100, 100, 100, 100]),
        ("min_max", [1, 2, 4, 9], [0, 12.5, 37.5, 100]),
        ("min_max", [-3, -3, 5, 1], [0, 0, 100, 50]),
        ("min_max", [4, 4, 4, 4], [0, 0, 0, 0]),
    ],
)
def test_by_hand(how: Any, raw: list[float], expected: list[float]) -> None:
    assert normalize(np.array(raw), ALL, how).tolist() == expected


def test_infeasible_nodes_set_no_scale() -> None:
    raw, feasible = np.array([100.0, 1.0, 2.0, -50.0]), np.array([False, True, True, False])
    assert normalize(raw, feasible, "max")[feasible].tolist() == [50, 100]
    assert normalize(raw, feasible, "reversed_max")[feasible].tolist() == [50, 0]
    assert normalize(raw, feasible, "min_max")[feasible].tolist() == [0, 100]


def test_a_normaliser_of_ones_own_gets_raw_scores_and_feasible_nodes() -> None:
    feasible = np.array([True, False, True, True])
    found = normalize(np.array([1, 9, 3, 4]), feasible, lambda raw, feasible: raw / raw[feasible].sum())
    assert found[feasible].tolist() == [0.125, 0.375, 0.5]


@pytest.mark.parametrize("how", ["max", "reversed_max", "min_max"])
def test_narrow_types_do_not_overflow(how: Any) -> None:
    raw = [-100, 100, 127, 0]
    for dtype in (np.int8, np.int16, np.float32):
        assert normalize(np.array(raw, dtype), ALL, how).tolist() == normalize(np.array(raw, float), ALL, how).tolist()
    truth = np.array([True, False, True, True])
    assert normalize(truth, ALL, how).tolist() == normalize(truth.astype(float), ALL, how).tolist()


def test_the_raw_scores_stay_as_they_are() -> None:
    raw = np.array([1.0, 2.0, 3.0, 7.0])
    for how in ("none", "max", "reversed_max", "min_max"):
        normalize(raw, ALL, how)
    assert raw.tolist() == [1, 2, 3, 7]


SCORES = st.lists(st.tuples(st.integers(0, 2**40), st.booleans()), min_size=1, max_size=8).filter(
    lambda scored: any(feasible for _, feasible in scored)
)


@given(SCORES)
def test_integers_come_out_as_in_kubernetes(scored: list[tuple[int, bool]]) -> None:
    raw, feasible = np.array([s for s, _ in scored]), np.array([f for _, f in scored])
    chosen = [score for score, passes in scored if passes]
    most = max(chosen)
    floors = [100 * score // most if most else 0 for score in chosen]
    assert normalize(raw, feasible, "max")[feasible].tolist() == floors
    assert normalize(raw, feasible, "reversed_max")[feasible].tolist() == [100 - floor for floor in floors]
    low = min(chosen)
    exact = [Fraction(100 * (score - low), most - low) if most > low else 0 for score in chosen]
    assert normalize(raw, feasible, "min_max")[feasible] == pytest.approx([float(each) for each in exact], rel=1e-12)
