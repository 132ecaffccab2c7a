"""solve: one door, anytime, monotone, never worse than its start, and always a status with a reason."""

import numpy as np
import pytest
from placement import oracle
from placement.drawn import drawn_objective, drawn_problem

import schedlab as sl
from schedlab import InputError
from schedlab.placement import Status, search
from schedlab.placement.objectives import levels_of
from schedlab.placement.problem import Problem, problem_of
from schedlab.placement.rules import EVERYWHERE, Gang, Group, Limit
from schedlab.placement.verify.placement import check_placement


def small() -> Problem:
    """Two nodes of 4 cores for four pods of 2, and one of 3 that has priority."""
    return problem_of("small", ["cpu"], [[2], [3]], [4, 1], [[4]], [2], priority=[0, 10])


def test_the_readers_first_example():
    found = sl.solve(small(), objective=("priority", "nodes"))
    assert found.status == Status.OPTIMAL
    assert found.levels == ("priority 10", "priority 0", "nodes")
    assert found.objective == found.bound == (1, 2, 2)
    assert found.gap == 0
    assert len(found.placement) == 3
    assert len(found.unplaced) == 2
    assert check_placement(small(), found.placement, found.unplaced) == []


@pytest.mark.parametrize("seed", range(60))
def test_it_finds_what_brute_force_finds(seed):
    problem, objective = drawn_problem(seed), drawn_objective(seed)
    best = oracle.optimum(*levels_of(problem, objective))
    found = sl.solve(problem, objective, time_limit=None, work_limit=20, seed=seed)
    if best is None:
        assert found.status == Status.INFEASIBLE
        assert found.reason
        return
    assert (found.status, found.objective) == (Status.OPTIMAL, best.values), found.reason


def test_the_same_seed_and_work_limit_give_the_same_result():
    problem = drawn_problem(7, nodes=40, pods=200, classes=12, rules=3)
    first, second = (sl.solve(problem, ("weight",), time_limit=None, work_limit=3, seed=5) for _ in range(2))
    assert first.objective == second.objective
    assert first.bound == second.bound
    assert first.placement == second.placement
    assert [entry[2:] for entry in first.trace] == [entry[2:] for entry in second.trace]


def test_incumbents_and_bounds_only_get_better():
    seen = []
    problem = drawn_problem(11, nodes=40, pods=150, classes=10)
    sl.solve(
        problem,
        ("pods", "nodes"),
        time_limit=5,
        on_incumbent=lambda known: seen.append((known.values, tuple(known.bounds))),
    )
    values = [value for value, _ in seen if value is not None]
    assert values == sorted(values, key=lambda value: (value[0], -value[1]))
    tops = [bounds[0] for _, bounds in seen if bounds[0] is not None]
    assert tops == sorted(tops, reverse=True)


def test_a_warm_start_is_never_lost():
    problem = drawn_problem(3, nodes=30, pods=120, classes=10, running=False, rules=0)
    good = sl.solve(problem, ("pods",), time_limit=None, work_limit=5)
    none = sl.solve(problem, ("pods",), time_limit=0, warm_start=good.placement)
    assert none.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert none.objective == good.objective
    assert sl.solve(problem, ("pods",), time_limit=None, work_limit=0.01, warm_start=good.placement).objective >= (
        good.objective
    )


def test_a_warm_start_that_breaks_a_rule_is_refused():
    wrong = {"pod-0": "node-0", "pod-1": "node-0", "pod-2": "node-0"}
    with pytest.raises(InputError, match=r"warm start is refused: .*cpu"):
        sl.solve(small(), ("pods",), warm_start=wrong)
    with pytest.raises(InputError, match="no node 'mars'"):
        sl.solve(small(), ("pods",), warm_start={"pod-0": "mars"})
    with pytest.raises(InputError, match="shape"):
        sl.solve(small(), ("pods",), warm_start=np.zeros((2, 5), np.int64))


def test_no_time_is_a_limit_with_a_reason():
    found = sl.solve(small(), ("pods",), time_limit=0)
    assert (found.status, found.reason, found.objective) == (Status.LIMIT, "time limit", None)
    assert found.unplaced == small().pods


@pytest.mark.parametrize(("limit", "value"), [("time_limit", -1), ("work_limit", float("nan")), ("mem_limit", -5)])
def test_limits_that_are_none_are_refused(limit, value):
    with pytest.raises(InputError, match=f"a {limit} of"):
        sl.solve(small(), ("pods",), **{limit: value})


def test_unknown_objectives_are_refused_with_the_nearest():
    with pytest.raises(InputError, match="there is no objective 'podz'; known: pods"):
        sl.solve(small(), ("podz",))
    with pytest.raises(InputError, match="name each once"):
        sl.solve(small(), ("pods", "pods"))


def test_contradictions_are_named():
    group = (Group("team a", np.array([True, False]), np.array([0])),)
    running = {"required": [2, 0], "current": [[1], [0]], "runs_on": [0, 1, -1, -1, -1], "groups": group}

    def of(**given):
        given = running | given
        return sl.solve(problem_of("small", ["cpu"], [[2], [3]], [4, 1], [[4]], [2], **given), ("pods",))

    quota = of(rules=(Limit(EVERYWHERE, 0, 0, 3),))
    assert quota.status == Status.INFEASIBLE
    assert quota.reason == "at most 3 cpu of team a: pods that must be placed take 4"
    gang = of(rules=(Gang(0, 9),))
    assert gang.reason == "gang team a of at least 9: it has 4 pods"
    far = of(compatible=np.array([[False], [True]]))
    assert far.reason == "pod 'pod-0' must be placed, but no node is compatible with it"


def test_a_method_that_fails_leaves_what_was_found(monkeypatch):
    def fails(*_args):
        raise RuntimeError("the solver fell over")

    monkeypatch.setattr(search, "solve_class_node", fails)
    found = sl.solve(drawn_problem(5, rules=0), ("locality", "weight"))
    assert found.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert found.objective is not None


def test_a_method_that_fails_at_once_is_an_error(monkeypatch):
    def fails(*_args):
        raise RuntimeError("the solver fell over")

    monkeypatch.setattr(search, "contradictions", fails)
    found = sl.solve(small(), ("pods",))
    assert (found.status, found.reason) == (Status.ERROR, "RuntimeError: the solver fell over")


def test_ctrl_c_gives_the_best_so_far():
    def interrupt(ledger):
        if ledger.values is not None:
            raise KeyboardInterrupt

    found = sl.solve(small(), ("pods", "nodes"), on_incumbent=interrupt)
    assert found.reason == "interrupted"
    assert found.objective is not None


@pytest.mark.parametrize("seed", [0, 4])
def test_in_a_process_of_its_own_it_finds_the_same(seed):
    problem, objective = drawn_problem(seed), drawn_objective(seed)
    told = []
    here = sl.solve(problem, objective, seed=1)
    there = sl.solve(
        problem, objective, seed=1, mem_limit=4 << 30, on_incumbent=lambda ledger: told.append(ledger.values)
    )
    assert (here.status, here.objective, here.bound) == (there.status, there.objective, there.bound)
    assert here.placement == there.placement
    assert told
    assert there.memory > 0


def test_a_search_that_runs_out_of_memory_says_so():
    found = sl.solve(drawn_problem(2, nodes=60, pods=400, classes=30), ("pods",), mem_limit=50 << 20)
    assert found.status in (Status.ERROR, Status.FEASIBLE, Status.BOUND_ONLY)
    assert "memory" in found.reason or "died" in found.reason


def test_nothing_to_place_is_optimal_at_once():
    found = sl.solve(problem_of("empty", ["cpu"], np.zeros((0, 1)), [], [[4]], [2]), ("pods",))
    assert (found.status, found.objective) == (Status.OPTIMAL, (0,))
    found = sl.solve(problem_of("no nodes", ["cpu"], [[1]], [3], np.zeros((0, 1)), []), ("pods",))
    assert (found.status, found.objective) == (Status.OPTIMAL, (0,))


def test_sizes_that_are_none_are_refused():
    with pytest.raises(InputError, match=r"demand\[0\]: a demand of -1 cpu"):
        problem_of("x", ["cpu"], [[-1]], [1], [[4]], [1])
    with pytest.raises(InputError, match="capacity beyond"):
        problem_of("x", ["cpu"], [[1]], [1], [[2**50]], [1])
    with pytest.raises(InputError, match="adds up to"):
        problem_of("x", ["cpu"], [[2**60]], [8], [[1]], [1])
