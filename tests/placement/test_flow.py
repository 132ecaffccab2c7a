"""Min-cost flow: where it applies it is exact, and where it is not it says why."""

import dataclasses
import random

import numpy as np
import pytest
from placement.drawn import drawn_problem

from schedlab.placement.budget import Budget
from schedlab.placement.flow import flow_applies, solve_flow
from schedlab.placement.ledger import Ledger
from schedlab.placement.level import Level
from schedlab.placement.objectives import levels_of
from schedlab.placement.ortools.pod_node import solve_pod_node
from schedlab.placement.problem import Problem, problem_of
from schedlab.placement.rules import EVERYWHERE, HOST, Apart, Group, Limit
from schedlab.placement.verify import check


def quincy(**given) -> Problem:
    """Three pods that read from the first node, which has two slots, and two from the second, which has one."""
    members = (np.array([True, False]), np.array([True, True]))
    defaults = {
        "locality": [[0, 5, 9], [7, 0, 9]],
        "groups": tuple(Group(f"group-{index}", each, np.zeros(3, np.int64)) for index, each in enumerate(members)),
        "domains": {"rack": np.array([0, 0, 1])},
    }
    return problem_of("quincy", ["slots"], [[1], [1]], [3, 2], [[2], [1], [4]], [1, 1, 1], **(defaults | given))


def solved(problem: Problem, *names: str) -> Ledger:
    problem, levels = levels_of(problem, names)
    ledger = Ledger(problem, levels, Budget(), check)
    assert flow_applies(problem, levels) == ""
    assert solve_flow(problem, levels, ledger, ledger.budget)
    assert ledger.refused == []
    return ledger


def test_pods_go_where_their_data_is_while_there_are_slots():
    ledger = solved(quincy(), "pods", "locality")
    assert ledger.values == (5, 18)  # two and one where they want to be, and one of each on the third
    assert ledger.bounds == [5, 18]
    assert ledger.kinds == ["min-cost flow", "min-cost flow"]
    assert ledger.best.tolist() == [[2, 0, 1], [0, 1, 1]]


def test_limits_of_a_rack_and_of_a_tenant_hold():
    assert solved(quincy(rules=(Limit("rack", 1, -1, 2, 0),)), "pods", "locality").values == (5, 27)
    assert solved(quincy(rules=(Limit(EVERYWHERE, 0, 0, 1),)), "pods", "locality").values == (3, 0 + 0 + 7)


def test_what_runs_stays_where_moves_cost():
    problem = quincy(
        current=[[0, 1, 1], [0, 0, 0]], required=[2, 0], class_of=[0, 0, 0, 1, 1], runs_on=[1, 2, -1, -1, -1]
    )
    assert solved(problem, "pods", "moves", "locality").values == (5, 0, 5 + 9 + 0 + 7 + 9)
    assert solved(problem, "pods", "locality", "moves").values == (5, 18, 1)


def test_what_must_be_placed_and_cannot_is_infeasible():
    problem, levels = levels_of(quincy(required=[3, 2], rules=(Limit("rack", 1, -1, 2),)), ["pods"])
    ledger = Ledger(problem, levels, Budget(), check)
    assert not solve_flow(problem, levels, ledger, ledger.budget)
    assert ledger.best is None


def test_a_flow_that_is_not_exact_says_why():
    def why(problem: Problem, *names: str) -> str:
        return flow_applies(*levels_of(problem, names or ["pods"]))

    assert why(quincy(), "pods", "nodes") == "nodes counts nodes in use"
    assert why(quincy(rules=(Apart(HOST, 0, 1),))) == "there is a rule of another kind: Apart"
    assert why(quincy(rules=(Limit("rack", 0, -1, 1),))) == "a limit of some pods is one of some nodes, too"
    assert (
        why(dataclasses.replace(quincy(), demand=np.array([[1], [2]])))
        == "pods ask for different slots, which is scarce"
    )
    shares = quincy(share=[[1, 500], [0, 0]], devices=((1000,),) * 3)
    assert why(shares) == "pods share devices"
    assert why(quincy(locality=[[0, 2**41, 0], [0, 0, 0]]), "locality") == "locality has costs beyond 2^40"
    problem, levels = levels_of(shares, ["pods"])
    ledger = Ledger(problem, levels, Budget(), check)
    with pytest.raises(ValueError, match="share devices"):
        solve_flow(problem, levels, ledger, ledger.budget)


def drawn_unit(seed: int, **size: int) -> tuple[Problem, tuple[Level, ...]]:
    """A problem with limits whose sizes are mostly alike."""
    draw = random.Random(f"unit {seed}")
    problem = drawn_problem(seed, kinds=("limit",), **size)
    demand, share = problem.demand.copy(), problem.share.copy()
    demand[:, 0], demand[:, 1] = draw.choice((0, 0, 2)), draw.choice((0, 1, 3))
    share[:, 0] = draw.choice((0, 0, 1, 2)) if draw.random() < 0.9 else share[:, 0]
    share[:, 1] = np.where(share[:, 0] > 0, 1000, 0)
    devices = tuple(tuple(1000 for left in room if left >= 500) for room in problem.devices)
    names = draw.sample(["priority", "pods", "weight", "locality", "moves"], draw.randint(1, 4))
    return levels_of(dataclasses.replace(problem, demand=demand, share=share, devices=devices), names)


def agrees(seed: int, **size: int) -> bool:
    problem, levels = drawn_unit(seed, **size)
    if flow_applies(problem, levels):
        return False
    ledger = Ledger(problem, levels, Budget(), check)
    feasible = solve_flow(problem, levels, ledger, ledger.budget)
    best = solve_pod_node(problem, levels)
    assert ledger.refused == []
    assert feasible == (best is not None)
    if best is not None:
        assert ledger.values == best.values == tuple(ledger.bounds)
    return True


@pytest.mark.parametrize("chunk", range(4))
def test_where_it_applies_it_is_the_optimum(chunk):
    applied = [agrees(seed, nodes=6, pods=14, classes=5) for seed in range(50 * chunk, 50 * chunk + 50)]
    assert sum(applied) > 25


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(7))
def test_where_it_applies_it_is_the_optimum_a_thousand_times(chunk):
    for seed in range(1000 + 200 * chunk, 1200 + 200 * chunk):
        agrees(seed, nodes=8, pods=20, classes=6)


@pytest.mark.parametrize("seed", range(20))
def test_a_cluster_and_its_pods_twice_are_worth_just_twice(seed):
    problem, levels = drawn_unit(seed)
    problem = dataclasses.replace(problem, rules=(), required=np.zeros_like(problem.count))
    if flow_applies(problem, levels):
        pytest.skip("drawn otherwise")
    once = Ledger(problem, levels, Budget(), check)
    solve_flow(problem, levels, once, once.budget)
    twice = dataclasses.replace(
        problem, count=2 * problem.count, type_of=np.tile(problem.type_of, 2), nodes=problem.nodes * 2,
        class_of=np.tile(problem.class_of, 2), pods=problem.pods * 2, runs_on=np.tile(problem.runs_on, 2),
    )  # fmt: skip
    if not flow_applies(twice, levels):
        double = Ledger(twice, levels, Budget(), check)
        solve_flow(twice, levels, double, double.budget)
        assert double.bounds == [2 * bound for bound in once.bounds]
