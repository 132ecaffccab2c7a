"""Which tolerations cover which taints."""

import pytest

from schedlab.objects import Taint, Toleration, tolerates

SPOT = Taint(key="spot", value="yes", effect="NoSchedule")


@pytest.mark.parametrize(
    ("toleration", "verdict"),
    [
        (Toleration(operator="Exists"), True),
        (Toleration(key="spot", operator="Exists"), True),
        (Toleration(key="gpu", operator="Exists"), False),
        (Toleration(key="spot", value="yes"), True),
        (Toleration(key="spot", operator="Equal", value="yes", effect="NoSchedule"), True),
        (Toleration(key="spot", value="yes", effect="NoExecute"), False),
        (Toleration(key="spot", value="yes", effect="NoSchedule", toleration_seconds=1), True),
        (Toleration(key="spot"), False),
        (Toleration(value="yes"), True),
        (Toleration(operator="Exists", effect="PreferNoSchedule"), False),
    ],
)
def test_a_toleration_covers_a_taint(toleration: Toleration, verdict: bool) -> None:
    assert toleration.tolerates(SPOT) is verdict
    assert tolerates([Toleration(key="other"), toleration], SPOT) is verdict


def test_no_toleration_covers_nothing() -> None:
    assert not tolerates([], SPOT)
