"""The guide's fragmentation rule: which node, which devices, and that they come free again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from guide import rule
from hypothesis import given
from hypothesis import strategies as st
from tiny import GPU, binding, node, pod
from worlds import node as machine
from worlds import pod as timed
from worlds import world

import schedlab as sl
from schedlab.cluster import Binding
from schedlab.objects import pod_requests
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator

if TYPE_CHECKING:
    from schedlab.sim.engine import Engine

MILLI = "nvidia.com/gpu-milli"
SHARES = (0, 100, 250, 500, 700, 1000, 2000, 3000)


def fragmentation() -> Any:
    return rule("fragmentation.py:Fragmentation")()


def waste(left: float, shares: list[int]) -> float:
    """What is left of a device, times the part of pods that ask for more: one pod after the other."""
    return sum(left for share in shares if share > left) / max(1, len(shares))


def reference(held: list[list[int]], asked: int, shares: list[int]) -> list[tuple[float, list[int]] | None]:
    """For each node the best gain and the devices in order of preference, None where the pod does not fit."""
    share, count = min(asked, 1000), -(-asked // 1000)
    answers: list[tuple[float, list[int]] | None] = []
    for devices in held:
        gains = {}
        for device, used in enumerate(devices):
            if 1000 - used >= share:
                gains[device] = waste(1000 - used, shares) - waste(1000 - used - share, shares)
        best = sorted(gains, key=lambda device: (-gains[device], device))[:count]
        answers.append(None if len(gains) < count else (gains[best[0]] if best else 0.0, best))
    return answers


held_by = st.lists(st.sampled_from([0, 100, 300, 500, 750, 900, 1000]), max_size=4)


@given(
    held=st.lists(held_by, min_size=1, max_size=5),
    asked=st.sampled_from(SHARES),
    shares=st.lists(st.sampled_from(SHARES[1:6]), min_size=1, max_size=6),
)
def test_the_node_and_devices_are_those_of_trying_each(held: list[list[int]], asked: int, shares: list[int]) -> None:
    names = [f"n{i}" for i in range(len(held))]
    offers = [{GPU: len(devices), MILLI: 1000 * len(devices)} for devices in held]
    cluster = sl.Cluster([node(name, more=more) for name, more in zip(names, offers, strict=True)])
    rows = cluster.add_pods([pod(f"b{i}") for i in range(len(held))])
    for row, name, devices in zip(rows, names, held, strict=True):
        takes = tuple((device, milli) for device, milli in enumerate(devices) if milli)
        assert cluster.apply(sl.Plan(((binding(cluster, row, name)._replace(devices=takes),),))).refused == ()
    own = fragmentation()
    own.setup(world([machine("m")], [timed(str(i), i, **{MILLI: share}) for i, share in enumerate(shares)]))
    (pending,) = cluster.add_pods([pod("p", more={MILLI: asked})])
    evaluator = Evaluator(sl.Profile.of(own), sl.ClusterView(cluster))
    found, expected = evaluator.evaluate(pending), reference(held, asked, shares)
    assert found.feasible.tolist() == [answer is not None for answer in expected]
    if found.total is None:
        return
    assert found.total.tolist() == pytest.approx([-np.inf if answer is None else answer[0] for answer in expected])
    (((bound,),),) = (cycle(pending, evaluator).groups,)
    assert isinstance(bound, Binding)
    chosen = expected[bound.node]
    assert chosen is not None
    if asked > 1000:
        assert sorted(device for device, _ in bound.devices) == sorted(chosen[1])
    gains = [waste(1000 - held[bound.node][device], shares) - waste(1000 - held[bound.node][device] - share, shares)
             for device, share in bound.devices]  # fmt: skip
    assert len(gains) == len(chosen[1])
    assert all(gain == pytest.approx(chosen[0]) for gain in gains)


def total_asked(rows: list[Any]) -> int:
    return sum(pod_requests(row.template).get(MILLI, 0) for row in rows)


def test_devices_come_free_as_pods_leave() -> None:
    rng = random.Random(5)
    pods = [timed(f"p{i}", rng.uniform(0, 600), rng.uniform(1, 90), **{MILLI: rng.choice(SHARES)}) for i in range(300)]
    nodes = [machine(f"n{i}", cpu=64000, **{GPU: count, MILLI: 1000 * count}) for i, count in enumerate((1, 2, 3, 4))]
    engines: set[Engine] = set()
    busy: list[float] = []
    own = fragmentation()

    def watch(engine: Engine, plan: sl.Plan) -> None:
        engines.add(engine)
        busy.append(engine.cluster.nodes.devices.sum())
        assert engine.cluster.nodes.devices.max() <= 1000
        for action in (each for group in plan.groups for each in group):
            assert isinstance(action, Binding)
            held = engine.cluster.nodes.devices[:, action.node]
            assert all(held[device] + milli <= 1000 for device, milli in action.devices)
            asked = engine.view.pod(action.pod).requests[MILLI][0]
            assert sum(milli for _, milli in action.devices) == asked
            assert all(device < action.node + 1 for device, _ in action.devices)
            evaluator = Evaluator(sl.Profile.of(own), engine.view, mode="direct")  # the rows that are kept hold
            assert cycle(action.pod, evaluator) == plan

    run = sl.replay(world(nodes, pods), own, check=True, watch=watch)
    assert sl.summary(run)["placed"] == 300
    told = run.decisions[run.decisions["verb"] == "bind"]["devices"].dropna()
    assert sum(int(each.partition(":")[2]) for text in told for each in text.split()) == total_asked(pods)
    name = run.pods.set_index("pod")["name"][run.decisions["pod"][told.index[9]]]
    assert sl.explain(run, name)["decision"]["devices"] == told.iloc[9]
    (engine,) = engines
    assert max(busy) > 7000
    assert engine.cluster.nodes.devices.shape == (4, 4)
    assert engine.cluster.nodes.devices.max() == 0


def test_a_share_goes_where_the_rest_is_of_no_use() -> None:
    offers = {GPU: 2, MILLI: 2000}
    cluster = sl.Cluster([node("a", more=offers), node("b", more=offers)])
    rows = cluster.add_pods([pod("x"), pod("y"), pod("p", more={MILLI: 300}), pod("q", more={MILLI: 1000})])
    for row, name, devices in ((0, "a", ((0, 500),)), (1, "b", ((1, 700),))):
        cluster.apply(sl.Plan(((binding(cluster, rows[row], name)._replace(devices=devices),),)))
    own = fragmentation()
    own.setup(world([machine("m")], [timed("s", 0, **{MILLI: 500}), timed("t", 0, **{MILLI: 1000})]))
    evaluator = Evaluator(sl.Profile.of(own), sl.ClusterView(cluster))
    for row, place in ((2, Binding(2, 0, 1, 0, ((1, 300),))), (3, Binding(3, 0, 0, 0, ((1, 1000),)))):
        plan = cycle(rows[row], evaluator)
        assert plan.groups == ((place,),)
        assert cluster.apply(plan).refused == ()
