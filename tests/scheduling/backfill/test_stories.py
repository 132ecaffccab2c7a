"""Schedules worked out by hand: when each job starts, in seconds."""

from __future__ import annotations

from typing import Any

import pytest
from backfilling import DELAYED, Batch, Job, machines

from schedlab.plugins.backfill.conservative import Conservative
from schedlab.plugins.backfill.easy import EASY

BOTH = pytest.mark.parametrize("policy", [EASY(), Conservative()], ids=["easy", "conservative"])


def starts(policy: Any, nodes: list[Any], *jobs: Job) -> dict[str, float]:
    return Batch(nodes, jobs, policy).run().started


def test_easy_may_delay_the_second_job_but_not_the_head() -> None:
    assert starts(EASY(), machines(4), *DELAYED) == {"a": 0, "d": 3, "b": 4, "c": 13}


def test_conservative_delays_nobody() -> None:
    assert starts(Conservative(), machines(4), *DELAYED) == {"a": 0, "b": 4, "c": 8, "d": 10}


@BOTH
def test_what_ends_by_the_shadow_time_may_use_the_heads_processors(policy: Any) -> None:
    jobs = Job("a", 0, 10, 10, cpu=3), Job("b", 1, 5, 5, cpu=4), Job("fits", 2, 8, 8), Job("too long", 2, 9, 9)
    assert starts(policy, machines(4), *jobs) == {"a": 0, "fits": 2, "b": 10, "too long": 15}


# a asked for ten seconds and runs for three. In the order of the queue, b and then d move from 10 to 3; c, which has to
# wait for b, from 15 to 8.
def test_an_early_end_moves_reservations_forward_in_order() -> None:
    jobs = Job("a", 0, 3, 10, cpu=4), Job("b", 1, 5, 5, cpu=3), Job("c", 1, 5, 5, cpu=2), Job("d", 1, 8, 8, cpu=1)
    batch = Batch(machines(4), jobs, Conservative()).run(until=2)
    assert batch.told == {f: f"it has a reservation at {at} s" for f, at in (("b", 10), ("c", 15), ("d", 10))}
    assert batch.run().started == {"a": 0, "b": 3, "d": 3, "c": 8}


@BOTH
def test_of_a_pod_without_walltime_nobody_knows_when_it_ends(policy: Any) -> None:
    """So b has no reservation that c could be in the way of."""
    jobs = Job("a", 0, 5, None, cpu=3), Job("b", 1, 3, 3, cpu=2), Job("c", 2, 20, None, cpu=1)
    batch = Batch(machines(4), jobs, policy).run()
    assert batch.started == {"a": 0, "c": 2, "b": 5}
    assert batch.told == {"b": None}


@BOTH
def test_a_job_without_walltime_is_held_back(policy: Any) -> None:
    jobs = Job("a", 0, 10, 10, cpu=3), Job("b", 1, 3, 3, cpu=4), Job("c", 2, 2, None, cpu=1)
    assert starts(policy, machines(4), *jobs) == {"a": 0, "b": 10, "c": 13}


@BOTH
def test_a_gang_larger_than_the_cluster_blocks_nobody(policy: Any) -> None:
    jobs = (
        Job("a", 0, 4, 4, cpu=2),
        Job("huge", 1, 4, 4, pods=5, cpu=2),
        Job("one", 1, 4, 4, cpu=4),
        Job("b", 2, 4, 4, pods=3),
        Job("c", 3, 9, 9),
    )
    batch = Batch(machines(3, 3), jobs, policy).run()
    assert batch.started == {"a": 0, "b": 2, "c": 3}
    assert batch.told["huge"] == "it needs 5 pods at once, and the empty cluster takes 2"
    assert batch.told["one"] == "it fits on no node, even empty"


@BOTH
def test_an_overdue_pod_is_expected_to_end_at_once(policy: Any) -> None:
    """At 2 the short job still ends before a should; at 6 it would be in b's way, whatever it takes."""
    jobs = Job("a", 0, 9, 5, cpu=3), Job("b", 1, 3, 3, cpu=4), Job("c", 2, 1, 1, cpu=1), Job("d", 6, 1, 1, cpu=1)
    batch = Batch(machines(4), jobs, policy).run()
    assert batch.started == {"a": 0, "c": 2, "b": 9, "d": 12}


# Node n0 has four processors, the others one each, so that seven in all say nothing: b needs all of n0. The long jobs
# may go beside a reservation, but not on n0; the short one may.
@BOTH
def test_processors_are_counted_by_node(policy: Any) -> None:
    jobs = (
        Job("a", 0, 10, 10, cpu=3),
        Job("b", 1, 5, 5, cpu=4),
        *(Job(f"long {at}", 2, 20, 20) for at in range(4)),
        Job("short", 3, 5, 5),
    )
    batch = Batch(machines(4, 1, 1, 1), jobs, policy).run()
    assert batch.started == {"a": 0, "long 0": 2, "long 1": 2, "long 2": 2, "short": 3, "b": 10, "long 3": 15}
    assert batch.where["long 0"] + batch.where["long 1"] + batch.where["long 2"] == ["n1", "n2", "n3"]
    assert batch.where["short"] == ["n0"]


@BOTH
def test_memory_counts_as_well(policy: Any) -> None:
    """c leaves b the processors, but not the memory."""
    jobs = (
        Job("a", 0, 10, 10, memory=40),
        Job("b", 1, 5, 5, memory=60),
        Job("c", 2, 20, 20, memory=10),
        Job("d", 3, 20, 20, memory=4),
    )
    assert starts(policy, machines(8), *jobs) == {"a": 0, "d": 3, "b": 10, "c": 15}


@BOTH
def test_a_reservation_is_on_nodes_that_the_job_may_use(policy: Any) -> None:
    """b waits for the one node with a GPU; the others are not kept for it."""
    gpu = {"kind": "gpu"}
    jobs = Job("a", 0, 10, 10, selector=gpu), Job("b", 1, 5, 5, selector=gpu), Job("c", 2, 99, 99), Job("d", 2, 99, 99)
    batch = Batch(machines(1, 1, 1, labels=[gpu]), jobs, policy).run()
    assert batch.started == {"a": 0, "c": 2, "d": 2, "b": 10}


@BOTH
def test_only_as_many_as_must_start_are_planned_for(policy: Any) -> None:
    """b starts with two of its three pods when a ends, so that c, which ends by then, is not in its way."""
    jobs = Job("a", 0, 10, 10, cpu=2), Job("b", 1, 5, 5, pods=3, least=2), Job("c", 2, 8, 8)
    batch = Batch(machines(3), jobs, policy).run()
    assert batch.started == {"a": 0, "c": 2, "b": 10}
    assert len(batch.where["b"]) == 3


def test_a_gang_of_two_classes_has_one_reservation() -> None:
    """Four pods of one processor: the gang's plan takes what is free now and what a leaves."""
    jobs = Job("a", 0, 10, 10, cpu=2), Job("b", 1, 5, 5, pods=4), Job("c", 2, 9, 9), Job("d", 2, 8, 8)
    batch = Batch(machines(2, 2), jobs, EASY()).run()
    assert batch.started == {"a": 0, "d": 2, "b": 10, "c": 15}


def test_beyond_the_depth_nobody_is_looked_at() -> None:
    jobs = Job("a", 0, 10, 10, cpu=3), Job("b", 1, 5, 5, cpu=4), Job("c", 1, 5, 5, cpu=2), Job("d", 2, 3, 3)
    assert starts(EASY(depth=1), machines(4), *jobs)["d"] > 10
    assert starts(Conservative(depth=2), machines(4), *jobs)["d"] > 10
    assert starts(EASY(depth=2), machines(4), *jobs)["d"] > 10
    assert starts(EASY(depth=3), machines(4), *jobs)["d"] == 2
