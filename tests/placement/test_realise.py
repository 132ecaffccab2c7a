"""Realise: every pod of an assignment gets its node and devices, and most running pods stay."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from drawn_problems import drawn_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from schedlab.errors import SchedlabError
from schedlab.placement.packing import pack
from schedlab.placement.problem import problem_of
from schedlab.placement.realise import realise
from schedlab.placement.share_out import share_out


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9))
def test_pods_are_where_the_assignment_says_and_no_device_is_overfull(seed):
    problem = drawn_problem(seed, rules=False)
    assignment = pack(problem)
    placement, unplaced = realise(problem, assignment)
    assert {*placement, *unplaced} == {*problem.pods}
    assert len(placement) + len(unplaced) == len(problem.pods)
    where = Counter((problem.class_of[problem.pods.index(pod)], node) for pod, (node, _) in placement.items())
    used: Counter[tuple[str, int]] = Counter()
    for pod, (node, devices) in placement.items():
        count, milli = problem.share[problem.class_of[problem.pods.index(pod)]]
        assert len({device for device, _ in devices}) == len(devices) == count
        assert all(each == milli for _, each in devices)
        used.update({(node, device): each for device, each in devices})
    for (node, device), milli in used.items():
        assert milli <= problem.devices[problem.type_of[problem.nodes.index(node)]][device]
    assert all(
        assignment[cls, node] == where[cls, problem.nodes[node]]
        for cls in range(len(problem.count))
        for node in range(len(problem.nodes))
    )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([200, 400, 600, 700, 1000]), max_size=3),
    st.lists(st.sampled_from([(1, 200), (1, 300), (1, 400), (1, 500), (2, 200), (2, 500)]), max_size=5),
)
def test_devices_are_shared_out_if_any_way_is_there(room, shares):
    found = share_out(room, shares)
    assert (found is not None) == _some_way(room, shares)
    if found is not None:
        left = list(room)
        for holding, (devices, milli) in zip(found, shares, strict=True):
            assert len({device for device, _ in holding}) == devices
            for device, each in holding:
                assert each == milli
                left[device] -= each
        assert min(left, default=0) >= 0


def _some_way(room, shares):
    if not shares:
        return True
    (devices, milli), rest = shares[0], shares[1:]
    for chosen in permutations(range(len(room)), devices):
        after = [left - milli * (device in chosen) for device, left in enumerate(room)]
        if min(after, default=0) >= 0 and _some_way(after, rest):
            return True
    return False


def test_where_the_tightest_devices_fail_another_way_is_found():
    assert share_out([700, 500], [(1, 400), (1, 300), (1, 300), (1, 200)]) is not None
    assert share_out([900, 900], [(1, 500), (1, 400), (1, 300), (1, 300), (1, 300)]) is not None
    assert share_out([700, 500], [(1, 400), (1, 400), (1, 400)]) is None


def test_running_pods_stay_and_a_pending_one_is_left_out_first():
    problem = problem_of(
        "three", ["cpu"], [[1]], [3], [[1], [1]], type_of=[0, 1], required=[2], current=[[0, 1]],
        runs_on=[-1, 1, 1], pods=("new", "old", "older"), nodes=("a", "b"),
    )  # fmt: skip
    assert realise(problem, np.array([[1, 1]])) == ({"old": ("b", ()), "older": ("a", ())}, ("new",))
    with pytest.raises(SchedlabError, match="4 pods are assigned of a class of 3"):
        realise(problem, np.array([[2, 2]]))


def test_devices_that_cannot_serve_are_an_error():
    problem = problem_of("few", ["cpu"], [[1]], [2], [[9]], [1], share=[[1, 600]], devices=((1000,),))
    with pytest.raises(SchedlabError, match="devices of node node-0 cannot serve"):
        realise(problem, np.array([[2]]))
