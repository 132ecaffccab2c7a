"""Times and quantities as people write them."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedlab.errors import InputError
from schedlab.workload.units import capacity, devices, microseconds, millicores, nanocores, span, units

FACTORS = {"": 10**6, "us": 1, "ms": 1000, "s": 10**6, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90", 90_000_000),
        ("90s", 90_000_000),
        ("1.5h", 5_400_000_000),
        ("2h30m", 9_000_000_000),
        ("2 h 30m", 9_000_000_000),
        ("250ms", 250_000),
        ("1d", 86_400_000_000),
        ("0.1", 100_000),
        ("1e3", 1_000_000_000),
        ("3us", 3),
        ("9007199254.740992", 2**53),
    ],
)
def test_times(text: str, expected: int) -> None:
    assert microseconds(text) == expected


@pytest.mark.parametrize("text", ["", "-1", "h", "1h-5m", "1 2", "nan", "inf", "1e999", "5x", "0x10", "1_000", "²"])
def test_not_times(text: str) -> None:
    with pytest.raises(InputError):
        microseconds(text)


def test_the_shortest_run_time_is_a_microsecond() -> None:
    assert (span("0"), span("2us")) == (1, 2)


@given(st.lists(st.tuples(st.decimals(0, 999, places=3), st.sampled_from(sorted(FACTORS))), min_size=1, max_size=3))
def test_times_are_exact_sums(terms: list[tuple[object, str]]) -> None:
    terms = terms if len(terms) == 1 else [(number, unit or "s") for number, unit in terms]
    text = "".join(f"{number}{unit}" for number, unit in terms)
    parts = re.findall(r"([\d.]+)([a-z]*)", text)
    assert microseconds(text) == round(sum(Fraction(number) * FACTORS[unit] for number, unit in parts))


def test_quantities() -> None:
    assert (millicores("0.5"), millicores("1m"), millicores("0.1m"), nanocores("0.1m")) == (500, 1, 1, 100_000)
    assert (units("2Gi"), units("1k"), units("1.5"), devices("3")) == (2**31, 1000, 2, 3)


def test_capacity_is_bounded() -> None:
    assert capacity("64Ti", 2**46) == 2**46
    with pytest.raises(InputError, match=r"'65Ti' is above 2\^46"):
        capacity("65Ti", 65 * 2**40)


@given(st.text(max_size=12))
def test_any_other_text_is_refused_in_one_line(text: str) -> None:
    for read in (microseconds, millicores, units, devices):
        problem = ""
        try:
            assert read(text) >= 0
        except InputError as error:
            problem = str(error)
        assert "\n" not in problem
