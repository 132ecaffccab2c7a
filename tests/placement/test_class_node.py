"""CP-SAT on class x node: its limits, how it stops, what it starts from."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from placement.drawn import drawn_objective, drawn_problem

from schedlab.errors import SchedlabError
from schedlab.placement import lns
from schedlab.placement.budget import Budget
from schedlab.placement.ledger import Ledger
from schedlab.placement.objectives import levels_of
from schedlab.placement.ortools.class_node import Outcome, solve_class_node
from schedlab.placement.problem import Problem, problem_of
from schedlab.placement.rules import HOST, Apart, Group, Near, Spread
from schedlab.placement.verify import check


def hard(nodes: int = 30, classes: int = 30) -> Problem:
    """Return a problem with many classes of odd sizes, which no method proves in seconds."""
    draw = np.random.default_rng(1)
    demand = draw.integers(101, 997, (classes, 2))
    return problem_of("hard", ["cpu", "memory"], demand, np.full(classes, nodes // 5), [[1999, 1999]], [nodes],
                      weight=demand.sum(axis=1))  # fmt: skip


def start(problem: Problem, *names: str, at_first: Callable[[Ledger], None] | None = None, **limits: float) -> Ledger:
    """Return a ledger that holds the empty placement; ``at_first`` is called once something was placed."""

    def told(ledger: Ledger) -> None:
        if at_first is not None and ledger.values[0]:
            at_first(ledger)

    problem, levels = levels_of(problem, names or ("weight",))
    ledger = Ledger(problem, levels, Budget(**limits), check, told)
    ledger.offer(np.zeros((len(problem.count), len(problem.nodes)), np.int64), "nothing placed")
    return ledger


def search(ledger: Ledger, seed: int = 1) -> Outcome:
    return solve_class_node(ledger.problem, ledger.levels, ledger, ledger.budget, seed)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_seed_and_work_give_the_same(workers):
    ledgers = [start(hard(nodes=60), work_limit=0.15, workers=workers) for _ in range(2)]
    outcomes = [search(ledger) for ledger in ledgers]
    one, other = ledgers
    assert outcomes == [Outcome.LIMIT, Outcome.LIMIT]
    assert one.best.tolist() == other.best.tolist()
    assert (one.values, one.bounds, one.budget.work) == (other.values, other.bounds, other.budget.work)
    assert one.values[0] > 0
    assert one.bounds[0] is not None


def test_a_time_limit_ends_it():
    ledger = start(hard(), time_limit=0.3)
    assert search(ledger) == Outcome.LIMIT
    assert ledger.budget.over
    assert search(ledger) == Outcome.LIMIT  # at once


def test_a_budget_that_is_stopped_ends_it():
    ledger = start(hard(), at_first=lambda ledger: setattr(ledger.budget, "stopped", "asked to"))
    assert search(ledger) == Outcome.LIMIT
    assert ledger.values[0] > 0


INTERRUPTED = """
import os, signal, time
from placement.test_class_node import hard, search, start

ledger = start(hard(), at_first=lambda _: os.kill(os.getpid(), signal.SIGINT))
try:
    search(ledger)
except KeyboardInterrupt:
    values = ledger.values
    time.sleep(0.2)
    print("interrupted", values[0] > 0, ledger.values == values)
"""


def test_an_interrupt_gets_through_and_leaves_what_was_found():
    """In a process of its own: pytest's workers do not bear a signal that comes a moment late."""
    tests = str(Path(__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((tests, os.environ.get("PYTHONPATH", "")))}
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "interrupted True True\n", done.stderr


def test_an_error_in_what_is_told_of_a_solution_gets_through():
    def told(_: Ledger) -> None:
        raise RuntimeError("the disk is full")

    ledger = start(hard(), at_first=told)
    with pytest.raises(RuntimeError, match="the disk is full"):
        search(ledger)


def test_what_is_too_large_is_not_built():
    assert search(start(hard(nodes=20_000, classes=40))) == Outcome.TOO_LARGE
    assert search(start(hard(classes=8_000))) == Outcome.TOO_LARGE
    large = problem_of("sums", ["cpu"], [[1]] * 3, [2] * 3, [[5]], [2], weight=[2**60, 2**59 + 1, 7])
    assert search(start(large)) == Outcome.TOO_LARGE


def test_a_model_that_refuses_what_the_check_allows_is_an_error():
    group = Group("all", np.array([True]), np.zeros(1, np.int64))
    problem = problem_of("two", ["cpu"], [[1]], [2], [[5]], [1], groups=(group,), rules=(Apart(HOST, 0, 0),))
    problem, levels = levels_of(problem, ["pods"])
    ledger = Ledger(problem, levels, Budget(), lambda problem, assignment: [])
    ledger.offer(np.array([[2]]), "a mistake")
    with pytest.raises(SchedlabError, match="refuses a placement that passed the check"):
        search(ledger)


def test_a_level_that_is_not_proven_is_held_and_the_next_made_better():
    ledger = start(hard(), "weight", "nodes", work_limit=0.3)
    assert search(ledger) == Outcome.LIMIT
    assert ledger.bounds[1] is None  # nobody knows the best weight, so no bound of the nodes holds
    assert ledger.values[1] > 0


@pytest.mark.parametrize("seed", range(30))
def test_bounds_hold_however_little_work_is_done(seed):
    problem, levels = levels_of(drawn_problem(seed, nodes=6, pods=14, classes=5, rules=4), drawn_objective(seed))
    ledgers = [Ledger(problem, levels, Budget(work_limit=limit), check) for limit in (1e-4, 1e-3, None)]
    for ledger in ledgers:
        search(ledger)
    if (best := ledgers[-1].values) is None:
        return
    for ledger in ledgers:
        assert ledger.bounds[0] is None or not levels[0].better(best[0], ledger.bounds[0])
        proven = ledger.open
        assert ledger.values is None or ledger.values[:proven] == best[:proven]


@pytest.mark.parametrize("seed", range(12))
def test_a_large_neighbourhood_search_makes_nothing_worse_and_is_the_same_again(seed):
    problem, levels = levels_of(
        drawn_problem(seed, nodes=16, pods=40, classes=6, rules=3, running=False), drawn_objective(seed)
    )
    if len(problem.nodes) < lns.FREE[1]:
        return
    ledgers = [start(problem, *drawn_objective(seed), work_limit=0.1) for _ in range(2)]
    if ledgers[0].best is None:
        return  # nothing placed is not allowed
    before = ledgers[0].values
    for ledger in ledgers:
        lns.polish(ledger.problem, ledger.levels, ledger, ledger.budget, seed)
    one, other = ledgers
    assert one.refused == []
    assert one.values == other.values
    assert one.best.tolist() == other.best.tolist()
    assert one.values == before or one.values[0] > before[0]
    assert one.bounds == [None] * len(levels)


def test_a_large_neighbourhood_search_reaches_the_optimum_of_an_easy_problem():
    problem = problem_of("easy", ["cpu"], [[2], [3], [5]], [12, 12, 12], [[10]], [12], weight=[2, 3, 5])
    ledger = start(problem, "weight", "nodes", work_limit=0.5)
    lns.polish(problem, ledger.levels, ledger, ledger.budget, seed=1)
    assert ledger.values == (120, 12)


@pytest.mark.parametrize(
    ("rule", "keep", "node", "objective"),
    [
        (
            Spread(HOST, 0, 0, 1, np.ones(1, np.bool_)),
            [1, 0, 0],
            0,
            "pods",
        ),  # the second may have no more than one more
        (Spread(HOST, 0, 0, 1, np.ones(1, np.bool_)), [2, 1, 2], 1, "nodes"),  # one less would be two less than others
        (Near(HOST, 0, 0), [2, 0, 0], 1, "pods"),  # the series has begun elsewhere
    ],
)
def test_rules_on_the_host_see_the_nodes_that_are_kept(rule, keep, node, objective):
    group = Group("all", np.array([True]), np.zeros(1, np.int64))
    problem = problem_of("three", ["cpu"], [[1]], [9], [[2]], [3], groups=(group,), rules=(rule,))
    problem, levels = levels_of(problem, [objective])
    ledger = Ledger(problem, levels, Budget(), check)
    assert ledger.offer(np.array([keep]), "start")
    outcome = solve_class_node(problem, levels, ledger, ledger.budget, 1, np.array([node]), np.array([keep]))
    assert (outcome, ledger.best.tolist()) == (Outcome.OPTIMAL, [keep])
    assert ledger.refused == []


def test_the_shares_of_a_pod_are_on_different_devices():
    share, devices = [[2, 500], [1, 700]], ((1000, 1000),)
    ledger = start(problem_of("shares", ["cpu"], [[1], [1]], [1, 1], [[9]], [1], share=share, devices=devices), "pods")
    assert search(ledger) == Outcome.OPTIMAL
    assert ledger.values == (1,)
