"""What is wrong with an assignment: each rule by hand, then all of them against the same rules written twice."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from placement import oracle
from placement.drawn import KINDS, drawn_assignment, drawn_problem

from schedlab.placement.problem import Problem, problem_of
from schedlab.placement.rules import EVERYWHERE, HOST, Apart, Gang, Group, Limit, Near, Spread
from schedlab.placement.verify import check
from schedlab.placement.verify.devices import fits


def three_zones(*rules, residents=((0, 0, 0, 0), (0, 0, 0, 0)), eligible=None, **given) -> Problem:
    """Two classes, `web` and `db`, and four nodes that have room for all: two zones of one, a third, and no zone.

    Group 0 is web, group 1 db, group 2 both.
    """
    members = ([True, False], [False, True], [True, True])
    stay = [np.array(each) for each in (*residents, np.add(*residents))]
    groups = zip(("web", "db", "all"), members, stay, strict=True)
    return problem_of(
        "three zones",
        ["cpu"],
        [[1], [2]],
        [4, 4],
        [[99]] * 4,
        [1] * 4,
        domains={"zone": np.array([0, 1, 2, -1])},
        groups=tuple(Group(name, np.array(which), there) for name, which, there in groups),
        rules=rules,
        pods=("w0", "w1", "w2", "w3", "d0", "d1", "d2", "d3"),
        **given,
    )


def wrong(problem: Problem, web: list[int], db: list[int]) -> list[str]:
    return check(problem, np.array([web, db]))


WEB, DB, ALL = 0, 1, 2
NONE = [0, 0, 0, 0]
YES = np.ones(4, np.bool_)


def test_a_right_assignment_has_nothing_wrong():
    assert wrong(three_zones(), [4, 0, 0, 0], [1, 1, 1, 1]) == []
    assert wrong(three_zones(), NONE, NONE) == []


def test_what_is_no_assignment_is_told_first():
    problem = three_zones()
    assert check(problem, np.zeros((2, 3), np.int64)) == ["the assignment is 2 x 3, not 2 classes x 4 nodes"]
    assert wrong(problem, [9, 0, 0, -1], NONE) == ["node node-3: class 0 (pod w0): -1 pods"]
    assert wrong(problem, [0.5, 0, 0, 0], NONE) == ["node node-0: class 0 (pod w0): 0.5 pods"]


def test_sizes_counts_and_places_are_named():
    problem = three_zones(required=[0, 1], compatible=[[True] * 4, [True, True, True, False]])
    problem = dataclasses.replace(problem, capacity=np.array([[3], [99], [99], [99]]))
    assert wrong(problem, [5, 0, 0, 0], NONE) == [
        "class 0 (pod w0): 5 placed, but there are 4",
        "class 1 (pod d0): 0 placed, but 1 must be",
        "node node-0: 5 cpu asked for, 3 there",
    ]
    assert wrong(problem, NONE, [0, 0, 0, 1]) == ["node node-3: class 1 (pod d0) may not be there"]


@pytest.mark.parametrize(
    ("room", "asked", "right"),
    [
        ([1000, 1000], {(1, 1000): 2}, True),
        ([1000, 1000], {(1, 500): 4}, True),
        ([1000, 1000], {(1, 600): 3}, False),  # 1800 of 2000, but one to a device
        ([1000, 1000], {(2, 500): 2}, True),
        ([1000], {(2, 500): 1}, False),  # two shares of one pod want two devices
        ([1000, 500, 500], {(2, 500): 2}, True),
        ([1000, 600, 400], {(2, 500): 1, (1, 400): 2}, True),
        ([2000, 100], {(2, 500): 1}, False),
        ([500, 300], {(1, 400): 1, (1, 300): 1}, True),
        ([1000, 1000], {(1, 600): 1, (1, 400): 2, (1, 300): 2}, True),  # 600 + 400, 400 + 300 + 300
        ([1000, 1000], {(1, 400): 1, (1, 300): 3, (1, 350): 2}, True),  # the tightest first fails here
        ([], {(1, 100): 1}, False),
    ],
)
def test_devices_are_packed_exactly(room, asked, right):
    assert fits(room, asked) is right
    assert fits(room[::-1], asked) is right


def test_devices_that_do_not_fit_are_told_by_node():
    problem = three_zones(share=[[1, 600], [0, 0]], devices=((1000, 1000), (), (), ()))
    assert wrong(problem, [2, 0, 0, 0], NONE) == []
    assert wrong(problem, [3, 0, 0, 0], NONE) == [
        "node node-0: devices with [1000, 1000] milli left do not fit 3 x 1 of 600 milli"
    ]


def test_apart_holds_within_a_zone_and_not_beyond():
    problem = three_zones(Apart("zone", WEB, DB))
    assert wrong(problem, [1, 0, 0, 0], [0, 1, 0, 0]) == []
    assert wrong(problem, [0, 0, 0, 1], [0, 0, 0, 1]) == []  # no zone: in no domain
    assert wrong(problem, [1, 0, 0, 0], [2, 0, 0, 0]) == [
        "rule 0, Apart web from db by zone: zone 0 has 1 pods and 2 that they keep apart from"
    ]


def test_apart_among_equals_leaves_one():
    problem = three_zones(Apart(HOST, WEB, WEB))
    assert wrong(problem, [1, 1, 1, 1], NONE) == []
    assert len(wrong(problem, [2, 0, 0, 0], NONE)) == 1
    assert len(wrong(three_zones(Apart(HOST, WEB, ALL)), [1, 0, 0, 0], [1, 0, 0, 0])) == 1
    assert wrong(three_zones(Apart(HOST, WEB, ALL)), [1, 0, 0, 0], [0, 2, 0, 0]) == []
    assert len(wrong(three_zones(Apart(EVERYWHERE, WEB, ALL)), [1, 0, 0, 0], [0, 0, 0, 1])) == 1


def test_apart_binds_pods_and_residents_both_ways():
    stay = ((1, 0, 0, 0), (0, 1, 0, 0))
    problem = three_zones(Apart("zone", WEB, DB), residents=stay)
    assert wrong(problem, NONE, NONE) == []
    assert len(wrong(problem, NONE, [1, 0, 0, 0])) == 1  # web stays in zone 0 and wants no db
    assert len(wrong(problem, [0, 1, 0, 0], NONE)) == 1
    assert wrong(problem, [1, 0, 0, 0], [0, 1, 0, 0]) == []
    both_stay = three_zones(Apart("zone", WEB, DB), residents=((1, 0, 0, 0), (1, 0, 0, 0)))
    assert wrong(both_stay, NONE, NONE) == []  # what stays is left as it is


def test_near_wants_company_and_a_key():
    problem = three_zones(Near("zone", WEB, DB))
    assert wrong(problem, [2, 1, 0, 0], [1, 1, 0, 0]) == []
    assert wrong(problem, [1, 0, 0, 0], [0, 1, 0, 0]) == [
        "rule 0, Near web to db by zone: zone 0 has 1 pods, and none that they must be near"
    ]
    assert wrong(problem, [0, 0, 0, 1], [0, 0, 0, 1]) == [
        "rule 0, Near web to db by zone: 1 pods are on a node without zone"
    ]
    assert wrong(three_zones(Near("zone", WEB, DB), residents=(NONE, [0, 1, 0, 0])), [0, 3, 0, 0], NONE) == []


def test_a_series_begins_once_and_only_where_nobody_waits():
    problem = three_zones(Near("zone", WEB, WEB))
    assert wrong(problem, [4, 0, 0, 0], NONE) == []
    assert wrong(problem, [2, 1, 0, 0], NONE) == [
        "rule 0, Near web to web by zone: a series begins in more than one domain: zone 0, zone 1"
    ]
    stay = three_zones(Near("zone", WEB, WEB), residents=([0, 1, 0, 0], NONE))
    assert wrong(stay, [0, 4, 0, 0], NONE) == []
    assert wrong(stay, [1, 3, 0, 0], NONE) == [
        "rule 0, Near web to web by zone: zone 0 begins a series, though there are residents to be near"
    ]


def test_a_series_may_begin_beside_others_company():
    problem = three_zones(Near("zone", WEB, ALL))
    assert wrong(problem, [2, 1, 0, 0], [0, 1, 0, 0]) == []  # db keeps company in zone 1, web begins in zone 0
    assert len(wrong(problem, [2, 1, 1, 0], [0, 1, 0, 0])) == 1
    everyone = three_zones(Near("zone", ALL, WEB))
    assert wrong(everyone, [1, 0, 0, 0], [3, 0, 0, 0]) == []
    assert len(wrong(everyone, [1, 0, 0, 0], [0, 1, 0, 0])) == 1  # a db cannot begin


def test_spread_holds_where_its_pods_are():
    problem = three_zones(Spread("zone", WEB, WEB, 1, YES))
    assert wrong(problem, [1, 1, 0, 0], NONE) == []
    assert wrong(problem, [2, 1, 0, 0], NONE) == [
        "rule 0, Spread web of web by zone: zone 0 has 2 pods, the least domain 0; at most 1 more are allowed"
    ]
    assert wrong(problem, [0, 0, 0, 1], NONE) == [
        "rule 0, Spread web of web by zone: 1 pods are on a node without zone"
    ]
    others = three_zones(Spread("zone", WEB, DB, 1, YES))
    assert wrong(others, [0, 1, 0, 0], [3, 0, 0, 0]) == []  # zone 0 is too full, but has no web
    assert len(wrong(others, [1, 1, 0, 0], [3, 0, 0, 0])) == 1


def test_spread_counts_eligible_nodes_and_residents_only():
    some = np.array([True, True, False, False])
    assert wrong(three_zones(Spread("zone", WEB, WEB, 1, some)), [2, 1, 0, 0], NONE) == []
    assert wrong(three_zones(Spread("zone", WEB, WEB, 1, some)), [0, 0, 3, 0], NONE) == []  # zone 2 does not count
    stay = ((1, 0, 0, 0), NONE)
    assert wrong(three_zones(Spread("zone", WEB, WEB, 1, some), residents=stay), [0, 1, 0, 0], NONE) == []
    assert len(wrong(three_zones(Spread("zone", WEB, WEB, 1, some), residents=stay), [1, 0, 0, 0], NONE)) == 1


def test_too_few_domains_make_the_least_nothing():
    assert wrong(three_zones(Spread("zone", WEB, WEB, 1, YES, 3)), [2, 1, 1, 0], NONE) == []
    assert len(wrong(three_zones(Spread("zone", WEB, WEB, 1, YES, 4)), [2, 1, 1, 0], NONE)) == 1
    assert wrong(three_zones(Spread("zone", WEB, WEB, 1, YES, 4)), [1, 1, 1, 0], NONE) == []


def test_limits_count_pods_with_residents_and_resources_without():
    stay = ((1, 0, 0, 0), NONE)
    assert wrong(three_zones(Limit("zone", WEB, -1, 2), residents=stay), [1, 2, 0, 1], NONE) == []
    assert wrong(three_zones(Limit("zone", WEB, -1, 2), residents=stay), [2, 0, 0, 0], NONE) == [
        "rule 0, Limit web by zone: zone 0 has 3 pods, the limit is 2"
    ]
    assert wrong(three_zones(Limit(EVERYWHERE, DB, 0, 4), residents=stay), NONE, [1, 1, 0, 0]) == []
    assert wrong(three_zones(Limit(EVERYWHERE, DB, 0, 4)), NONE, [1, 1, 1, 0]) == [
        "rule 0, Limit db: everywhere has 6 cpu, the limit is 4"
    ]
    assert wrong(three_zones(Limit("zone", WEB, -1, 0, 1)), [4, 0, 0, 0], NONE) == []
    assert len(wrong(three_zones(Limit("zone", WEB, -1, 0, 1)), [0, 1, 0, 0], NONE)) == 1


def test_a_gang_is_none_or_enough():
    problem = three_zones(Gang(ALL, 3))
    assert wrong(problem, NONE, NONE) == []
    assert wrong(problem, [1, 0, 0, 0], [0, 1, 1, 0]) == []
    assert wrong(problem, [1, 0, 0, 0], [0, 1, 0, 0]) == ["rule 0, Gang all: 2 pods are placed, neither none nor 3"]


def test_phantoms_take_room_and_are_in_no_group():
    group = Group("all", np.array([True, True]), np.array([0]))
    problem = problem_of(
        "phantoms", ["cpu"], [[1], [1]], [2, 5], [[3]], [1], phantom=[False, True], groups=(group,),
        rules=(Limit(EVERYWHERE, 0, -1, 1), Apart(HOST, 0, 0)), class_of=[0, 0],
    )  # fmt: skip
    assert check(problem, np.array([[1], [2]])) == []
    assert check(problem, np.array([[1], [3]])) == ["node node-0: 4 cpu asked for, 3 there"]
    assert len(check(problem, np.array([[2], [0]]))) == 2


def where_of(problem: Problem, assignment: np.ndarray) -> oracle.Where:
    nodes = {
        cls: [node for node, many in enumerate(row) for _ in range(many)] for cls, row in enumerate(assignment.tolist())
    }
    return [nodes[cls].pop() if nodes[cls] else None for cls in problem.class_of.tolist()]


@given(st.integers(0, 10**6), st.sampled_from((*KINDS, "all")), st.floats(0.2, 1))
def test_the_checker_and_the_oracle_agree(seed, kind, fill):
    kinds = KINDS if kind == "all" else (kind,)
    problem = drawn_problem(seed, nodes=5, pods=9, kinds=kinds, devices=kind == "all", running=kind == "all")
    if kind != "all":  # so that the rule alone decides
        problem = dataclasses.replace(problem, capacity=problem.capacity * 4)
    assignment = drawn_assignment(problem, seed, fill=fill)
    assert (check(problem, assignment) == []) == oracle.allowed(problem, where_of(problem, assignment))


@given(st.lists(st.sampled_from([1000, 700, 500, 300]), max_size=4), st.data())
def test_device_packing_is_exact(room, data):
    shares = st.tuples(st.integers(1, 3), st.sampled_from([100, 200, 300, 350, 500, 1000]))
    asked = data.draw(st.dictionaries(shares, st.integers(1, 3), max_size=4))
    pods = tuple(sorted(each for each, many in asked.items() for _ in range(many)))
    assert fits(room, asked) == oracle.deal(tuple(sorted(room)), pods)


def test_drawn_problems_have_everything():
    problems = [drawn_problem(seed) for seed in range(200)]
    assert {type(rule).__name__ for each in problems for rule in each.rules} == {
        "Apart", "Near", "Spread", "Limit", "Gang"
    }  # fmt: skip
    assert any(each.required.any() for each in problems)
    assert any((each.share[:, 0] > 1).any() and any(each.devices) for each in problems)
    assert any(any(group.residents.any() for group in each.groups) for each in problems)
    feasible = [oracle.allowed(each, [None] * len(each.pods)) for each in problems]
    assert 20 < sum(feasible) < 180
