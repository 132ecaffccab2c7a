"""What becomes of pods that are left unschedulable, against a loop over every tick and trial."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schedlab.scheduling.retries import SECOND, flushed, next_flush, relived

TICKS = 30 * SECOND


def lived(stamp: int, failures: int, retries: list[int], now: int) -> tuple[int, int]:
    """Return stamp and failures of a pod that is tried at some times and whenever it is flushed before ``now``."""
    things = [(time, "retry") for time in retries] + [(tick, "tick") for tick in range(0, now, TICKS)]
    for time, what in sorted(things):
        if what == "retry" or (time > stamp + 300 * SECOND and time not in retries):
            stamp, failures = time, failures + 1
    return stamp, failures


def test_a_pod_is_flushed_by_the_first_look_after_more_than_five_minutes() -> None:
    assert next_flush(0) == 330 * SECOND  # 300 s are not more than 300 s
    assert next_flush(1) == 330 * SECOND
    assert next_flush(29_999_999) == 330 * SECOND
    assert next_flush(30 * SECOND) == 360 * SECOND
    assert flushed(5, 330 * SECOND) == (5, 0)
    assert flushed(5, 330 * SECOND + 1) == (330 * SECOND, 1)
    assert flushed(5, 1000 * SECOND) == (990 * SECOND, 3)


times = st.integers(0, 2500).map(lambda second: second * SECOND) | st.integers(0, 2500 * SECOND)


@given(times, times)
def test_flushing_is_that_of_a_loop_over_the_ticks(one: int, other: int) -> None:
    stamp, now = sorted((one, other))
    assert flushed(stamp, now) == lived(stamp, 0, [], now)
    ticks = (tick for tick in range(0, stamp + 400 * SECOND, TICKS) if tick > stamp + 300 * SECOND)
    assert next_flush(stamp) == next(ticks)


@given(st.lists(times, min_size=2, max_size=14, unique=True), st.integers(0, 7), st.integers(0, 3), st.integers(1, 6))
def test_reliving_is_that_of_a_loop_over_ticks_and_trials(
    drawn: list[int], failures: int, missed: int, limit: int
) -> None:
    """The first trials were before it was put aside."""
    *retries, now = sorted(drawn)
    first = min(missed, len(retries) - 1)
    stamp = retries[first]
    expected, count = lived(stamp, failures, retries[first + 1 :], now)
    found = relived(stamp, min(failures, limit), retries, range(first + 1, len(retries)), now, limit)
    assert found == (expected, min(count, limit))
