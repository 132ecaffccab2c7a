"""What must not change the optimum, or may only change it one way."""

import dataclasses

import numpy as np
import pytest
from placement.drawn import KINDS, drawn_objective, drawn_problem
from placement.test_agreement import class_node

from schedlab.placement.objectives import levels_of
from schedlab.placement.ortools.class_node import Outcome
from schedlab.placement.problem import Problem
from schedlab.placement.rules import Spread

SIZE = {"nodes": 6, "pods": 14, "classes": 5, "rules": 4}
BY_CLASS = ("demand", "count", "share", "priority", "weight", "required", "move_cost", "phantom")
BY_TYPE = ("capacity", "cost", "occupied")
BY_BOTH = ("compatible", "locality", "current")


def optimum(problem: Problem, names: tuple[str, ...]) -> tuple[int, ...] | None:
    problem, levels = levels_of(problem, names)
    outcome, ledger = class_node(problem, levels)
    assert outcome in (Outcome.OPTIMAL, Outcome.INFEASIBLE)
    assert ledger.refused == []
    return ledger.values


def rearranged(problem: Problem, classes: np.ndarray, types: np.ndarray, **given: object) -> Problem:
    """Take classes and types at the given positions, once or more often."""
    changed = {name: getattr(problem, name)[classes] for name in BY_CLASS}
    changed |= {name: getattr(problem, name)[types] for name in BY_TYPE}
    changed |= {name: getattr(problem, name)[classes][:, types] for name in BY_BOTH}
    changed["devices"] = tuple(problem.devices[kind] for kind in types)
    changed["domains"] = {key: codes[types] for key, codes in problem.domains.items()}
    changed["groups"] = tuple(
        dataclasses.replace(group, members=group.members[classes], residents=group.residents[types])
        for group in problem.groups
    )
    changed["rules"] = tuple(
        dataclasses.replace(rule, eligible=rule.eligible[types]) if isinstance(rule, Spread) else rule
        for rule in problem.rules
    )
    return dataclasses.replace(problem, **(changed | given))


def with_counts(problem: Problem, count: np.ndarray) -> Problem:
    """Give the classes other counts, and name the pods anew."""
    class_of = np.repeat(np.arange(len(count)), count)
    names = tuple(f"pod-{index}" for index in range(len(class_of)))
    return dataclasses.replace(problem, count=count, class_of=class_of, pods=names, runs_on=np.full(len(class_of), -1))


def not_better(values: tuple[int, ...] | None, than: tuple[int, ...] | None, problem: Problem, names: tuple[str, ...]):
    """Say whether values are no better than others, and infeasible no better than anything."""
    if values is None or than is None:
        return values is None
    senses = [level.sense for level in levels_of(problem, names)[1]]
    return [s * v for s, v in zip(senses, values, strict=True)] <= [s * v for s, v in zip(senses, than, strict=True)]


@pytest.mark.parametrize("seed", range(15))
def test_the_order_of_pods_and_nodes_does_not_matter(seed):
    problem, names = drawn_problem(seed, **SIZE), drawn_objective(seed)
    draw = np.random.default_rng(seed)
    classes, types, nodes = (draw.permutation(len(each)) for each in (problem.count, problem.capacity, problem.nodes))
    other = rearranged(problem, classes, types, type_of=np.argsort(types)[problem.type_of[nodes]])
    assert optimum(with_counts(other, other.count), names) == optimum(problem, names)


@pytest.mark.parametrize("seed", range(10))
def test_the_unit_of_a_resource_does_not_matter(seed):
    problem, names = drawn_problem(seed, **SIZE), drawn_objective(seed)
    scale = np.array([1024, 1, 1])
    rules = tuple(
        dataclasses.replace(rule, amount=rule.amount * 1024) if getattr(rule, "resource", -1) == 0 else rule
        for rule in problem.rules
    )
    other = dataclasses.replace(problem, demand=problem.demand * scale, capacity=problem.capacity * scale, rules=rules)
    assert optimum(other, names) == optimum(problem, names)


@pytest.mark.parametrize("seed", range(10))
def test_a_class_that_is_split_in_two_changes_nothing(seed):
    problem = drawn_problem(seed, running=False, **SIZE)  # what runs could be told apart by the halves
    names = tuple(name for name in drawn_objective(seed) if name != "moves")
    classes = np.append(np.arange(len(problem.count)), np.argmax(problem.count))
    split = rearranged(problem, classes, np.arange(len(problem.capacity)))
    count = split.count.copy()
    count[[classes[-1], -1]] = [count[-1] // 2, count[-1] - count[-1] // 2]
    assert optimum(with_counts(split, count), names) == optimum(problem, names)


@pytest.mark.parametrize("seed", range(15))
def test_one_more_node_makes_nothing_worse(seed):
    kinds = tuple(kind for kind in KINDS if kind != "spread")  # an empty domain forbids what was allowed
    problem = drawn_problem(seed, kinds=kinds, **SIZE)
    names = tuple(name for name in drawn_objective(seed) if name != "fragmentation")
    more = rearranged(problem, np.arange(len(problem.count)), np.append(np.arange(len(problem.capacity)), 0))
    kind = len(more.capacity) - 1
    for each in (more.current.T, more.occupied, *(group.residents for group in more.groups)):
        each[kind] = 0
    more = dataclasses.replace(more, type_of=np.append(more.type_of, kind), nodes=(*more.nodes, "more"))
    assert not_better(optimum(problem, names), optimum(more, names), problem, names)


@pytest.mark.parametrize("seed", range(15))
def test_one_more_pod_never_lowers_what_can_be_placed(seed):
    problem = drawn_problem(seed, **SIZE)
    count = problem.count.copy()
    count[seed % len(count)] += 1
    more = optimum(with_counts(problem, count), ("pods",))
    assert not_better(optimum(problem, ("pods",)), more, problem, ("pods",))


@pytest.mark.parametrize("seed", range(10))
def test_a_cluster_and_its_pods_twice_are_worth_at_least_twice(seed):
    problem = drawn_problem(seed, running=False, **(SIZE | {"rules": 0}))
    names = tuple(f"node-{index}" for index in range(2 * len(problem.nodes)))
    twice = dataclasses.replace(problem, type_of=np.tile(problem.type_of, 2), nodes=names)
    once, more = optimum(problem, ("weight",)), optimum(with_counts(twice, 2 * problem.count), ("weight",))
    assert once is not None
    assert more is not None
    assert more[0] >= 2 * once[0]
