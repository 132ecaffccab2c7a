"""Coarse: sizes rounded up give placements of the real pods, rounded down a bound that holds."""

import numpy as np
import pytest
from placement.drawn import drawn_objective, drawn_problem
from placement.test_agreement import class_node

from schedlab.placement.budget import Budget
from schedlab.placement.coarse import both_ways, cells, dealt, merged
from schedlab.placement.ledger import Ledger
from schedlab.placement.objectives import levels_of
from schedlab.placement.problem import problem_of
from schedlab.placement.verify import check


def distinct(seed: int = 0, pods: int = 60) -> object:
    rng = np.random.default_rng(seed)
    demand = rng.integers(5, 60, (pods, 2))
    return problem_of("distinct", ["cpu", "memory"], demand, np.ones(pods), [[100, 100], [160, 120]], [6, 5])


def test_cells_hold_classes_of_nearly_equal_sizes():
    problem = distinct()
    cell = cells(problem, 20)
    assert 10 < cell.max() < 20
    large, small = (merged(problem, cell, extreme) for extreme in (np.maximum, np.minimum))
    assert (large.demand[cell] >= problem.demand).all()
    assert (small.demand[cell] <= problem.demand).all()
    assert large.count.sum() == problem.count.sum()


@pytest.mark.parametrize("seed", range(40))
def test_the_interval_holds_the_optimum(seed, monkeypatch):
    monkeypatch.setattr("schedlab.placement.coarse.TARGET", 3)
    problem, levels = levels_of(drawn_problem(seed, nodes=5, pods=10, classes=8), drawn_objective(seed))
    _, exact = class_node(problem, levels)
    if exact.values is None:
        return
    ledger = Ledger(problem, levels, Budget(work_limit=3), check)
    both_ways(ledger, seed, lambda: False)
    assert ledger.bounds[0] is None or not levels[0].better(exact.values[0], ledger.bounds[0])
    assert (
        ledger.values is None
        or exact.values == ledger.values
        or not levels[0].better(ledger.values[0], exact.values[0])
    )


def test_many_distinct_pods_are_placed_and_bounded(monkeypatch):
    monkeypatch.setattr("schedlab.placement.coarse.TARGET", 20)
    problem, levels = levels_of(distinct(), ["pods"])
    ledger = Ledger(problem, levels, Budget(work_limit=5), check)
    both_ways(ledger, 0, lambda: False)
    assert ledger.refused == []
    assert 20 < ledger.values[0] <= ledger.bounds[0] <= 60


def test_what_a_cell_gets_is_dealt_to_its_classes():
    problem = problem_of("x", ["cpu"], [[1], [2], [9]], [2, 1, 1], [[9]], [2])
    found = dealt(problem, np.array([0, 0, 1]), np.array([[2, 1], [0, 0]]))
    assert found.tolist() == [[2, 0], [0, 1], [0, 0]]
