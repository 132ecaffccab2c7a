"""Every packing rule against its definition, node by node in exact fractions."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from math import prod

import pytest
from drawn import Amounts, Drawn, Machine, clusters, requested
from hypothesis import example, given
from hypothesis import strategies as st
from tiny import GPU, evaluate, node, pod, schedule

from schedlab import Cluster, ClusterView
from schedlab.cluster.facts import NodeRemoved

# Powers of two, so that schedlab's fractions are exact too and equals are equals.
POWERS = {name: st.sampled_from([0, 1, 8, 64, 1024]) for name in ("cpu", "memory", GPU)}
AMOUNTS = {name: st.integers(0, 70) for name in ("cpu", "memory", GPU)}
RESOURCES = ("cpu", "memory", "ephemeral-storage", "pods", GPU)

Definition = Callable[[Machine, Amounts], Fraction]


def part(amount: int, whole: int) -> Fraction:
    return Fraction(amount, whole) if whole else Fraction(0)


def free(machine: Machine, resource: str) -> int:
    return machine.has.get(resource, 0) - machine.used(resource)


def left(machine: Machine, asked: Amounts, resource: str) -> Fraction:
    """The part of the node that stays free when the pod is on it."""
    return part(free(machine, resource) - requested(asked, resource), machine.has.get(resource, 0))


def emptiness(machine: Machine, asked: Amounts) -> Fraction:
    return left(machine, asked, "cpu") + left(machine, asked, "memory")


def fullness(machine: Machine, asked: Amounts) -> Fraction:
    return -emptiness(machine, asked)


def dot_product(machine: Machine, asked: Amounts) -> Fraction:
    total = Fraction(0)
    for resource in RESOURCES:
        whole = machine.has.get(resource, 0)
        total += prod((part(requested(asked, resource), whole), part(free(machine, resource), whole)))
    return total


def l2_norm(machine: Machine, asked: Amounts) -> Fraction:
    return -sum(
        (left(machine, asked, resource) ** 2 for resource in RESOURCES if requested(asked, resource)), Fraction(0)
    )


def fits(machine: Machine, asked: Amounts) -> bool:
    return all(
        requested(asked, resource) <= free(machine, resource) for resource in RESOURCES if requested(asked, resource)
    )


@pytest.mark.parametrize(
    ("rule", "definition"),
    [("best_fit", fullness), ("worst_fit", emptiness), ("dot_product", dot_product), ("l2_norm", l2_norm)],
)
@given(drawn=clusters(POWERS, AMOUNTS))
@example(drawn=Drawn((Machine("n0", {"pods": 0}, ()), Machine("n1", {"pods": 4, "cpu": 0}, ({"cpu": 3},))), {}))
def test_a_score_is_its_definition_and_the_choice_its_first_maximum(
    rule: str, definition: Definition, drawn: Drawn
) -> None:
    found = evaluate(rule, drawn.cluster(), drawn.pod())
    feasible = [fits(machine, drawn.pending) for machine in drawn.machines]
    assert found.feasible.tolist() == feasible
    if not any(feasible):
        assert found.total is None
        return
    exact = [definition(machine, drawn.pending) for machine in drawn.machines]
    assert [Fraction(value) for value in found.raw[rule].tolist()] == exact
    best = max(value for value, passes in zip(exact, feasible, strict=True) if passes)
    first = next(i for i, value in enumerate(exact) if feasible[i] and value == best)
    assert schedule(drawn.cluster(), rule, drawn.pod()) == [f"n{first}"]


sizes = st.lists(st.integers(1, 12), min_size=1, max_size=5)
events = st.lists(st.one_of(st.integers(1, 9), st.just("remove"), st.just("add")), max_size=25)


@pytest.mark.parametrize("rule", ["first_fit", "next_fit", "round_robin"])
@given(rooms=sizes, happenings=events, seed=st.integers(0, 9))
def test_going_through_the_nodes_in_order(rule: str, rooms: list[int], happenings: list[int | str], seed: int) -> None:
    """The reference walks a list of all nodes there ever were, from where it stands."""
    cluster = Cluster([node(f"n{i}", room) for i, room in enumerate(rooms)])
    left: list[int | None] = list(rooms)  # None: removed
    last, chance = -1, random.Random(seed)
    for i, what in enumerate(happenings):
        live = [at for at, room in enumerate(left) if room is not None]
        if what == "add":
            cluster.add_nodes([node(f"n{len(left)}", 7)])
            left.append(7)
        elif what == "remove" and live:
            gone = chance.choice(live)
            cluster.update(NodeRemoved(f"n{gone}"))
            left[gone] = None
        elif isinstance(what, int):
            begin = {"first_fit": 0, "next_fit": max(last, 0), "round_robin": last + 1}[rule]
            expected = None
            for step in range(len(left)):
                at = (begin + step) % len(left)
                room = left[at]
                if room is not None and room >= what:
                    expected, left[at], last = f"n{at}", room - what, at
                    break
            assert schedule(cluster, rule, pod(f"p{i}", what)) == [expected]


@given(drawn=clusters(POWERS, AMOUNTS, most=6), seed=st.integers(0, 2**63 - 1))
def test_power_of_two_takes_the_emptier_of_the_two_feasible_nodes_that_drew_highest(drawn: Drawn, seed: int) -> None:
    cluster = drawn.cluster()
    (row,) = cluster.add_pods([drawn.pod()])
    draws = ClusterView(cluster, seed).pod(row).uniform(cluster.nodes.uid).tolist()
    chances = [i for i, machine in enumerate(drawn.machines) if fits(machine, drawn.pending)]
    pair = sorted(sorted(chances, key=lambda i: draws[i])[-2:])

    def room(i: int) -> Fraction:
        """The free part of the scarcer of cpu and memory; a node can be more than full, but counts as full."""
        machine = drawn.machines[i]
        return max(Fraction(0), *[min(part(free(machine, r), machine.has.get(r, 0)) for r in ("cpu", "memory"))])

    expected = max(pair, key=lambda i: (room(i), -i), default=None)
    (chosen,) = schedule(drawn.cluster(), "power_of_two", drawn.pod(), seed=seed)
    assert chosen == (None if expected is None else f"n{expected}")


@given(drawn=clusters(POWERS, AMOUNTS, most=6), seed=st.integers(0, 2**63 - 1))
def test_random_takes_the_feasible_node_that_drew_highest(drawn: Drawn, seed: int) -> None:
    cluster = drawn.cluster()
    (row,) = cluster.add_pods([drawn.pod()])
    draws = ClusterView(cluster, seed).pod(row).uniform(cluster.nodes.uid).tolist()
    chances = [i for i, machine in enumerate(drawn.machines) if fits(machine, drawn.pending)]
    expected = f"n{max(chances, key=lambda i: draws[i])}" if chances else None
    assert schedule(drawn.cluster(), "random", drawn.pod(), seed=seed) == [expected]
