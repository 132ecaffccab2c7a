"""The kubelet: who runs how long, told in literal times."""

from dataclasses import replace

import msgspec
import numpy as np
from worlds import GIB, attempts, decisions, first, node, pod, us, world

from schedlab import summary
from schedlab.metrics.latency import slowdowns
from schedlab.sim import replay
from schedlab.workload import DataSet

N0 = node("n0")


def timed(pods, walltimes, events=(), **more):
    """Replay pods, which are given in order of submission, with walltimes in seconds (None: unknown)."""
    made = world([N0], pods, events, **more)
    times = np.array([-1 if time is None else us(time) for time in walltimes], np.int64)
    return replay(replace(made, pods=replace(made.pods, walltime=times)), "first_fit", check=True)


def test_a_pod_is_killed_when_its_walltime_is_over_and_does_not_come_back():
    pods = [
        pod(name, at, runs, cpu=1000) for name, at, runs in (("a", 0, 10), ("b", 1, 5), ("c", 2, None), ("d", 3, 4))
    ]
    run = timed(pods, [7, 5, 3, None])
    assert first(run, "started", "finished", "phase", "reason") == {
        "a": (0, 7, "Failed", "DeadlineExceeded"),
        "b": (7, 12, "Succeeded", ""),  # as long as it asked for
        "c": (12, 15, "Failed", "DeadlineExceeded"),
        "d": (15, 19, "Succeeded", ""),
    }
    assert decisions(run)[-1] == (15, "bind", "d", "n0")
    told = [(row["time"], row["kind"], row["subject"], row["detail"]) for row in run.tables["events"].to_pylist()]
    assert told == [(us(at), "fail", name, "DeadlineExceeded") for at, name in ((7, "a"), (15, "c"))]
    assert summary(run)["failed"] == 2
    # a has run its 7 s, b 11 and d 16 over 10 s; c, which would run for ever, has no slowdown
    assert slowdowns(run).values.tolist() == [1.0, 1.1, 1.6]
    assert not slowdowns(run).censored.any()


def test_what_is_released_by_a_kill_can_be_had_at_that_instant():
    run = timed([pod("a", 0, 10, cpu=1000), pod("late", 7, 1, cpu=1000)], [7, None])
    assert decisions(run) == [(0, "bind", "a", "n0"), (7, "bind", "late", "n0")]


def test_each_attempt_has_the_whole_walltime_and_reading_does_not_count():
    lost = [(5, "remove", "n0"), (6, "add", "n0")]
    run = timed([pod("a", 0, 9, cpu=1000)], [8], lost)
    assert attempts(run, "started", "finished", "reason") == {
        ("a", 0): (0, 5, "NodeLost"),
        ("a", 1): (15, 23, "DeadlineExceeded"),
    }
    far = DataSet("d", 125_000_000 * 4, (("zone", "elsewhere"),))  # four seconds away
    run = timed([pod("a", 0, 9, cpu=1000, reads=0)], [8], datasets=[far])
    assert first(run, "bound", "started", "finished") == {"a": (0, 4, 12)}


def test_a_template_has_a_walltime_too():
    made = world([N0], [pod("a", 0, None, memory=GIB)])
    spec = made.templates[0].spec
    spec = msgspec.structs.replace(spec, active_deadline_seconds=6)
    made = replace(made, templates=(msgspec.structs.replace(made.templates[0], spec=spec),))
    assert first(replay(made, check=True), "finished", "reason") == {"a": (6, "DeadlineExceeded")}
