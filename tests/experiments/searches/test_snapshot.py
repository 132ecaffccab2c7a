"""The pods that run at an instant, of a workload and of a run."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import says
from worlds import SECOND, node, play, pod, us, world

from schedlab import InputError, Run
from schedlab.experiments.searches.snapshot import snapshot


def names(workload: Any) -> list[str]:
    return [workload.pods.name(row) for row in range(len(workload.pods))]


def test_a_workloads_pods_run_from_when_they_are_submitted():
    given = world([node("n0"), node("n1")], [pod("a", 0, 5), pod("b", 2), pod("c", 4, 1), pod("d", 5, 3)])
    assert names(snapshot(given, us(4))) == ["a", "b", "c"]
    taken = snapshot(given, us(5))
    assert names(taken) == ["b", "d"]
    assert taken.pods.submit.tolist() == [0, 0]
    assert taken.pods.duration.tolist() == [-1, us(3)]
    assert not taken.pods.initial.any()
    assert taken.report == {"snapshot_at_s": 5.0, "pods": 2}


def test_the_peak_is_where_the_scarcest_resource_is_wanted_most():
    rows = [pod("a", 0, 5, cpu=900), pod("b", 5, 5, memory=2**29, cpu=10), pod("c", 6, 5, memory=2**29, cpu=10)]
    assert names(snapshot(world([node("n0")], rows))) == ["b", "c"]
    assert names(snapshot(world([node("n0", cpu=500)], rows))) == ["a"]
    empty = [pod("a", 0, 2), pod("b", 1, 2)]
    assert names(snapshot(world([node("n0")], empty))) == ["a", "b"]


def test_what_is_beyond_the_horizon_is_no_peak():
    rows = [pod("a", 0, 5, cpu=100), pod("b", 20, 5, cpu=900)]
    assert names(snapshot(world([node("n0")], rows, horizon=10))) == ["a"]


def test_nodes_are_those_that_are_there():
    events = [(2, "add", "n1"), (4, "remove", "n0"), (5, "cordon", "n2")]
    given = world([node("n0"), node("n1"), node("n2")], [pod("a")], events)
    for at, expected in ((1, ["n0", "n2"]), (2, ["n0", "n1", "n2"]), (6, ["n1", "n2"])):
        taken = snapshot(given, us(at))
        assert [each.metadata.name for each in taken.nodes] == expected
        assert taken.node_events == ()


def test_a_runs_pods_run_while_they_are_bound(tmp_path):
    run = play([node("n0")], [pod("a", 0, 5, cpu=600), pod("b", 1, 5, cpu=600), pod("c", 2, 1, cpu=100)])
    assert names(snapshot(run, us(2))) == ["a", "c"]
    assert names(snapshot(run, us(6))) == ["b"]
    assert names(snapshot(run)) == ["a", "c"]
    run.save(tmp_path)
    with pytest.raises(InputError, match="read from disk does not know its workload's templates; take the snapshot of"):
        snapshot(Run.load(tmp_path))


def test_an_instant_without_pods_is_refused():
    given = world([node("n0")], [pod("a", 0, 5)])
    with says(InputError, f"no pod of {given.name!r} runs at 5 s; give another time"):
        snapshot(given, us(5))


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(1, 20), st.integers(0, 900), st.integers(0, 900)),
        min_size=1,
        max_size=7,
    ),
)
def test_no_instant_demands_more_than_the_peak(rows):
    pods = [pod(f"p{i}", at, runs, cpu=cpu, memory=memory) for i, (at, runs, cpu, memory) in enumerate(rows)]
    given = world([node("n0", 1000, 1000)], pods)
    sizes = {f"p{i}": (cpu, memory) for i, (_, _, cpu, memory) in enumerate(rows)}

    def demand(there: list[str]) -> int:
        if not any(cpu or memory for _, _, cpu, memory in rows):
            return len(there)
        return max(sum(sizes[name][i] for name in there) for i in (0, 1))

    at = snapshot(given).report["snapshot_at_s"]
    every = {t: [f"p{i}" for i, (s, r, _, _) in enumerate(rows) if s <= t < s + r] for t in range(41)}
    best = max(demand(there) for there in every.values())
    assert demand(names(snapshot(given))) == best
    assert at == min(t for t, there in every.items() if there and demand(there) == best)
    assert at * SECOND == int(at * SECOND)
