"""Dominant shares and the order that goes by them, against plain loops over fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
from hypothesis import given
from tiny import GIB, bind, evict, node, pod, where

from schedlab.cluster import Cluster, ClusterView, invariants
from schedlab.cluster.facts import NodeAdded, NodeRemoved, PodEnded
from schedlab.placement import greedy

Task = tuple[int, int, int, int, int]  # tenant, millicores, GiB, GPUs, priority
TASKS = st.lists(
    st.tuples(st.integers(-1, 2), st.integers(0, 4).map(lambda n: 500 * n), st.integers(0, 4), st.integers(0, 2),
              st.integers(0, 1)),
    min_size=1, max_size=12,
)  # fmt: skip
Machine = tuple[int, int, int]  # millicores, GiB, GPUs
MACHINES = st.lists(st.tuples(st.integers(1, 4).map(lambda n: 1000 * n), st.integers(1, 8), st.integers(0, 2)),
                    min_size=1, max_size=3)  # fmt: skip


def made(machines: list[Machine], tasks: list[Task]) -> Cluster:
    nodes = [node(f"n{i}", cpu, gib * GIB, gpus=gpus) for i, (cpu, gib, gpus) in enumerate(machines)]
    cluster = Cluster(nodes)
    pods = [pod(cpu=cpu, memory=gib * GIB, gpus=gpus, priority=level) for _, cpu, gib, gpus, level in tasks]
    cluster.pods.add([cluster.classify(each).index for each in pods], tenant=[task[0] for task in tasks])
    return cluster


def share(tenant: int, held: list[Task], machines: list[Machine]) -> Fraction:
    """Add up what a tenant's tasks take, resource by resource."""
    found = [Fraction(0)]
    for resource in range(3):
        total = sum(machine[resource] for machine in machines)
        if total:
            found.append(Fraction(sum(task[1 + resource] for task in held if task[0] == tenant), total))
    return max(found)


@given(MACHINES, TASKS, st.lists(st.tuples(st.integers(0, 5), st.integers(0, 11), st.integers(0, 2)), max_size=25))
def test_shares_are_what_a_recount_gives(machines: list[Machine], tasks: list[Task], steps: list[Any]) -> None:
    cluster, view = made(machines, tasks), None
    there = {f"n{i}": machine for i, machine in enumerate(machines)}
    over: set[int] = set()
    for what, number, at in steps:
        row, name = number % len(tasks), f"n{at}"
        on = where(cluster)[f"pod-{row}"]
        if what <= 1 and on is None and name in there and row not in over:
            bind(cluster, row, name)
        elif what == 2 and on is not None:
            evict(cluster, row)
        elif what == 3 and on is not None:
            cluster.update(PodEnded(row, succeeded=True))
            over.add(row)
        elif what == 4 and name in there:
            cluster.update(NodeRemoved(name))
            del there[name]
        elif what == 4:
            there[name] = (2000, 3, 1)
            cluster.update(NodeAdded(node(name, 2000, 3 * GIB, gpus=1)))
        elif what == 5:
            view = ClusterView(cluster)  # shares are kept from some time on
        if view is not None:
            placed = where(cluster)
            held = [task for row, task in enumerate(tasks) if placed[f"pod-{row}"] is not None]
            for tenant in range(-1, 4):
                assert view.dominant_share(tenant) == float(share(tenant, held, list(there.values())))
            invariants.check(cluster)


@given(MACHINES, TASKS)
def test_progressive_filling_is_that_of_a_plain_loop(machines: list[Machine], tasks: list[Task]) -> None:
    """Always the first task of the tenant with the smallest share; of equal tenants, of whose task is first."""
    left = [list(machine) for machine in machines]
    waiting = sorted(range(len(tasks)), key=lambda row: -tasks[row][4])
    placed: list[tuple[int, int]] = []
    while waiting:
        held = [tasks[row] for row, _ in placed]
        row = min(waiting, key=lambda row: share(tasks[row][0], held, machines))  # the first of equals
        waiting.remove(row)
        asked = tasks[row][1:4]
        for at, free in enumerate(left):
            if all(amount <= room for amount, room in zip(asked, free, strict=True) if amount):
                left[at] = [room - amount for amount, room in zip(asked, free, strict=True)]
                placed.append((row, at))
                break
    cluster = made(machines, tasks)
    plan = greedy(cluster, range(len(tasks)), "first_fit+dominant_resource_fairness")
    found = [(action.pod, cluster.nodes.position[action.node]) for group in plan.groups for action in group]
    assert found == placed
    assert cluster.shares is not None
    assert not any(cluster.shares.held(tenant).any() for tenant in range(-1, 3))  # all is as it was
