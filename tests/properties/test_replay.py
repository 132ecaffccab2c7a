"""Properties of replays of random small worlds."""

import math
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from properties.plain_replay import BACK_OFF, PlainReplay, best_fit, first_fit
from worlds import SECOND, node, pod, us, world

from schedlab.sim import replay
from schedlab.workload import DataSet

OVERTIME = "DeadlineExceeded"
ENDS = {"Evicted", "Preempted", "NodeLost", "Moved", "Rejected", OVERTIME}
UNIT = 64  # bytes; small numbers meet and exceed each other often
PLACES = [("z0", "r0"), ("z0", "r0"), ("z0", "r1"), ("z1", "r2"), ("z1", "r2"), ("", "")]
DATASETS = (
    DataSet("near", 1_250_000_000, (("node", "n0"), ("node", "n3"))),
    DataSet("far", 777_777_777, (("zone", "z1"),)),
)

moments = st.integers(0, 40).map(lambda quarter: quarter / 4)
curves = st.dictionaries(st.integers(1, 60).map(lambda half: half / 2), st.integers(0, 6), max_size=2)


@st.composite
def nodes(draw, most):
    count = draw(st.integers(1, most))
    made = []
    for index in range(count):
        zone, rack = draw(st.sampled_from(PLACES))
        cpu, memory = draw(st.integers(1, 3)) * 1000, draw(st.integers(2, 6)) * UNIT
        made.append(node(f"n{index}", cpu, memory, zone=zone, rack=rack, pods=draw(st.sampled_from([2, 110]))))
    return made


@st.composite
def happenings(draw, names):
    """A life for each node: what may happen to it next depends on whether it is there."""
    events = []
    for name in names:
        there = draw(st.sampled_from([True, True, False]))
        for time in sorted(draw(st.lists(moments, max_size=4))):
            kind = draw(st.sampled_from(["remove", "cordon", "uncordon"] if there else ["add"]))
            events.append((time, kind, name))
            there = kind != "remove"
    return sorted(events, key=lambda event: event[0])


@st.composite
def pods(draw):
    made = []
    for index in range(draw(st.integers(1, 10))):
        first = draw(st.none() | st.integers(0, 5))
        curve = None if first is None else {0: first * UNIT} | {at: use * UNIT for at, use in draw(curves).items()}
        made.append(
            pod(
                f"p{index}",
                draw(moments),
                draw(st.none() | st.integers(1, 100).map(lambda quarter: quarter / 4)),
                cpu=draw(st.sampled_from([0, 400, 500, 1000, 1500])),
                memory=draw(st.integers(0, 4)) * UNIT,
                priority=draw(st.sampled_from([0, 0, 0, 5])),
                reads=draw(st.sampled_from([-1, -1, 0, 1])),
                initial=draw(st.integers(0, 7)) == 0,
                uses=curve,
            )
        )
    return made


@st.composite
def worlds(draw, most=6):
    machines = draw(nodes(most))
    events = draw(happenings([machine.metadata.name for machine in machines]))
    horizon = draw(st.sampled_from([None, 8, 25, 60, 150]))
    measured = draw(st.booleans())
    rows = [row if measured else row._replace(uses=None) for row in draw(pods())]
    made = world(machines, rows, events, datasets=DATASETS, horizon=horizon, measured=measured)
    spans = st.none() | st.integers(1, 60).map(lambda quarter: quarter / 4)
    asked = draw(st.none() | st.lists(spans, min_size=len(rows), max_size=len(rows)))
    if asked is None:
        return made
    walltime = np.array([-1 if span is None else us(span) for span in asked], np.int64)
    return replace(made, pods=replace(made.pods, walltime=walltime))


def told(run):
    rows = run.tables["decisions"].to_pylist()
    return [(row["time"], row["pod"], row["attempt"], row["node"], row["verb"]) for row in rows]


FEW = settings(max_examples=40)
RULES = {"first_fit": first_fit, "best_fit": best_fit}


@pytest.mark.parametrize("name", RULES)
@FEW
@given(workload=worlds(most=3))
def test_every_decision_is_that_of_a_plain_replay(name, workload):
    expected = PlainReplay(workload, RULES[name], workload.horizon).run()
    assert told(replay(workload, name, check=True)) == expected


@pytest.mark.parametrize("name", RULES)
@FEW
@given(workload=worlds(most=8))
def test_with_more_nodes_every_binding_and_eviction_is_that_of_a_plain_replay(name, workload):
    # Of a class that a release cannot help only the pods tried before are told to wait, the others when the class is
    # next tried, if they still wait then; see Scheduler.
    expected = PlainReplay(workload, RULES[name], workload.horizon).run()
    found = told(replay(workload, name, check=True))
    assert [row for row in found if row[-1] != "wait"] == [row for row in expected if row[-1] != "wait"]
    waits = {row[1:]: row[0] for row in expected if row[-1] == "wait"}
    assert all(waits.get(row[1:], math.inf) <= row[0] for row in found if row[-1] == "wait")


POLICIES = ["kubernetes", "worst_fit", "next_fit", "round_robin", "random", "power_of_two", "data_locality:2+best_fit"]


@FEW
@given(workload=worlds(), scheduler=st.sampled_from(POLICIES), seed=st.integers(0, 3))
def test_whatever_the_policy_nothing_is_lost_and_nothing_doubled(workload, scheduler, seed):
    run = replay(workload, scheduler, seed=seed, check=True)
    check_run(workload, run)


SOLVED = [
    "solver(every=0)",
    "solver(every=3,rejects=true)",
    "worst_fit+fallback(every=0)",
    "kubernetes+fallback(every=2)",
    "worst_fit+repack(every=2,moves=3)",
    "worst_fit+loss",
]


@settings(max_examples=15)
@given(
    workload=worlds(),
    scheduler=st.sampled_from(SOLVED),
    seed=st.integers(0, 3),
    takes=st.sampled_from([None, "700ms", "3s"]),
)
def test_with_a_solver_in_the_loop_nothing_is_lost_nothing_doubled_and_all_is_the_same_again(
    workload, scheduler, seed, takes
):
    run = replay(workload, scheduler, seed=seed, check=True, decision_time=takes)
    check_run(workload, run)
    again = replay(workload, scheduler, seed=seed, decision_time=takes)
    assert again.manifest["decision_hash"] == run.manifest["decision_hash"]


def check_run(workload, run):
    rows, end = run.tables["pods"].to_pylist(), run.manifest["end"]
    by_pod = defaultdict(list)
    for row in rows:
        by_pod[row["pod"]].append(row)
    assert sorted(by_pod) == [row for row, at in enumerate(workload.pods.submit.tolist()) if at <= end]
    for lives in by_pod.values():
        check_attempts(lives, end)
    for row in rows:
        asked = -1 if workload.pods.walltime is None else int(workload.pods.walltime[row["pod"]])
        check_times(row, int(workload.pods.duration[row["pod"]]), asked, end)
    check_decisions(run, rows)
    check_nodes(run, rows)


def check_attempts(lives, end):
    """Attempts are numbered from 0, the next one follows a failed one after its back-off, a moved one at once."""
    assert [row["attempt"] for row in lives] == list(range(len(lives)))
    assert lives[0]["queued"] == lives[0]["submit"]
    moves = 0
    for before, after in pairwise(lives):
        assert before["phase"] == "Failed"
        moves += before["reason"] == "Moved"
        wait = 0 if before["reason"] == "Moved" else BACK_OFF[before["attempt"] - moves] * SECOND
        assert after["queued"] == before["finished"] + wait
    last = lives[-1]
    failures = last["attempt"] - moves
    if last["phase"] == "Failed" and last["reason"] not in {OVERTIME, "Rejected"} and failures < len(BACK_OFF):
        assert last["finished"] + BACK_OFF[failures] * SECOND > end


def check_times(row, duration, walltime, end):
    times = [row[name] for name in ("queued", "bound", "started", "finished") if row[name] is not None]
    assert times == sorted(times)
    assert times[-1] <= end
    assert (row["node"] is None) == (row["bound"] is None)
    assert row["phase"] in {"Succeeded", "Failed"} if row["finished"] is not None else {"Pending", "Running"}
    assert row["walltime"] == (None if walltime < 0 else walltime)
    assert (row["reason"] in ENDS) == (row["phase"] == "Failed")
    if row["phase"] == "Succeeded":
        assert row["finished"] - row["started"] == duration
        assert walltime < 0 or duration <= walltime
    if row["reason"] == OVERTIME:
        assert row["finished"] - row["started"] == walltime
        assert duration < 0 or duration > walltime
    if row["phase"] == "Running":
        assert row["started"] is not None
        assert duration < 0 or row["started"] + duration > end
        assert walltime < 0 or row["started"] + walltime > end
    assert (row["bytes_moved"] > 0) == (row["distance"] > 0)


def check_decisions(run, rows):
    """Every binding and eviction is in both tables; an attempt has at most one wait, before its binding."""
    found = defaultdict(list)
    for time, which, attempt, where, verb in told(run):
        found[verb].append((time, which, attempt, where))
    bound = [(row["bound"], row["pod"], row["attempt"], row["node"]) for row in rows if row["bound"] is not None]
    assert sorted(found["bind"]) == sorted(bound)
    told_to_go = defaultdict(list)  # more than once if several want its room
    for time, which, attempt, where in sorted(found["evict"]):
        told_to_go[which, attempt].append((time, where))
    for row in rows:
        orders = told_to_go.pop((row["pod"], row["attempt"]), [])
        assert bool(orders) >= (row["reason"] in {"Evicted", "Preempted", "Moved"})
        assert all(where == row["node"] for _, where in orders)
        if orders:
            last = run.manifest["end"] if row["finished"] is None else row["finished"]
            assert orders[-1][0] <= last <= orders[0][0] + 30 * SECOND
            assert row["reason"] != "Evicted" or orders[-1][0] == last
    assert not told_to_go
    waits = [(which, attempt) for _, which, attempt, _ in found["wait"]]
    assert len(waits) == len(set(waits))
    times = {(row["pod"], row["attempt"]): row for row in rows}
    for time, which, attempt, where in found["wait"]:
        row = times[which, attempt]
        assert where is None
        assert row["queued"] <= time
        assert row["bound"] is None or time <= row["bound"]  # equal: an eviction came between
    lost = [(row["finished"], row["name"]) for row in rows if row["reason"] == "NodeLost"]
    events = run.tables["events"].to_pylist()
    assert sorted((e["time"], e["subject"]) for e in events if e["kind"] == "lost") == sorted(lost)
    moves = {row["pod"]: 0 for row in rows}
    for row in rows:
        moves[row["pod"]] += row["reason"] == "Moved"
    given_up = [
        row
        for row in rows
        if row["phase"] == "Failed" and row["reason"] != "Moved" and row["attempt"] - moves[row["pod"]] == len(BACK_OFF)
    ]
    final = {OVERTIME, "Rejected"}
    fails = [row for row in rows if row["reason"] in final] + [row for row in given_up if row["reason"] not in final]
    assert sorted((e["time"], e["subject"]) for e in events if e["kind"] == "fail") == sorted(
        (row["finished"], row["name"]) for row in fails
    )


def check_nodes(run, rows):
    """A pod is on a node that is there for as long, was open when it came, and never asks with others for too much."""
    lives = run.tables["nodes"].to_pylist()
    events = run.tables["events"].to_pylist()
    for life in lives:
        life["pods"] = []
    for row in rows:
        if row["bound"] is not None:
            stays = [life for life in lives if life["node"] == row["node"] and life["added"] <= row["bound"]]
            life = stays[-1]  # the latest of that name
            assert life["removed"] is None or row["bound"] < life["removed"]
            assert life["removed"] is None or row["finished"] <= life["removed"]
            life["pods"].append(row)
            cordons = [
                event["kind"]
                for event in events
                if event["subject"] == row["node"] and event["kind"] in {"cordon", "uncordon"}
                if life["added"] <= event["time"] <= row["bound"]
            ]
            assert cordons[-1:] != ["cordon"]
    for life in lives:
        for moment in {row["bound"] for row in life["pods"]}:
            came = [row for row in life["pods"] if row["bound"] <= moment]
            there = [row for row in came if row["finished"] is None or moment < row["finished"]]
            for name in run.manifest["resources"]:
                asked = [row[f"req.{name}"] for row in there if row[f"req.{name}"]]
                assert sum(asked) <= life[f"alloc.{name}"] or not asked


def test_the_plain_replay_itself_tells_a_known_story():
    workload = world(
        [node("n0", 1000, 10, zone="z0"), node("n1", 1000, 10, zone="z0")],
        [
            pod("a", 0, 5, cpu=600, memory=1, uses={0: 1, 2: 11}),
            pod("b", 1, 5, cpu=600, reads=0),
            pod("c", 1, 3, cpu=600),
        ],
        [(3, "remove", "n1")],
        datasets=[DataSet("d", 625_000_000, (("node", "n0"),))],
    )
    expected = [
        (0, "a", "bind", "n0"),
        (1, "b", "bind", "n1"),
        (1, "c", "wait", None),
        (2, "a", "evict", "n0"),
        (2, "c", "bind", "n0"),
        (12, "a", "bind", "n0"),
        (13, "b", "wait", None),
        (14, "a", "evict", "n0"),
        (14, "b", "bind", "n0"),
        (34, "a", "bind", "n0"),
    ]
    found = PlainReplay(workload, first_fit, us(34)).run()
    assert [(time / SECOND, "abc"[row], verb, where) for time, row, _, where, verb in found] == expected
