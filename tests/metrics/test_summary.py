"""The summary: what it counts, which names it has, and what a warm-up leaves out."""

import math

import pytest
from handmade import SECOND, made_run
from worlds import node, play, pod

from schedlab import InputError
from schedlab.metrics import summary, waits, window

ATTEMPTS = [
    {"pod": 0, "bound": 0, "initial": True},
    {"pod": 1, "bound": 5, "finished": 9, "phase": "Failed", "reason": "Evicted", "priority": 7, "bytes_moved": 10},
    {"pod": 1, "attempt": 1, "bound": 20, "priority": 7, "bytes_moved": 10},
    {"pod": 2, "bound": 5, "finished": 9, "phase": "Failed", "reason": "NodeLost"},
    {"pod": 2, "attempt": 1},
    {"pod": 3, "bytes_moved": 0},
    {"pod": 4, "bound": 30, "finished": 60, "phase": "Succeeded"},
]
DECISIONS = [
    {"time": 5, "pod": 1, "attempt": 0, "verb": "bind"},
    {"time": 9, "pod": 1, "attempt": 0, "verb": "evict", "reason": "Evicted"},
    {"time": 50, "pod": 2, "attempt": 1, "verb": "evict", "reason": "Preempted by pod-3"},
]
EVENTS = [{"time": 8, "kind": "fail", "subject": "pod-2"}, {"time": 9, "kind": "evict", "subject": "pod-1"}]
TIMED = ("wait", "util", "stranded", "holes", "queue")


def test_a_run_is_counted():
    found = summary(
        made_run(ATTEMPTS, decisions=DECISIONS, events=EVENTS, timings={"decisions": 30, "scheduling_cpu_s": 1.5})
    )
    counted = {name: found[name] for name in found.index if not name.startswith(TIMED)}
    assert counted == {
        "pods": 5,
        "placed": 4,
        "pending": 1,
        "throughput": 36.0,
        "makespan": 100.0,
        "makespan.censored": True,
        "evictions": 2,
        "evictions.priority.0": 1,
        "evictions.priority.7": 1,
        "preemptions": 1,
        "restarts": 1,
        "failed": 1,
        "bytes_moved": 20,
        "filled.cpu": 0.2,  # pod 0, and the second attempt of pod 1
        "pods_per_s": 20.0,
        "decision_time": 0.05,
    }


def test_names_are_stable_and_host_numbers_come_last():
    run = made_run(ATTEMPTS)
    names = summary(run).index.tolist()
    assert [name for name in names if name.startswith("wait")] == [
        "wait.p50", "wait.p50.censored", "wait.p95", "wait.p95.censored", "wait.p99", "wait.p99.censored"
    ]  # fmt: skip
    assert {"util.cpu", "stranded.cpu"} < set(names)
    assert names[-2:] == ["pods_per_s", "decision_time"]
    assert summary(run, host=False).index.tolist() == names[:-2]
    assert summary(run).name == "kubernetes"


@pytest.mark.parametrize(
    ("nodes", "pods"), [([node("n0")], [pod("late", 9)]), ([node("n0", cpu=0, memory=0)], [pod("a", 0, 3)])]
)
def test_a_run_without_pods_or_without_capacity_has_a_summary(nodes, pods):
    found = summary(play(nodes, pods, horizon=5))
    assert (found["pods"], found["evictions"], found["restarts"]) == (int(pods[0].submit == 0), 0, 0)
    assert math.isnan(found["holes"])


def test_a_run_that_is_over_at_once_has_a_summary():
    run = play([node("n0")], [pod("huge", 0, 3, cpu=2000)])
    assert run.end == 0
    found = summary(run.trimmed(0))
    assert (found["pending"], found["wait.p95"], found["wait.p95.censored"]) == (1, 0.0, True)
    assert math.isnan(found["throughput"])
    assert math.isnan(found["queue"])


def test_a_pod_that_no_node_could_ever_hold_fills_no_hole():
    rows = [{"pod": 0, "req.cpu": 100, "req.gpu": 1}, {"pod": 1, "template": 1, "req.cpu": 500, "req.gpu": 0}]
    found = summary(made_run(rows, [{"alloc.cpu": 1000, "alloc.gpu": 0}], resources=("cpu", "gpu")))
    assert found["holes"] == (0 + 2) / 2


def test_nobody_can_change_what_metrics_share():
    run = made_run(ATTEMPTS)
    with pytest.raises(ValueError, match="read-only"):
        waits(run).seconds.sort()
    assert waits(run).seconds.tolist() == [5.0, 5.0, 100.0, 30.0]


def test_what_a_run_does_not_know_is_left_out():
    names = summary(made_run(ATTEMPTS)).index
    assert not [name for name in names if name.startswith(("slowdown", "fairness", "cost", "usage", "overcommit"))]


def test_a_warm_up_leaves_out_what_was_before():
    run = made_run(
        [
            {"pod": 0, "bound": 0, "initial": True, "req.cpu": 500},
            {"pod": 1, "submit": 10, "bound": 30, "finished": 60, "phase": "Succeeded", "req.cpu": 500},
            {"pod": 2, "submit": 20, "bound": 24},
        ],
        [{"removed": 60}, {}],
        decisions=DECISIONS,
        events=EVENTS,
    )
    found = summary(run.trimmed(20 * SECOND))
    assert (found["pods"], found["placed"]) == (1, 1)
    assert found["evictions"] == 1
    assert found["failed"] == 0
    assert waits(run.trimmed(20 * SECOND)).seconds.tolist() == [4.0]
    assert found["util.cpu"] == pytest.approx((500 * 80 + 500 * 30 + 100 * 76) / (1000 * 40 + 1000 * 80))
    assert found["queue"] == pytest.approx((10 + 4) / 80)
    assert found["throughput"] == pytest.approx(3600 / 80)
    assert found["makespan"] == 80.0


def test_a_trimmed_run_is_the_same_run_measured_for_less_long():
    run = made_run(ATTEMPTS, decisions=DECISIONS, events=EVENTS, horizon=90 * SECOND)
    assert window(run) == (0, 90 * SECOND)
    trimmed = run.trimmed(30 * SECOND)
    assert window(trimmed) == (30 * SECOND, 90 * SECOND)
    assert trimmed.tables == run.tables
    assert "warmup" not in run.manifest
    assert summary(run.trimmed(0)).equals(summary(run))


@pytest.mark.parametrize("warmup", [-1, 90 * SECOND, 95 * SECOND])
def test_a_warm_up_that_leaves_nothing_is_refused(warmup):
    run = made_run(ATTEMPTS, horizon=90 * SECOND)
    with pytest.raises(InputError, match=r"^a warm-up of -?[\d.e-]+ s; give a time from 0 to below 90 s, the end of"):
        run.trimmed(warmup)
