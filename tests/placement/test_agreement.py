"""Methods that share nothing agree: brute force, pod x node, class x node."""

from collections.abc import Iterable

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
        assert oracle.optimum(problem, levels) == (best and best.values)
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
