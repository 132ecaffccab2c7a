"""Policies for shared GPUs and the fragmentation column against the plain ones, as pods come and go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.plain_gpu import PLAIN, Ask, Machine, buckets, fragments, place

import schedlab as sl
from schedlab.cluster import invariants
from schedlab.cluster.derived import fragmentation as measure
from schedlab.cluster.derived.fragmentation import fragmentation
from schedlab.cluster.derived.typical import Demands, Typical
from schedlab.cluster.facts import PodEnded
from schedlab.objects import Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from schedlab.plugins.packing.fgd import FGD
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator
from schedlab.workload.tables.nodes import node
from schedlab.workload.templates import template

GPU, MILLI, MODEL = "nvidia.com/gpu", "nvidia.com/gpu-milli", "gpu-model"
MODELS = ("A", "B", "C")

models = st.lists(st.sampled_from(MODELS), max_size=2).map(tuple)
cpus = st.sampled_from([0, 500, 1000, 3000, 4000, 9000])
shares = st.builds(Ask, cpus, st.just(1), st.sampled_from([1, 100, 250, 470, 500, 750, 810, 999]), models)
whole = st.builds(Ask, cpus, st.sampled_from([1, 1, 2, 4]), st.just(1000), models)
asks = st.one_of(shares, whole, st.builds(Ask, cpus))
machines = st.lists(
    st.tuples(st.sampled_from([2000, 8000, 16000, 64000]), st.sampled_from([0, 1, 1, 2, 4]), st.sampled_from(MODELS)),
    min_size=1,
    max_size=6,
)
weighted = st.lists(st.tuples(asks, st.integers(1, 50)), min_size=1, max_size=9, unique_by=lambda each: each[0])


def cluster_of(shapes: list[tuple[int, int, str]]) -> tuple[sl.Cluster, list[Machine]]:
    nodes, plain = [], []
    for number, (cpu, gpus, model) in enumerate(shapes):
        devices = {GPU: gpus, MILLI: 1000 * gpus} if gpus else {}
        nodes.append(node(f"n{number}", {"cpu": cpu, "memory": 2**40, "pods": 100, **devices}, {MODEL: model}))
        plain.append(Machine(f"n{number}", cpu, [1000] * gpus, model))
    return sl.Cluster(nodes), plain


def pod(ask: Ask) -> sl.Pod:
    requests = {"cpu": ask.cpu, GPU: ask.count if ask.milli == 1000 else 0, MILLI: ask.count * ask.milli}
    rule = NodeSelectorRequirement(key=MODEL, operator="In", values=list(ask.models))
    selector = NodeSelector(node_selector_terms=[NodeSelectorTerm(match_expressions=[rule])])
    affinity = Affinity(node_affinity=NodeAffinity(required=selector)) if ask.models and ask.count else None
    return template(requests, requests, {}, affinity=affinity)


def typical(classes: list[tuple[Ask, int]]) -> list[tuple[Ask, float]]:
    total = sum(count for _, count in classes)
    return [(ask, count / total) for ask, count in classes]


def as_typical(classes: list[tuple[Ask, float]]) -> tuple[Typical, ...]:
    return tuple(
        Typical(ask.cpu, ask.milli, ask.count, weight, MODEL if ask.models and ask.count else "", ask.models)
        for ask, weight in classes
    )


@pytest.mark.parametrize("policy", ["fgd", *PLAIN])
@settings(max_examples=40)
@given(shapes=machines, steps=st.lists(asks, min_size=1, max_size=25), mix=weighted, data=st.data())
def test_every_decision_is_the_plain_ones(
    policy: str, shapes: list[tuple[int, int, str]], steps: list[Ask], mix: list[tuple[Ask, int]], data: Any
) -> None:
    classes = typical(mix)
    cluster, plain = cluster_of(shapes)
    rule: Any = FGD(as_typical(classes)) if policy == "fgd" else policy
    view = sl.ClusterView(cluster)
    evaluator, demands = Evaluator(sl.Profile.of(rule), view), Demands(as_typical(classes))
    bound: dict[int, tuple[str, list[int], Ask]] = {}
    for row, ask in zip(cluster.add_pods([pod(ask) for ask in steps]), steps, strict=True):
        if bound and data.draw(st.booleans()):
            gone = data.draw(st.sampled_from(sorted(bound)))
            name, devices, what = bound.pop(gone)
            (machine,) = (each for each in plain if each.name == name)
            machine.cpu += what.cpu
            machine.hosts.remove(what)
            for device in devices:
                machine.gpus[device] += what.milli
            cluster.update(PodEnded(gone, succeeded=True))
        plan, expected = cycle(row, evaluator), place(policy, plain, ask, classes)
        assert bool(plan.groups) == (expected is not None)
        if expected is not None:
            ((action,),) = plan.groups
            assert (f"n{action.node}", [device for device, _ in action.devices]) == expected
            assert all(milli == ask.milli for _, milli in action.devices)
            assert cluster.apply(plan).refused == ()
            bound[row] = (*expected, ask)
            at = next(i for i, each in enumerate(plain) if each.name == expected[0])
            plain[at] = plain[at].with_taken(ask, expected[1])
        invariants.check(cluster)
        assert fragmentation(view.nodes("node"), demands).tolist() == [fragments(each, classes) for each in plain]


@given(shapes=machines, mix=weighted, data=st.data())
def test_what_is_idle_is_split_by_its_reason(
    shapes: list[tuple[int, int, str]], mix: list[tuple[Ask, int]], data: Any
) -> None:
    classes = typical(mix)
    cluster, plain = cluster_of(shapes)
    for position, machine in enumerate(plain):
        machine.gpus = [data.draw(st.sampled_from([0, 100, 470, 500, 1000])) for _ in machine.gpus]
        cluster.nodes.devices[: len(machine.gpus), position] = [1000 - left for left in machine.gpus]
    nodes, demands = sl.ClusterView(cluster).nodes("node"), Demands(as_typical(classes))
    left, room = measure.cpu_of(nodes), measure.room_of(nodes)
    found = measure.buckets(measure.state(left, room, demands.allowed(nodes), demands), demands)
    for position, machine in enumerate(plain):
        expected = buckets(machine, classes)
        for name, amounts in found._asdict().items():
            assert np.broadcast_to(amounts, len(plain))[position] == expected[name], name
        assert sum(expected.values()) == pytest.approx(sum(machine.gpus))


def test_rows_are_addedin_order_whatever_the_number_of_nodes() -> None:
    rng = np.random.default_rng(3)
    for width in (1, 2, 3, 7, 8, 9, 255, 256, 257, 700):
        terms = rng.random((40, width)) * 10.0 ** rng.integers(-3, 6, (40, width))
        expected = np.zeros(width)
        for row in terms:
            expected = expected + row
        assert measure.in_order(terms).tolist() == expected.tolist()


def test_random_takes_any_device_that_has_room_and_any_node() -> None:
    cluster, _ = cluster_of([(64000, 4, "A"), (64000, 2, "A"), (64000, 0, "A")])
    cluster.nodes.devices[:, 0] = [600, 0, 500, 501]
    evaluator = Evaluator(sl.Profile.of("gpu_random"), sl.ClusterView(cluster, 5))
    found: dict[tuple[int, tuple[int, ...]], int] = {}
    for row in cluster.add_pods([pod(Ask(10, 1, 500))] * 600):
        (((action,),),) = (cycle(row, evaluator, 5).groups,)
        key = action.node, tuple(device for device, _ in action.devices)
        found[key] = found.get(key, 0) + 1
    assert sorted(found) == [(0, (1,)), (0, (2,)), (1, (0,)), (1, (1,))]
    assert all(110 < count < 190 for count in found.values())
    (whole,) = cluster.add_pods([pod(Ask(10, 2, 1000))])
    (((action,),),) = (cycle(whole, evaluator, 5).groups,)
    assert (action.node, action.devices) == (1, ((0, 1000), (1, 1000)))
