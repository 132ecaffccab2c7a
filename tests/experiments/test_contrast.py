"""Two runs side by side: differences of lower bounds are never told as exact."""

import pytest
from handmade import made_run

from schedlab.experiments.contrast import measured

PLACED, WAITS = made_run([{"pod": 0, "bound": 2}]), made_run([{"pod": 0}])


@pytest.mark.parametrize(
    ("a", "b", "bound", "text"),
    [
        (PLACED, PLACED, "", "+0 s"),
        (PLACED, WAITS, "at least", "≥ +98.0 s"),
        (WAITS, PLACED, "at most", "≤ -98.0 s"),
        (WAITS, WAITS, "unknown", "unknown"),
    ],
)
def test_waits_to_the_end_are_lower_bounds(a, b, bound, text):
    found = {each.metric: each for each in measured(a, b)}["wait.p95"]
    assert (found.bound, found.difference) == (bound, text)


def test_shares_differ_by_percentage_points():
    some = made_run([{"pod": 0}], samples=[{"stranded.cpu": 100}])
    assert {each.metric: each.difference for each in measured(PLACED, some)}["stranded.cpu"] == "+10.0 pp"
