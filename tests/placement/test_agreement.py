"""Methods that share nothing agree: brute force, pod x node, class x node."""

import random
from collections.abc import Iterable

import numpy as np
import pytest
from placement import oracle
from placement.drawn import drawn_objective, drawn_problem

from schedlab.placement.budget import Budget
from schedlab.placement.ledger import Ledger
from schedlab.placement.level import Level
from schedlab.placement.objectives import levels_of
from schedlab.placement.ortools.class_node import Outcome, solve_class_node
from schedlab.placement.ortools.pod_node import solve_pod_node
from schedlab.placement.problem import Problem
from schedlab.placement.verify import check


def class_node(problem: Problem, levels: Iterable[Level], **limits: float) -> tuple[Outcome, Ledger]:
    budget = Budget(**limits)
    ledger = Ledger(problem, tuple(levels), budget, check)
    return solve_class_node(problem, ledger.levels, ledger, budget, seed=1), ledger


def agree(seed: int, brute: bool = True, **size: int) -> None:
    problem, levels = levels_of(drawn_problem(seed, **size), drawn_objective(seed))
    outcome, ledger = class_node(problem, levels)
    assert ledger.refused == []
    best = solve_pod_node(problem, levels)
    if brute:
        found = oracle.optimum(problem, levels)
        assert (found and found.values) == (best and best.values)
    if best is None:
        assert outcome == Outcome.INFEASIBLE
        assert ledger.best is None
        return
    assert check(problem, best.assignment) == []
    assert best.values == tuple(level.form.of(problem, best.assignment) for level in levels)
    assert outcome == Outcome.OPTIMAL
    assert ledger.values == best.values == tuple(ledger.bounds)


@pytest.mark.parametrize("seed", range(100))
def test_class_x_node_pod_x_node_and_brute_force_agree(seed):
    agree(seed)


@pytest.mark.parametrize("seed", range(50))
def test_class_x_node_and_pod_x_node_agree_beyond_what_brute_force_can_do(seed):
    agree(seed, brute=False, nodes=8, pods=16, classes=6, rules=5)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(14))
def test_thousands_agree(chunk):
    for seed in range(1000 + 200 * chunk, 1200 + 200 * chunk):
        agree(seed)
        agree(seed, brute=False, nodes=8, pods=20, classes=6, rules=5)


def matrix(problem: Problem, where: oracle.Where) -> np.ndarray:
    assignment = np.zeros((len(problem.count), len(problem.nodes)), np.int64)
    for cls, node in zip(problem.class_of.tolist(), where, strict=True):
        if node is not None:
            assignment[cls, node] += 1
    return assignment


def freed(seed: int) -> None:
    """Change some nodes of a placement only; what the others hold counts for rules, levels and what must be placed."""
    draw = random.Random(f"freed {seed}")
    problem, levels = levels_of(drawn_problem(seed), [n for n in drawn_objective(seed) if n != "fragmentation"])
    right = [matrix(problem, where) for where in oracle.placements(problem) if oracle.allowed(problem, where)]
    if not right:
        return
    keep = draw.choice(right)
    nodes = np.array([node for node in range(len(problem.nodes)) if draw.random() < 0.5], np.int64)
    others = np.setdiff1d(np.arange(len(problem.nodes)), nodes)
    ledger = Ledger(problem, levels, Budget(), check)
    ledger.offer(keep, "start")
    outcome = solve_class_node(problem, levels, ledger, ledger.budget, 1, nodes, keep)
    same = [each for each in right if (each[:, others] == keep[:, others]).all()]
    assert outcome == Outcome.OPTIMAL
    assert ledger.refused == []
    assert ledger.bounds == [None] * len(levels)
    assert ledger.values == max(
        (tuple(level.form.of(problem, each) for level in levels) for each in same),
        key=lambda values: tuple(level.sense * value for level, value in zip(levels, values, strict=True)),
    )


@pytest.mark.parametrize("seed", range(60))
def test_nodes_that_are_kept_count(seed):
    freed(seed)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(7))
def test_nodes_that_are_kept_count_a_thousand_times(chunk):
    for seed in range(1000 + 150 * chunk, 1150 + 150 * chunk):
        freed(seed)
