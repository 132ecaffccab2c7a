"""Columns against CP-SAT on class x node: bounds that hold, values that agree, certificates that can be worked out."""

import numpy as np
import pytest
from placement.drawn import drawn_objective, drawn_problem
from placement.test_agreement import class_node

from schedlab.placement.bounds.aggregated import aggregated
from schedlab.placement.bounds.counting import counting
from schedlab.placement.budget import Budget
from schedlab.placement.columns.by_level import solve_columns
from schedlab.placement.columns.exact import price
from schedlab.placement.columns.generation import Generation
from schedlab.placement.columns.lagrange import rounded
from schedlab.placement.columns.pool import Pool
from schedlab.placement.columns.pricing import Greedy
from schedlab.placement.coupling import coupling
from schedlab.placement.ledger import Ledger
from schedlab.placement.level import Form
from schedlab.placement.objectives import levels_of
from schedlab.placement.packing.heuristics import heuristics
from schedlab.placement.problem import problem_of
from schedlab.placement.verify import check
from schedlab.placement.verify.certificate import verdict

WORK = 2.0


def packed(ledger: Ledger, pool: Pool) -> None:
    for heuristic in heuristics(ledger.problem, ledger.levels, 0):
        assignment = heuristic.run()
        ledger.offer(assignment, heuristic.name)
        pool.harvest(assignment)


def agree(seed: int, **size: int) -> bool:
    """Return whether columns alone proved the optimum."""
    problem, levels = levels_of(drawn_problem(seed, **size), drawn_objective(seed))
    _, exact = class_node(problem, levels)
    if exact.values is None:
        return False
    ledger, pool = Ledger(problem, levels, Budget(work_limit=WORK), check), Pool(problem)
    packed(ledger, pool)
    if ledger.values is None:
        ledger.offer(exact.best, "exact")
        pool.harvest(exact.best)
    solve_columns(ledger, pool, seed, lambda: False)
    for index, level in enumerate(levels[: ledger.open + 1]):
        bound = ledger.bounds[index]
        assert bound is None or not level.better(exact.values[index], bound), level.name
        assert not level.better(ledger.values[index], exact.values[index])
    names = [level.name for level in levels]
    for certificate in filter(None, ledger.certificates):
        found = verdict(problem, names, certificate)
        assert found.wrong == ()
        assert found.bound in (None, certificate.bound)
    if ledger.open == len(levels):
        assert ledger.values == exact.values
        return True
    return False


@pytest.mark.parametrize("chunk", range(5))
def test_columns_agree_with_cp_sat(chunk):
    proven = sum(agree(seed) for seed in range(20 * chunk, 20 * chunk + 20))
    assert proven >= 10  # of those that can be kept at all, most are proven without branching


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(10))
def test_columns_agree_a_thousand_times(chunk):
    for seed in range(5000 + 100 * chunk, 5100 + 100 * chunk):
        agree(seed)
        agree(seed, nodes=8, pods=20, classes=6, rules=4)


@pytest.mark.parametrize("seed", range(25))
def test_bounds_come_in_order(seed):
    """Counting >= aggregated LP >= Lagrange at its duals >= the optimum, for the most; the reverse for the least."""
    problem, levels = levels_of(drawn_problem(seed, running=False, rules=1), drawn_objective(seed)[:1])
    level, pool = levels[0], Pool(problem)
    ledger = Ledger(problem, levels, Budget(work_limit=WORK), check)
    ledger.offer(np.zeros((len(problem.count), len(problem.nodes)), np.int64), "nothing")
    found = aggregated(problem, level, coupling(problem, levels, (), ()))
    assert found is not None
    first, second = counting(problem, level), level.rounded(found.value)
    Generation(ledger, pool, 0, seed).bound_at(found.duals, "Lagrangian")
    third = ledger.bounds[0]
    assert not level.better(second, first)
    assert third is not None
    assert not level.better(third, second)


def test_greedy_prices_are_contents_that_a_node_can_hold_and_exact_prices_beat_them():
    for seed in range(40):
        problem, levels = levels_of(drawn_problem(seed, rules=0, running=False), ["weight"])
        rows = coupling(problem, levels, (), ())
        at = rounded(levels[0], rows, np.zeros(len(rows.rows)))
        greedy = Greedy(problem, seed)
        if not greedy.able:
            continue
        contents = greedy.contents(at.form.pod / at.scale, 8)
        for kind, (most, size) in enumerate(zip(problem.most().T, problem.size, strict=True)):
            best = price(problem, kind, most, at.form, Budget().slice(), seed, Budget())
            for content in contents[kind]:
                assignment = np.zeros((len(problem.count), len(problem.nodes)), np.int64)
                assert size
                assignment[:, problem.nodes_of(kind)[0]] = content
                assert [line for line in check(problem, assignment) if "required" not in line] == []
                assert content @ at.form.pod[:, kind] <= best.worth


def test_a_node_in_use_may_be_worth_more_than_its_pods():
    """Duals of an earlier level of costs can make using a node a gain, though no pod is one."""
    problem = problem_of("x", ["cpu"], [[1]], [3], [[4]], [2])
    form = Form(np.array([[-1]]), np.array([5]), np.array([0]))
    found = price(problem, 0, problem.most()[:, 0], form, Budget().slice(), 0, Budget())
    assert (found.worth, found.most.most) == (4, 4)


def test_a_cutting_stock_that_greedy_does_not_solve():
    """Gilmore and Gomory's kind: bins of 10 for 4 items of 6, 4 of 4, 6 of 5 and 3 of 3, 3 of 7: 10 bins, all full."""
    problem = problem_of("stock", ["length"], [[6], [4], [5], [3], [7]], [4, 4, 6, 3, 3], [[10]], [20])
    problem, levels = levels_of(problem, ["pods", "nodes"])
    ledger, pool = Ledger(problem, levels, Budget(work_limit=10), check), Pool(problem)
    packed(ledger, pool)
    solve_columns(ledger, pool, 1, lambda: False)
    assert ledger.values == (20, 10)
    assert ledger.open == 2
