"""The decision diff: stories by hand, and against a plain loop."""

import math
from dataclasses import replace

import pyarrow as pa
import pytest
from handmade import SECOND, made_run
from hypothesis import given
from hypothesis import strategies as st
from tiny import says

from schedlab.errors import InputError
from schedlab.metrics.diff import Decision, diff

OTHER = {"name": "other", "digest": "e" * 64, "report": {}}


def run_of(decisions, **manifest):
    """Return a run from its decisions (time, pod, verb, node, reason); pods are those it decides about, and 9."""
    attempts = {pod: [{"pod": pod}] for pod in sorted({row[1] for row in decisions} | {9})}
    told = []
    for time, pod, verb, node, reason in decisions:
        rows = attempts[pod]
        told.append({"time": time, "pod": pod, "attempt": len(rows) - 1, "verb": verb, "node": node, "reason": reason})
        if verb == "bind":
            rows[-1] |= {"bound": time, "node": node}
        elif verb == "evict":
            rows[-1] |= {"finished": time}
            rows.append({"pod": pod, "attempt": len(rows)})
    return made_run([row for rows in attempts.values() for row in rows], decisions=told, **manifest)


def test_equal_runs_have_no_difference():
    run = run_of([(1, 0, "bind", "x", ""), (2, 1, "wait", None, "Insufficient cpu")])
    found = diff(run, run)
    assert (found.first, found.moved, found.same, found.only_a, found.only_b) == (None, 0, 1, 0, 0)
    assert found.same_share == 1
    assert len(found.differing()) == 0


def test_who_moved_and_who_waits_in_one_run_only():
    a = run_of(
        [(1, 0, "bind", "x", ""), (2, 1, "bind", "y", ""), (3, 2, "bind", "x", ""), (4, 3, "wait", None, "full")]
    )
    b = run_of(
        [(1, 0, "bind", "x", ""), (2, 1, "bind", "z", ""), (3, 2, "wait", None, "full"), (6, 3, "bind", "y", "")]
    )
    found = diff(a, b)
    assert (found.pods, found.moved, found.same, found.only_a, found.only_b, found.note) == (5, 1, 1, 1, 1, "")
    assert found.same_share == 0.5
    assert found.first[:3] == (2 * SECOND, "pod-1", 0)
    assert found.first.a == Decision(2 * SECOND, "bind", "y", "")
    assert found.first.b == Decision(2 * SECOND, "bind", "z", "")
    table = found.differing()
    assert table.drop(columns=["bound_a", "bound_b"]).values.tolist() == [
        ["pod-1", "y", "z"], ["pod-2", "x", None], ["pod-3", None, "y"]
    ]  # fmt: skip
    assert table["bound_b"].fillna(-1).tolist() == [2 * SECOND, -1, 6 * SECOND]
    assert found.differing(1)["pod"].tolist() == ["pod-1"]
    times, share = found.over_time()
    assert (times.tolist(), share.tolist()) == ([SECOND, 2 * SECOND], [0, 0.5])


def test_a_run_that_waits_where_the_other_binds_gives_its_reason():
    a, b = run_of([(1, 0, "bind", "x", "")]), run_of([(1, 0, "wait", None, "0/1 nodes: Insufficient cpu")])
    assert diff(a, b).first.b == Decision(SECOND, "wait", None, "0/1 nodes: Insufficient cpu")
    assert diff(a, b).same_share != diff(a, b).same_share  # no pod was placed by both


def test_another_order_and_a_shorter_run_are_divergences():
    a = run_of([(1, 0, "bind", "x", ""), (1, 1, "bind", "y", "")])
    b = run_of([(1, 1, "bind", "y", ""), (1, 0, "bind", "x", "")])
    found = diff(a, b)
    assert (found.first.pod, found.first.a, found.first.b) == ("pod-0", *[Decision(SECOND, "bind", "x", "")] * 2)
    assert found.moved == 0
    short = run_of([(1, 0, "bind", "x", "")])
    assert diff(a, run_of([(1, 0, "bind", "x", ""), (9, 1, "bind", "y", "")])).first.time == SECOND
    with says(InputError, "these are runs of different workloads (made and other); compare two runs of one workload"):
        diff(a, replace(short, manifest=short.manifest | {"workload": OTHER}))
    assert diff(short, a).first.a is None
    assert diff(short, a).first.pod == "pod-1"


def test_the_first_binding_counts_and_reasons_alone_are_no_divergence():
    a = run_of([(1, 0, "bind", "x", ""), (2, 0, "evict", "x", "Preempted"), (3, 0, "bind", "y", "")])
    b = run_of([(1, 0, "bind", "x", ""), (2, 0, "evict", "x", "Evicted"), (3, 0, "bind", "z", "")])
    found = diff(a, b)
    assert (found.moved, found.same) == (0, 1)
    assert (found.first.attempt, found.first.a.node, found.first.b.node) == (1, "y", "z")


def test_pods_of_another_workload_are_matched_by_name():
    a = run_of([(1, 0, "bind", "x", ""), (2, 1, "bind", "y", "")])
    rows = [{"pod": 0, "name": "pod-9"}, {"pod": 1, "name": "pod-1", "bound": 2, "node": "y"},
            {"pod": 2, "name": "pod-0", "bound": 1, "node": "z"}]  # fmt: skip
    told = [{"time": 1, "pod": 2, "attempt": 0, "verb": "bind", "node": "z", "reason": ""},
            {"time": 2, "pod": 1, "attempt": 0, "verb": "bind", "node": "y", "reason": ""}]  # fmt: skip
    found = diff(a, made_run(rows, decisions=told, workload=OTHER))
    assert (found.moved, found.same, found.first.pod, found.first.b.node) == (1, 1, "pod-0", "z")
    assert found.note.endswith("they were matched by name")


def test_stored_runs_and_texts_kept_as_dictionaries_are_the_same(tmp_path):
    run = run_of([(1, 0, "bind", "x", ""), (2, 1, "wait", None, "full")])
    pods = run.tables["pods"]
    coded = pods.set_column(pods.column_names.index("node"), "node", pods["node"].dictionary_encode())
    run.save(tmp_path)
    found = diff(replace(run, tables=run.tables | {"pods": coded}), type(run).load(tmp_path))
    assert (found.first, found.same) == (None, 1)
    empty = replace(run, tables={name: table.slice(0, 0) for name, table in run.tables.items()})
    assert math.isnan(diff(empty, empty).same_share)
    assert isinstance(coded["node"].type, pa.DictionaryType)


DECISIONS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 4), st.sampled_from("xyz")), max_size=8, unique_by=lambda row: row[1]
).map(lambda rows: [(time, pod, "bind", node, "") for time, pod, node in sorted(rows)])


@given(DECISIONS, DECISIONS)
def test_counts_and_divergence_are_those_of_a_loop(one, two):
    runs = [run_of([*rows, *((9, pod, "wait", None, "") for pod in range(5) if pod not in {row[1] for row in rows})])
            for rows in (one, two)]  # fmt: skip
    where = [{pod: node for _, pod, _, node, _ in rows} for rows in (one, two)]
    found = diff(*runs)
    both = where[0].keys() & where[1].keys()
    assert found.same == sum(where[0][pod] == where[1][pod] for pod in both)
    assert found.moved == len(both) - found.same
    assert (found.only_a, found.only_b) == (len(where[0]) - len(both), len(where[1]) - len(both))
    lists = [run.decisions[["time", "pod", "node", "verb"]].astype(object).to_numpy().tolist() for run in runs]
    unlike = [i for i, (x, y) in enumerate(zip(*lists, strict=False)) if str(x) != str(y)]
    if unlike or len(lists[0]) != len(lists[1]):
        at = unlike[0] if unlike else min(map(len, lists))
        assert found.first.time == min(rows[at][0] for rows in lists if at < len(rows))
    else:
        assert found.first is None
    assert len(found.differing()) == found.moved + found.only_a + found.only_b
    assert found.over_time()[1][-1:] == pytest.approx([1 - found.same_share] if both else [])
