"""Backfilling in the whole loop: schedules worked out by hand, in seconds, and the small batch system as reference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from backfilling import DELAYED, SECOND, Batch, Job, machines
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from tiny import GIB, pod, says

from schedlab import Profile, replay
from schedlab.errors import InputError
from schedlab.objects import PodSchedulingGate
from schedlab.plugins.api import filter as rule
from schedlab.plugins.backfill.conservative import Conservative
from schedlab.plugins.backfill.easy import EASY
from schedlab.scoring.decision_time import DecisionTime
from schedlab.sim.events import UNGATED, Event
from schedlab.sim.replay import engine_of
from schedlab.workload import NodeEvent, PodColumns, Workload

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schedlab.objects import Node, Pod
    from schedlab.record import Run

BOTH = pytest.mark.parametrize("policy", ["easy", "conservative"])


def template(job: Job, gated: bool) -> Pod:
    made = pod(job.name, job.cpu * 1000, job.memory * GIB or None)
    gates = [PodSchedulingGate("quota")] if gated else []
    return structs.replace(
        made, spec=structs.replace(made.spec, node_selector=dict(job.selector), scheduling_gates=gates)
    )


def workload(
    nodes: Sequence[Node], jobs: Iterable[Job], *, gang_wait: float | None = None, gated: Sequence[str] = ()
) -> Workload:
    """Return jobs as pods called <job>-<number>; ``gated`` are jobs whose pods have a scheduling gate."""
    jobs = sorted(jobs, key=lambda job: job.submit)
    rows = [(at, number) for at, job in enumerate(jobs) for number in range(job.pods)]
    of = np.array([at for at, _ in rows])

    def column(values: Iterable[float | None]) -> Any:
        return np.array([-1 if each is None else round(each * SECOND) for each in values], np.int64)[of]

    templates = [template(job, job.name in gated) for job in jobs]
    columns = PodColumns(
        column(job.submit for job in jobs),
        column(job.runs for job in jobs),
        of.astype(np.int32),
        np.full(len(of), -1, np.int32),
        np.zeros(len(of), np.bool_),
        [f"{jobs[at].name}-{number}" for at, number in rows],
        job=of.astype(np.int32),
        walltime=column(job.walltime for job in jobs),
    )
    least = np.array([job.pods if job.least is None else job.least for job in jobs], np.int32)
    wait = None if gang_wait is None else round(gang_wait * SECOND)
    names = tuple(job.name for job in jobs)
    return Workload("jobs", tuple(nodes), tuple(templates), columns, jobs=names, min_available=least, gang_wait=wait)


def times(run: Run, what: str = "bound") -> dict[str, float]:
    """Return a time of each pod, that of its last attempt which has one, in seconds by name."""
    rows = run.tables["pods"].to_pylist()
    rows.sort(key=lambda row: row["attempt"])
    return {row["name"]: row[what] / SECOND for row in rows if row[what] is not None}


def starts(scheduler: Any, nodes: Sequence[Node], *jobs: Job, **more: Any) -> dict[str, float]:
    """Return when each job starts, all its pods at once."""
    return by_job(replay(workload(nodes, jobs, **more), scheduler, check=True))


def by_job(run: Run) -> dict[str, float]:
    found: dict[str, set[float]] = {}
    for name, time in times(run).items():
        found.setdefault(name.rpartition("-")[0], set()).add(time)
    assert all(len(each) == 1 for each in found.values()), found
    return {name: each.pop() for name, each in found.items()}


def told(run: Run) -> dict[str, str]:
    """Return what was first said of each pod that had to wait."""
    names = dict(run.tables["pods"].select(["pod", "name"]).to_pandas().to_numpy().tolist())
    return {names[row["pod"]]: row["reason"] for row in run.tables["decisions"].to_pylist() if row["verb"] == "wait"}


def test_easy_may_delay_the_second_job_conservative_nobody_and_first_come_first_served_starts_none_early() -> None:
    assert starts("easy", machines(4), *DELAYED) == {"a": 0, "d": 3, "b": 4, "c": 13}
    assert starts("conservative", machines(4), *DELAYED) == {"a": 0, "b": 4, "c": 8, "d": 10}
    assert starts("easy(depth=1)", machines(4), *DELAYED) == {"a": 0, "b": 4, "c": 8, "d": 10}
    assert starts("fifo", machines(4), *DELAYED) == {"a": 0, "d": 3, "b": 4, "c": 13}


@BOTH
def test_who_waits_is_told_why_once(policy: str) -> None:
    run = replay(workload(machines(4), DELAYED), policy, check=True)
    waits = [row for row in run.tables["decisions"].to_pylist() if row["verb"] == "wait"]
    assert len(waits) == len(told(run))
    assert told(run)["b-0"].startswith("0/1 nodes are available: 1 Insufficient cpu.")
    if policy == "conservative":
        assert told(run)["b-0"].endswith("; it has a reservation at 4 s")
        assert told(run)["d-0"] == (
            "starting now it would delay others, which have reservations; it has a reservation at 10 s"
        )


def test_the_job_that_would_be_delayed_is_named() -> None:
    jobs = Job("a", 0, 10, 10, cpu=3), Job("b", 1, 5, 5, cpu=4), Job("c", 2, 9, 9)
    run = replay(workload(machines(4), jobs), "easy", check=True)
    assert told(run)["c-0"] == "starting now it would delay b-0, which can start at 10 s"
    assert by_job(run) == {"a": 0, "b": 10, "c": 15}


@BOTH
def test_an_early_end_starts_the_head_early(policy: str) -> None:
    jobs = Job("a", 0, 3, 10, cpu=4), Job("b", 1, 5, 5, cpu=3), Job("c", 1, 5, 5, cpu=2), Job("d", 1, 8, 8, cpu=1)
    assert starts(policy, machines(4), *jobs) == {"a": 0, "b": 3, "d": 3, "c": 8}


@BOTH
def test_who_outlives_the_walltime_is_killed_then_and_makes_room(policy: str) -> None:
    jobs = Job("a", 0, 99, 10, cpu=4), Job("b", 1, 5, 5, cpu=4), Job("c", 2, 8, 8, cpu=1)
    run = replay(workload(machines(4), jobs), policy, check=True)
    assert by_job(run) == {"a": 0, "b": 10, "c": 15}
    assert times(run, "finished")["a-0"] == 10
    ends = {row["name"]: (row["phase"], row["reason"]) for row in run.tables["pods"].to_pylist()}
    assert ends["a-0"] == ("Failed", "DeadlineExceeded")
    assert ends["b-0"][0] == "Succeeded"


@BOTH
def test_a_gang_larger_than_the_cluster_is_told_so_by_name_and_blocks_nobody(policy: str) -> None:
    """Neither does a pod that no node takes; with a depth of 1 they take no place either."""
    jobs = (
        Job("a", 0, 4, 4, cpu=2),
        Job("huge", 1, 4, 4, pods=5, cpu=2),
        Job("one", 1, 4, 4, cpu=4),
        Job("b", 2, 4, 4, pods=3),
        Job("c", 3, 9, 9),
    )
    for scheduler in (policy, f"{policy}(depth=1)"):
        run = replay(workload(machines(3, 3), jobs), scheduler, check=True)
        assert by_job(run) == {"a": 0, "b": 2, "c": 3}
        assert told(run)["huge-0"] == (
            "gang huge: 1 of 5 pods fit, 5 must start together; the next: 0/2 nodes are available: 2 Insufficient cpu."
            "; it needs 5 pods at once, and the empty cluster takes 2"
        )
        assert told(run)["one-0"].endswith("; it fits on no node, even empty")


@BOTH
def test_a_gang_starts_when_enough_fit_and_the_rest_goes_on_alone(policy: str) -> None:
    """b starts with two of its four pods when a ends; the others come behind d, which was there before."""
    jobs = (
        Job("a", 0, 10, 10, cpu=2),
        Job("z", 0, 14, 14, cpu=1),
        Job("b", 1, 5, 5, pods=4, least=2),
        Job("d", 2, 9, 9, cpu=1),
    )
    found = times(replay(workload(machines(3), jobs), policy, check=True))
    assert found == {"a-0": 0, "z-0": 0, "b-0": 10, "b-1": 10, "b-2": 15, "d-0": 14, "b-3": 15}


def test_pods_of_a_gang_that_come_while_it_waits_go_on_alone_once_it_started() -> None:
    """Two of four must start; the last two are submitted at 5 and 6, when the gang is in line already."""
    made = workload(machines(2), [Job("a", 0, 10, 10, cpu=2), Job("b", 1, 5, 5, pods=4, least=2)])
    submit = made.pods.submit.copy()
    submit[3:] = 5 * SECOND, 6 * SECOND
    run = replay(replace(made, pods=replace(made.pods, submit=submit)), "easy", check=True)
    assert times(run) == {"a-0": 0, "b-0": 10, "b-1": 10, "b-2": 15, "b-3": 15}


@BOTH
def test_a_gated_pod_keeps_no_place_until_it_is_let_in(policy: str) -> None:
    jobs = Job("a", 0, 4, 4, cpu=4), Job("b", 1, 4, 4, pods=2, cpu=2), Job("c", 2, 4, 4, cpu=4)
    engine = engine_of(workload(machines(4), jobs, gated=["b"]), Profile.of(policy), 0, None, check=True)
    for row, time in ((1, 3), (2, 5)):
        engine.schedule(Event(time * SECOND, UNGATED, row))
    engine.run()
    pods = engine.recorder.tables()["pods"].to_pylist()
    assert {row["name"]: row["bound"] / SECOND for row in pods} == {"a-0": 0, "c-0": 4, "b-0": 8, "b-1": 8}


@BOTH
def test_a_gang_that_waited_for_too_long_is_over_and_its_reservation_gone(policy: str) -> None:
    """b may wait for 6 s. With it goes what kept c from starting."""
    jobs = Job("a", 0, 20, 20, cpu=3), Job("b", 1, 5, 5, pods=2, cpu=2), Job("c", 2, 30, 30)
    run = replay(workload(machines(4), jobs, gang_wait=6), policy, check=True)
    assert by_job(run) == {"a": 0, "c": 7}
    ends = {row["name"]: (row["finished"] / SECOND, row["reason"]) for row in run.tables["pods"].to_pylist()}
    assert ends["b-0"] == ends["b-1"] == (7, "GangTimeout")


@BOTH
def test_who_loses_the_node_stands_in_line_again(policy: str) -> None:
    """n0 goes at 5 and comes back at 12, when b starts, which needs both. a comes again after the back-off of 10 s."""
    jobs = Job("a", 0, 8, 8, cpu=2), Job("b", 1, 5, 5, pods=2, cpu=2), Job("c", 2, 6, 6, cpu=2)
    made = workload(machines(2, 2), jobs)
    events = NodeEvent(5 * SECOND, "remove", "n0"), NodeEvent(12 * SECOND, "add", "n0")
    run = replay(replace(made, node_events=events), policy, check=True)
    bound = {(row["name"], row["attempt"]): row["bound"] / SECOND for row in run.tables["pods"].to_pylist()}
    assert bound == {("a-0", 0): 0, ("c-0", 0): 2, ("b-0", 0): 12, ("b-1", 0): 12, ("a-0", 1): 17}


def test_an_order_says_who_is_first() -> None:
    """A job that had a reservation keeps it, though a shorter one comes."""
    jobs = Job("a", 0, 10, 10, cpu=4), Job("long", 1, 9, 9, cpu=3), Job("short", 2, 3, 3, cpu=3)
    assert starts("easy", machines(4), *jobs) == {"a": 0, "long": 10, "short": 19}
    assert starts("easy+shortest_walltime", machines(4), *jobs) == {"a": 0, "short": 10, "long": 13}
    assert starts("conservative+shortest_walltime", machines(4), *jobs) == {"a": 0, "long": 10, "short": 19}
    jobs = *jobs[:2], jobs[2]._replace(submit=1)
    assert starts("conservative+shortest_walltime", machines(4), *jobs) == {"a": 0, "short": 10, "long": 13}


def test_what_does_not_go_with_reservations_is_refused_with_one_line() -> None:
    made = workload(machines(4), [Job("a", 0, 4, 4)])
    with says(
        InputError,
        "dominant_resource_fairness has lanes, and easy backfills one line; leave one of them out",
    ):
        replay(made, "easy+dominant_resource_fairness")
    with says(InputError, "conservative backfills, and decisions take time; leave one of them out"):
        replay(made, replace(Profile.of("conservative"), decision_time=DecisionTime()))
    both = replace(Profile.of("kubernetes"), backfill=Profile.of("easy").backfill)
    with says(InputError, "easy makes reservations, and preemption would void them; leave one of them out"):
        replay(made, both)
    later = rule(name="later", retry_after=5)(lambda pod, nodes: nodes.rank >= 0)
    with says(InputError, "later rejects for a time, and easy waits for what happens; leave one of them out"):
        replay(made, ["easy", later])


def test_a_profile_that_backfills_says_that_it_does_not_preempt() -> None:
    preempting, backfilling = Profile.of("kubernetes"), Profile.of("kubernetes+easy")
    assert preempting.describe()["preemption"] is not None
    assert backfilling.describe()["preemption"] is None
    assert starts(backfilling, machines(4), *DELAYED) == {"a": 0, "d": 3, "b": 4, "c": 13}


@st.composite
def some_jobs(draw: st.DrawFn) -> list[Job]:
    jobs = []
    for at in range(draw(st.integers(1, 14))):
        runs = draw(st.integers(1, 12))
        wall = draw(st.sampled_from([None, runs, runs, runs + 3, runs + 9]))
        jobs.append(
            Job(
                f"j{at}",
                draw(st.integers(0, 20)),
                runs,
                wall,
                pods=draw(st.sampled_from([1, 1, 2, 3, 5])),
                cpu=draw(st.sampled_from([1, 1, 2, 3])),
                memory=draw(st.sampled_from([0, 0, 20, 40])),
                selector=draw(st.sampled_from([{}, {}, {}, {"kind": "gpu"}])),
            )
        )
    return sorted(jobs, key=lambda job: job.submit)


@pytest.mark.parametrize(
    "policy", [EASY(), EASY(depth=1), EASY(depth=3), Conservative(), Conservative(depth=4)], ids=str
)
@settings(max_examples=40, deadline=None)
@given(jobs=some_jobs(), cpus=st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_it_starts_the_same_jobs_at_the_same_times_as_the_small_batch_system(
    policy: Any, jobs: list[Job], cpus: list[int]
) -> None:
    """That one goes over the whole queue each time, and knows no verdict that lasts."""
    nodes = machines(*cpus, labels=[{"kind": "gpu"}])
    small = Batch(nodes, jobs, policy).run()
    assert starts(["first_fit", policy], nodes, *jobs) == small.started
