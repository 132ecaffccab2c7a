"""EASY and conservative backfilling against the papers' algorithms, and the promises that each makes."""

from __future__ import annotations

from typing import Any

import pytest
from backfilling import SECOND, Batch, Job, machines
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_batch import Pool, Rigid

from schedlab.plugins.backfill.conservative import Conservative
from schedlab.plugins.backfill.easy import EASY

POLICIES = {"easy": EASY(), "conservative": Conservative()}


@st.composite
def rigid_jobs(draw: st.DrawFn, processors: int, *, exact: bool = False) -> list[Rigid]:
    over = st.just(0) if exact else st.sampled_from([0, 0, 1, 3, 8])
    jobs = []
    for _ in range(draw(st.integers(2, 12))):
        runs = draw(st.integers(1, 12))
        jobs.append(Rigid(draw(st.integers(0, 20)), runs, runs + draw(over), draw(st.integers(1, processors))))
    return sorted(jobs, key=lambda job: job.submit)


def batch(jobs: list[Rigid], policy: Any, processors: int, *, nodes: bool) -> Batch:
    """One node with so many processors, or so many nodes with one, on which a job is a gang."""
    size = "pods" if nodes else "cpu"
    made = [Job(str(at), job.submit, job.runs, job.estimate, **{size: job.processors}) for at, job in enumerate(jobs)]
    return Batch(machines(*[1] * processors) if nodes else machines(processors), made, policy)


def numbered(times: dict[str, float]) -> dict[int, float]:
    return {int(name): time for name, time in times.items()}


@pytest.mark.parametrize("name", POLICIES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_on_one_pool_of_processors_it_is_the_papers_algorithm(name: str, data: st.DataObject) -> None:
    processors = data.draw(st.sampled_from([3, 4, 8]))
    jobs = data.draw(rigid_jobs(processors))
    assert numbered(batch(jobs, POLICIES[name], processors, nodes=False).run().started) == (
        Pool(processors, jobs, name).run()
    )


@settings(max_examples=40, deadline=None)
@given(jobs=rigid_jobs(4))
def test_easy_on_nodes_of_one_processor_is_easy_on_a_pool(jobs: list[Rigid]) -> None:
    """Whatever nodes the scheduler names first: the head fits anywhere, or the pod is placed beside it."""
    assert numbered(batch(jobs, EASY(), 4, nodes=True).run().started) == Pool(4, jobs, "easy").run()


def promised(made: Batch) -> dict[int, float]:
    """Run, and return the first reservation of each job that had one, in seconds."""
    found: dict[int, float] = {}
    work: Any = made.policy.work

    def note() -> None:
        head = getattr(work, "head", None)
        held = {head.unit: head.shadow} if head is not None else {}
        held |= {unit: each.start for unit, each in getattr(work, "held", {}).items()}
        for unit, start in held.items():
            found.setdefault(unit.pods[0], start / SECOND)

    waits = made.policy.waits

    def noting(unit: Any) -> str | None:
        told = waits(unit)
        note()
        return told

    made.policy.waits = noting  # type: ignore[method-assign]
    made.run()
    return {at: found[rows[0]] for at, rows in enumerate(made.rows) if rows[0] in found}


@pytest.mark.parametrize("nodes", [False, True], ids=["pool", "nodes"])
@pytest.mark.parametrize("name", POLICIES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_nobody_starts_after_its_first_reservation(name: str, nodes: bool, data: st.DataObject) -> None:
    """Estimates are upper bounds here; with EASY only the head has a reservation."""
    jobs = data.draw(rigid_jobs(4))
    made = batch(jobs, POLICIES[name], 4, nodes=nodes)
    promises = promised(made)
    late = {at: (promise, made.started[str(at)]) for at, promise in promises.items() if made.started[str(at)] > promise}
    assert not late


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_all_resources_of_all_nodes_are_respected(data: st.DataObject) -> None:
    """On nodes of several sizes all jobs that fit run, and none starts later than conservative backfilling promised."""
    cpus = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    jobs = [
        Job(
            str(at),
            data.draw(st.integers(0, 12)),
            runs := data.draw(st.integers(1, 9)),
            runs + data.draw(st.sampled_from([0, 2, 7])),
            pods=data.draw(st.integers(1, 3)),
            cpu=data.draw(st.integers(1, 4)),
            memory=data.draw(st.sampled_from([0, 1, 20, 40])),
        )
        for at in range(data.draw(st.integers(1, 10)))
    ]
    for policy in POLICIES.values():
        made = Batch(machines(*cpus), jobs, policy)
        promises = promised(made)
        assert all(made.started[str(at)] <= promise for at, promise in promises.items())
        for job in jobs:
            room = sum(min(cpu // job.cpu, 64 // job.memory if job.memory else 99) for cpu in cpus)
            assert (job.name in made.started) == (room >= job.pods)
