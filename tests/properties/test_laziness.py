"""What a scheduler leaves out as vain is vain: one that tries everybody after every change decides the same."""

import sys
from unittest.mock import patch

import hypothesis.strategies as st
import msgspec
from hypothesis import given, settings
from properties.test_replay import happenings
from worlds import node, pod, world

from schedlab.scheduling.preemption import Preemption
from schedlab.scheduling.waker import Waker
from schedlab.sim import replay
from schedlab.sim.controllers import scheduler

replaying = sys.modules["schedlab.sim.replay"]


class Tireless(Waker):
    """Wakes all that a change may concern, and never thinks that anybody has no hope."""

    def __init__(self, queue, evaluator, preemption, *, lazy):
        super().__init__(queue, evaluator, preemption, lazy=False)

    def placed(self, group, position, now):
        """Note nothing."""
        self.nominated.pop(group, None)

    def look_again(self, now):
        """Put nobody back."""


class Single(scheduler.Scheduler):
    """Gives each pod a verdict of its own."""

    def __init__(self, *given, **more):
        super().__init__(*given, **more)
        self._by_class = False


@st.composite
def crowds(draw):
    """Small nodes, and pods of few sizes and priorities that want them."""
    machines = [
        node(f"n{i}", draw(st.sampled_from([500, 1000, 2000])), 10, pods=draw(st.sampled_from([2, 110])))
        for i in range(draw(st.integers(1, 5)))
    ]
    rows = []
    for i in range(draw(st.integers(2, 14))):
        row = pod(
            f"p{i}",
            draw(st.integers(0, 60).map(lambda quarter: quarter / 4)),
            draw(st.none() | st.integers(1, 160).map(lambda quarter: quarter / 4)),
            cpu=draw(st.sampled_from([200, 400, 500, 800, 1000])),
            priority=draw(st.sampled_from([0, 0, 5, 10])),
        )
        grace = draw(st.sampled_from([None, None, 0, 2, 7]))
        policy = draw(st.sampled_from([None, None, None, "Never"]))
        spec = msgspec.structs.replace(
            row.template.spec, termination_grace_period_seconds=grace, preemption_policy=policy
        )
        rows.append(row._replace(template=msgspec.structs.replace(row.template, spec=spec)))
    events = draw(happenings([machine.metadata.name for machine in machines]))
    return world(machines, rows, events, horizon=draw(st.sampled_from([40, 150, 1000])))


def told(run):
    rows = run.tables["decisions"].to_pylist()
    return [
        (row["time"], row["pod"], row["attempt"], row["node"], row["verb"]) for row in rows if row["verb"] != "wait"
    ]


@settings(max_examples=60)
@given(crowds(), st.sampled_from(["kubernetes", "kubernetes", "best_fit"]), st.integers(0, 2))
def test_who_is_left_asleep_would_have_been_tried_in_vain(workload, name, seed):
    lazy = told(replay(workload, name, seed=seed, check=True))
    with (
        patch.object(scheduler, "Waker", Tireless),
        patch.object(replaying, "Scheduler", Single),
        patch.object(Preemption, "_in_doubt", lambda _, pod, where: where),
    ):
        tireless = told(replay(workload, name, seed=seed))
    assert lazy == tireless
