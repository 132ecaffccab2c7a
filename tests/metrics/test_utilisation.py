"""Utilisation and stranded capacity: hand-computed, and against second by second counting."""

import math

import pytest
from handmade import made_run
from hypothesis import given
from hypothesis import strategies as st

from schedlab.metrics import scarcest
from schedlab.metrics.packing import stranded
from schedlab.metrics.utilisation import filled, util

GPU = ("cpu", "memory", "nvidia.com/gpu", "nvidia.com/gpu-milli")


def test_requests_count_from_binding_to_finish_on_nodes_that_are_there():
    run = made_run(
        [
            {"pod": 0, "bound": 0, "finished": 50, "req.cpu": 400},  # 20,000
            {"pod": 1, "submit": 20, "bound": 75, "req.cpu": 1000},  # 25 s to the end: 25,000
            {"pod": 2, "req.cpu": 9000},  # never bound
        ],
        [{"alloc.cpu": 1000}, {"alloc.cpu": 1000, "added": 20, "removed": 70}],  # 100,000 + 50,000
    )
    assert util(run).to_dict() == {"cpu": pytest.approx(45 / 150)}


def test_the_horizon_is_the_end_of_what_is_measured():
    attempts = [{"pod": 0, "bound": 0, "finished": 50, "req.cpu": 1000}]
    assert util(made_run(attempts, horizon=200_000_000))["cpu"] == pytest.approx(50 / 200)
    assert util(made_run(attempts, horizon=25_000_000))["cpu"] == pytest.approx(1.0)


def test_bytes_times_microseconds_do_not_overflow():
    run = made_run(
        [{"pod": 0, "bound": 0, "req.memory": 2**45}],
        [{"alloc.memory": 2**46}],
        resources=("memory",),
        end=10**13,
    )
    assert util(run)["memory"] == pytest.approx(0.5)


def test_only_resources_of_the_cluster_appear_and_gpu_is_the_shared_one():
    run = made_run([{"pod": 0}], [{"alloc.memory": 0}], resources=GPU)
    assert util(run).index.tolist() == ["cpu", "gpu"]
    devices = made_run([{"pod": 0}], resources=GPU[:3])
    assert util(devices).index.tolist() == ["cpu", "memory", "gpu"]


def test_the_scarcest_resource_is_the_one_used_most():
    run = made_run([{"pod": 0, "bound": 0, "req.cpu": 100, "req.memory": 300}], resources=("cpu", "memory"))
    assert scarcest([run]) == "memory"


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 900)), max_size=6),
    st.lists(
        st.tuples(st.integers(0, 30), st.none() | st.integers(0, 30), st.integers(1, 900)), min_size=1, max_size=4
    ),
)
def test_utilisation_is_what_counting_second_by_second_gives(pods, nodes):
    run = made_run(
        [
            {"pod": i, "bound": start, "finished": start + length, "req.cpu": cpu}
            for i, (start, length, cpu) in enumerate(pods)
        ]
        or [{"pod": 0}],
        [{"added": a, "removed": None if r is None else a + r, "alloc.cpu": cpu} for a, r, cpu in nodes],
        end=40_000_000,
    )
    used = offered = 0
    for second in range(40):
        used += sum(cpu for start, length, cpu in pods if start <= second < start + length)
        offered += sum(cpu for added, stay, cpu in nodes if added <= second and (stay is None or second < added + stay))
    if offered:
        assert util(run)["cpu"] == pytest.approx(used / offered)
    else:
        assert math.isnan(util(run)["cpu"])


def test_stranded_capacity_is_weighted_by_how_long_a_sample_stands():
    run = made_run(
        [{"pod": 0}],
        samples=[
            {"time": 0, "stranded.cpu": 100},  # 10 % for 50 s
            {"time": 50, "stranded.cpu": 300, "alloc.cpu": 500},  # 60 % for 30 s
            {"time": 80, "alloc.cpu": 0},  # no nodes: nothing to strand
        ],
    )
    assert stranded(run)["cpu"] == pytest.approx((0.1 * 50 + 0.6 * 30) / 80)


def test_one_sample_at_the_end_still_counts():
    assert stranded(made_run([{"pod": 0}], samples=[{"time": 100, "stranded.cpu": 250}]))["cpu"] == 0.25


def test_what_is_filled_is_what_is_held_at_the_end():
    run = made_run(
        [
            {"pod": 0, "bound": 0, "finished": 50},
            {"pod": 1, "bound": 10, "req.cpu": 300},
            {"pod": 2, "bound": 20, "finished": 100, "req.cpu": 500},
            {"pod": 3},
        ],
        nodes=[{}, {"removed": 60}],
    )
    assert filled(run).to_dict() == {"cpu": 0.3}  # pod 2 leaves as the run ends at 100 s; the second node is gone
