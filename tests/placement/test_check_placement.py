"""Pods by name on nodes and devices, and the value of each objective, against the oracle."""

import dataclasses

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from placement import oracle
from placement.drawn import drawn_assignment, drawn_objective, drawn_problem
from placement.results import placed

from schedlab.placement.objectives import levels_of
from schedlab.placement.problem import problem_of
from schedlab.placement.rules import HOST, Apart, Group
from schedlab.placement.verify import check_placement, values

PROBLEM = problem_of(
    "pair",
    ["cpu"],
    [[2], [1]],
    [2, 1],
    [[5], [5]],
    [1, 1],
    share=[[1, 600], [0, 0]],
    devices=((1000, 700), ()),
    compatible=[[True, False], [True, True]],
    required=[1, 0],
    current=[[1, 0], [0, 0]],
    runs_on=np.array([0, -1, -1]),
    nodes=("big", "small"),
    pods=("g0", "g1", "c0"),
)
RIGHT = {"g0": ("big", ((0, 600),)), "g1": ("big", ((1, 600),)), "c0": ("small", ())}


def wrong(unplaced=(), **pods):
    return check_placement(PROBLEM, {pod: each for pod, each in (RIGHT | pods).items() if each}, unplaced)


def test_a_right_placement_has_nothing_wrong():
    assert wrong() == []
    assert wrong(["c0"], c0=None) == []


def test_every_pod_is_told_of_once_by_its_name():
    assert wrong(c0=None) == ["pod c0 is neither placed nor unplaced"]
    assert wrong(["c0"]) == ["pod c0 is told of more than once"]
    assert wrong(["c0", "c0"], c0=None) == ["pod c0 is told of more than once"]
    assert wrong(g9=("big", ())) == ["there is no pod 'g9'; known: g1, g0"]
    assert wrong(c0=("smal", ())) == ["pod c0: there is no node 'smal'; known: small"]


def test_devices_are_held_against_what_is_left_one_by_one():
    assert wrong(g1=("big", ((0, 600),))) == ["node big: device 0 has 1000 milli left, 1200 are taken"]
    assert wrong(g1=("big", ((2, 600),))) == ["node big: there is no device 2, it has 2"]
    assert wrong(g1=("big", ((1, 500),))) == ["pod g1: takes 500 milli of 1, asks for 600 milli of each of 1 devices"]
    assert wrong(g1=("big", ())) == ["pod g1: takes no device, asks for 600 milli of each of 1 devices"]
    assert wrong(c0=("big", ((1, 100),))) == ["pod c0: takes 100 milli of 1, asks for 0 milli of each of 0 devices"]
    twice = dataclasses.replace(PROBLEM, share=np.array([[2, 300], [0, 0]]))
    same = RIGHT | {"g0": ("big", ((0, 300), (0, 300))), "g1": ("big", ((0, 300), (1, 300)))}
    assert len(check_placement(twice, same, ())) == 1


def test_a_running_pod_keeps_its_place_before_others_of_its_class():
    assert wrong(["g0"], g0=None) == ["class 0 (pod g0): g0 ran and got no node, 1 must keep one"]
    assert wrong(["g1"], g1=None) == []


def test_what_holds_for_assignments_holds_here():
    assert wrong(g1=("small", ((0, 600),))) == [
        "node small: class 0 (pod g0) may not be there",
        "node small: there is no device 0, it has 0",
    ]
    apart = (Group("g", np.array([True, False]), np.zeros(2, np.int64)),)
    ruled = dataclasses.replace(PROBLEM, groups=apart, rules=(Apart(HOST, 0, 0),))
    assert check_placement(ruled, RIGHT, ()) == [
        "rule 0, Apart g from g by kubernetes.io/hostname: node big has 2 pods and 2 that they keep apart from"
    ]


def test_values_are_counted_by_hand():
    names = ("priority 0", "priority 7", "pods", "weight", "nodes", "cost", "moves", "locality", "mine")
    problem = dataclasses.replace(
        PROBLEM,
        weight=np.array([10, 3]),
        cost=np.array([7, 2]),
        locality=np.array([[1, 9], [0, 4]]),
        occupied=np.array([False, True]),
        priority=np.array([0, 7]),
    )
    assert values(problem, names, RIGHT) == [2, 1, 3, 23, 1, 7, 0, 6, None]
    swapped = {"g1": RIGHT["g0"], "c0": RIGHT["c0"]}
    assert values(problem, ("moves", "pods"), swapped) == [1, 2]  # g0 ran, though g1 has taken its place


def test_phantoms_count_beside_the_devices_that_pods_have():
    problem = PROBLEM.with_phantoms(np.array([1]), np.array([1, 400]), 9)
    assert values(problem, ["fragmentation"], {}) == [3]  # 1000: two, 700: one
    assert values(problem, ["fragmentation"], {"g0": ("big", ((0, 600),))}) == [2]
    assert values(problem, ["fragmentation"], {"g0": ("big", ((1, 600),))}) == [2]
    assert values(problem, ["fragmentation"], RIGHT) == [1]


@given(st.integers(0, 10**6))
def test_placements_and_values_agree_with_the_oracle(seed):
    problem, levels = levels_of(drawn_problem(seed, nodes=5, pods=9), drawn_objective(seed))
    assignment = drawn_assignment(problem, seed)
    classes = problem.class_of.tolist()
    nodes = {cls: [node for node, many in enumerate(row) for _ in range(many)] for cls, row in enumerate(assignment)}
    where = [nodes[cls].pop() if nodes[cls] else None for cls in classes]
    assume(all(oracle.fits(problem, oracle.on(classes, where, node), node) for node in range(len(problem.nodes))))
    phantoms = oracle.phantoms(problem, where) if problem.phantom.any() else ()
    placement = placed(problem, where, phantoms)
    unplaced = [pod for pod in problem.pods if pod not in placement]
    assert (check_placement(problem, placement, unplaced) == []) == oracle.allowed(problem, where)
    names = [level.name for level in levels]
    assert values(problem, names, placement) == [oracle.value_of(problem, where, name) for name in names]
    here = oracle.assignment_of(problem, where)
    assert [level.form.of(problem, here) for level in levels] == values(problem, names, placement)
