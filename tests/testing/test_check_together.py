"""check_plugin holds policies that place pods together to their contract."""

import pytest

from schedlab.plugins.api import together
from schedlab.plugins.together.contract import Ask
from schedlab.testing import check_plugin


class Strangers:
    """A policy that asks about pods that do not wait."""

    every, pod_by_pod, rejects = 0.0, False, False

    @together
    def ask(self, view, pending):
        return Ask((10_000,), ("pods",), 1.0)


class Settled(Strangers):
    """A policy that lets a pod move that runs nowhere."""

    @together
    def ask(self, view, pending):
        return Ask(pending, ("pods",), 1.0, movable=pending)


class Silent:
    """A policy that does not say what becomes of who is left."""

    @together
    def ask(self, view, pending):
        return None


@pytest.mark.parametrize(
    ("rule", "told"),
    [(Strangers, "none of those that wait"), (Settled, "runs nowhere"), (Silent, "does not say 'every'")],
)
def test_a_policy_that_places_together_is_held_to_its_contract(rule, told):
    report = check_plugin(rule, timed=())
    assert [verdict.name for verdict in report.verdicts if not verdict.ok] == ["together"]
    assert told in str(report)
