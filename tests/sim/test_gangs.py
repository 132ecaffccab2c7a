"""Gangs in the loop: pods of a job start together or not at all."""

from dataclasses import replace

import numpy as np
from worlds import SECOND, attempts, first, node, pod, us, world

from schedlab.scoring import Profile
from schedlab.scoring.decision_time import DecisionTime
from schedlab.sim import replay


def run(nodes, gangs, singles=(), events=(), *, wait=None, until=100, scheduler="first_fit", **more):
    """Replay gangs: name -> (min_available, pods)."""
    rows = [*singles, *(row for _, pods in gangs.values() for row in pods)]
    rows.sort(key=lambda row: row.submit)  # as `world` does
    names = tuple(gangs)
    job_of = {row.name: names.index(name) for name, (_, pods) in gangs.items() for row in pods}
    made = world(nodes, rows, events, **more)
    job = np.array([job_of.get(row.name, -1) for row in rows], np.int32)
    least = np.array([need for need, _ in gangs.values()], np.int32)
    limit = None if wait is None else us(wait)
    made = replace(made, pods=replace(made.pods, job=job), jobs=names, min_available=least, gang_wait=limit)
    return replay(made, scheduler, check=True, until=us(until))


def members(name, count, at=0, runs=None, *, cpu=500, **more):
    return [pod(f"{name}{i}", at, runs, cpu=cpu, **more) for i in range(count)]


def test_all_or_nothing():
    done = run([node("n0"), node("n1")], {"a": (2, members("a", 2, cpu=600))}, [pod("s", 2, 1, cpu=600)],
               [(5, "add", "n1")])  # fmt: skip
    assert first(done, "bound", "node") == {"a0": (5, "n0"), "a1": (5, "n1"), "s": (2, "n0")}


def test_as_many_as_must_start_together_and_the_others_when_they_can():
    done = run([node("n0")], {"a": (2, members("a", 3, runs=10, cpu=400))})
    assert first(done, "bound") == {"a0": 0, "a1": 0, "a2": 10}


def test_nobody_starts_before_enough_have_come_and_who_comes_later_joins_them():
    rows = [pod("a0", 0, cpu=100), pod("a1", 3, cpu=100), pod("a2", 5, cpu=100)]
    done = run([node("n0")], {"a": (2, rows)})
    assert first(done, "bound") == {"a0": 3, "a1": 3, "a2": 5}


def test_a_late_member_may_be_the_one_that_fits():
    """Two must start; of those that came first only one fits."""
    rows = [pod("a0", 0, cpu=900), pod("a1", 0, cpu=900), pod("a2", 5, cpu=100)]
    done = run([node("n0")], {"a": (2, rows)})
    assert first(done, "bound") == {"a0": 5, "a1": None, "a2": 5}


def test_a_gang_that_waits_for_too_long_is_given_up():
    done = run([node("n0")], {"a": (2, members("a", 2, at=1, cpu=600))}, [pod("s", 22, cpu=500)], wait=20)
    assert first(done, "phase", "reason", "finished")["a0"] == ("Failed", "GangTimeout", 21)
    assert first(done, "phase", "reason", "finished")["a1"] == ("Failed", "GangTimeout", 21)
    assert first(done, "bound")["s"] == 22


def test_a_gang_that_never_is_complete_is_given_up_too():
    rows = [pod("a0", 0), pod("a1", 3), pod("a2", 50)]
    done = run([node("n0")], {"a": (3, rows)}, wait=20)
    assert first(done, "reason", "finished") == {
        "a0": ("GangTimeout", 20),
        "a1": ("GangTimeout", 20),
        "a2": ("GangTimeout", 70),
    }


def test_who_has_a_node_in_time_is_not_given_up():
    done = run([node("n0")], {"a": (2, members("a", 2, runs=60))}, [pod("s", 0, 15, cpu=300)], wait=20)
    assert first(done, "phase", "bound") == {"s": ("Succeeded", 0), "a0": ("Succeeded", 15), "a1": ("Succeeded", 15)}


def test_a_gang_whose_time_ends_while_it_is_decided_is_given_up_if_that_is_in_vain():
    slow = replace(Profile.of("first_fit"), decision_time=DecisionTime.parse("6s"))
    done = run([node("n0")], {"a": (2, members("a", 2, cpu=600))}, wait=8, scheduler=slow)  # tried until 12
    assert first(done, "reason", "finished") == {"a0": ("GangTimeout", 12), "a1": ("GangTimeout", 12)}
    done = run([node("n0")], {"a": (2, members("a", 2, cpu=500))}, wait=8, scheduler=slow)
    assert first(done, "phase", "bound") == {"a0": ("Running", 12), "a1": ("Running", 12)}


def test_two_gangs_that_fit_one_at_a_time_never_stand_in_each_others_way():
    """Their pods come by turns; each gang needs the whole node."""
    gangs = {name: (2, [pod(f"{name}{i}", i, 10, cpu=500) for i in range(2)]) for name in "ab"}
    done = run([node("n0")], gangs)
    bound = first(done, "bound")
    assert sorted(bound.values()) == [1, 1, 11, 11]
    assert bound["a0"] == bound["a1"] == 1


def test_a_gang_larger_than_the_cluster_is_told_so_by_name():
    done = run([node("n0")], {"big": (3, members("b", 3))}, [pod("s", 1, 1, cpu=500)])
    rows = done.tables["decisions"].to_pylist()
    reasons = {row["reason"] for row in rows if row["verb"] == "wait"}
    (reason,) = reasons
    assert reason.startswith("gang big: 2 of 3 pods fit, 3 must start together; the next: 0/1 nodes are available")
    assert [row["pod"] for row in rows if row["verb"] == "wait"] == [0, 1, 2]
    assert first(done, "bound")["s"] == 1  # it holds nothing meanwhile


def test_a_member_that_is_lost_comes_back_by_itself_while_the_others_go_on():
    events = [(5, "remove", "n1"), (30, "add", "n2")]
    done = run([node(f"n{i}") for i in range(3)], {"a": (2, members("a", 2, runs=50, cpu=600))}, events=events)
    assert attempts(done, "queued", "bound") == {("a0", 0): (0, 0), ("a1", 0): (0, 0), ("a1", 1): (15, 30)}


def test_who_comes_back_waits_for_the_others_that_come_back():
    """All were lost: they must start together again."""
    rows = members("a", 2, runs=50, cpu=600)
    events = [(5, "remove", "n0"), (5, "remove", "n1"), (20, "add", "n2"), (40, "add", "n3")]
    done = run([node(f"n{i}") for i in range(4)], {"a": (2, rows)}, events=events)
    found = attempts(done, "queued", "bound")
    assert found["a0", 1] == found["a1", 1] == (15, 40)


def test_gangs_and_single_pods_go_by_priority():
    singles = [pod("f", 0, 5, cpu=1000), pod("s0", 1, cpu=400), pod("s10", 2, cpu=400, priority=10)]
    done = run([node("n0")], {"a": (2, members("a", 2, 3, cpu=300, priority=5))}, singles)
    assert first(done, "bound") == {"f": 0, "s10": 5, "a0": 5, "a1": 5, "s0": None}


def test_a_gang_does_not_start_by_halves_whatever_the_policy():
    rng = np.random.default_rng(3)
    for scheduler in ("kubernetes", "best_fit", "worst_fit"):
        gangs = {}
        for name in (f"g{i}" for i in range(8)):
            at, runs, cpu = rng.integers(0, 20, 4), rng.integers(1, 20, 4), 100 * rng.integers(2, 9, 4)
            rows = [pod(f"{name}-{j}", int(at[j]), int(runs[j]), cpu=int(cpu[j])) for j in range(4)]
            gangs[name] = int(rng.integers(1, 4)), rows
        done = run([node("n0"), node("n1", 1500)], gangs, scheduler=scheduler, until=500)
        rows = done.tables["pods"].to_pylist()
        for name, (need, _) in gangs.items():
            bound = sorted(row["bound"] for row in rows if row["name"].startswith(f"{name}-"))
            assert bound[0] == bound[need - 1], (scheduler, name, [time / SECOND for time in bound])
