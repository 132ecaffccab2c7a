"""Decision times as texts, in a profile, and what of them is stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import says

from schedlab import InputError, Profile
from schedlab.scoring.decision_time import DecisionTime

MEND = "write such as 5ms, 5ms+0.2us/node, or measured"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("5ms", DecisionTime(5000)),
        ("5 ms + 0.2 us/node", DecisionTime(5000, 0.2)),
        ("1us/node+2s+3ms", DecisionTime(2_003_000, 1)),
        ("measured", DecisionTime(measured=True)),
        ("measured * 2.5", DecisionTime(measured=True, factor=2.5)),
    ],
)
def test_a_text_is_read(text: str, read: DecisionTime) -> None:
    assert DecisionTime.parse(text) == read
    assert Profile.of("kubernetes", decision_time=text).decision_time == read


TIMES = st.floats(0, 86_400e6) | st.integers(0, 86_400_000_000).map(float)


@given(TIMES, TIMES, st.booleans(), st.floats(1e-300, 1e300))
def test_what_is_written_is_read_back(constant: float, per_node: float, measured: bool, factor: float) -> None:
    charge = DecisionTime(measured=True, factor=factor) if measured else DecisionTime(constant, per_node)
    assert DecisionTime.parse(str(charge)) == charge


def test_texts_are_as_a_person_would_write_them() -> None:
    charges = (DecisionTime(5000, 0.2), DecisionTime(2_500_000), DecisionTime(7_000_000), DecisionTime(0, 1e-7))
    assert list(map(str, charges)) == ["5ms+0.2us/node", "2500ms", "7s", "0.0000001us/node"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("5", "decision time '5': '5' is no time"),
        ("5ms+", "decision time '5ms+': '' is no time"),
        ("5ms*2", "decision time '5ms*2': '5ms*2' is no time"),
        ("-5ms", "decision time '-5ms': '-5ms' is no time"),
        ("measured*0", "decision time 'measured*0': the factor is no positive number"),
        ("measured*nan", "decision time 'measured*nan': the factor is no positive number"),
        ("2s+86400s", "decision time '2s+86400s' is above a day"),
    ],
)
def test_a_wrong_text_is_refused_in_one_line(text: str, told: str) -> None:
    with says(InputError, f"{told}; {MEND}"):
        Profile.of("kubernetes", decision_time=text)


def test_a_long_number_is_refused() -> None:
    with pytest.raises(InputError, match="is above a day"):
        DecisionTime.parse("9" * 400 + "s")


def test_no_time_is_none() -> None:
    for nothing in ("0s", "0us/node", DecisionTime(), None):
        profile = Profile.of("kubernetes", decision_time=nothing)
        assert profile.decision_time is None
        assert profile.describe() == Profile.of("kubernetes").describe()


def test_a_profile_keeps_its_own_unless_another_is_given() -> None:
    slow = Profile.of("best_fit", decision_time="5ms")
    assert Profile.of(slow) is slow
    assert Profile.of(slow, decision_time="1s").decision_time == DecisionTime(1_000_000)
    assert Profile.of(slow, decision_time="0s").decision_time is None


def test_it_is_told_with_a_result() -> None:
    told = Profile.of("best_fit", decision_time="5ms").describe()
    assert told == Profile.of("best_fit").describe() | {"decision_time": "5ms"}
    assert Profile.of("best_fit", decision_time="5ms").reproducible
    assert not Profile.of("best_fit", decision_time="measured").reproducible
