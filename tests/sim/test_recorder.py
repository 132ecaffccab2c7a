"""The tables of a Run, against its docstring and against each other."""

from itertools import pairwise

import numpy as np
import pytest
from tiny import says
from worlds import SECOND, first, node, play, pod, us

from schedlab import InputError, Run, generate, replay, summary
from schedlab.objects.node import PRICE
from schedlab.sim.probes import TYPICAL
from schedlab.sim.recorder import MOST

RESOURCES = ["cpu", "memory", "ephemeral-storage"]
PLAIN = {
    "pods": "pod name attempt template priority initial tenant job submit duration walltime queued bound started "
    "finished node phase reason bytes_moved distance",
    "decisions": "time pod attempt node verb reason devices",
    "nodes": "node zone rack price",
    "events": "time kind subject detail",
    "samples": "time pending running",
}
QUEUE = ["queue.active", "queue.backoff", "queue.unschedulable", "queue.gated", "decisions", "busy"]


@pytest.fixture(scope="module")
def run():
    workload = generate(pods=200, nodes=6, load=1.1, growth=0.7, seed=5)
    return replay(workload, "best_fit", check=True)


def test_the_tables_have_the_columns_that_the_docstring_promises(run):
    columns = {name: table.column_names for name, table in run.tables.items()}
    amounts = [f"{kind}.{name}" for name in RESOURCES for kind in ("alloc", "used", "limits", "usage", "stranded")]
    assert columns == {
        "pods": [*PLAIN["pods"].split(), *(f"req.{name}" for name in RESOURCES)],
        "decisions": PLAIN["decisions"].split(),
        "nodes": [*PLAIN["nodes"].split(), *(f"alloc.{name}" for name in RESOURCES), "added", "removed"],
        "events": PLAIN["events"].split(),
        "samples": [*PLAIN["samples"].split(), *amounts, *QUEUE],
    }
    assert run.manifest["resources"] == RESOURCES
    for words in (*map(str.split, PLAIN.values()), QUEUE):
        assert all(word in (Run.__doc__ or "") for word in words)


def test_times_and_amounts_are_integers_of_64_bits(run):
    names = (
        "submit",
        "duration",
        "walltime",
        "queued",
        "bound",
        "started",
        "finished",
        "time",
        "added",
        "removed",
        "bytes_moved",
        "distance",
    )
    for table in run.tables.values():
        for field in table.schema:
            if field.name in names or field.name.startswith(("req.",)):
                assert (field.name, str(field.type)) == (field.name, "int64")


def test_a_run_in_which_nothing_happens_has_the_same_columns(run):
    empty = play([node("n0")], [pod("a", 9)], horizon=5)
    assert {name: table.num_rows for name, table in empty.tables.items() if name != "samples"} == {
        "pods": 0,
        "decisions": 0,
        "nodes": 1,
        "events": 0,
    }
    for name, table in empty.tables.items():
        assert table.schema.equals(run.tables[name].schema), name
    assert empty.pods.empty


def test_what_is_null_in_the_tables():
    events = [(4, "remove", "n1")]
    run = play([node("n0"), node("n1")], [pod("a", 0, 2, cpu=900), pod("b", 1, cpu=900), pod("c", 5, cpu=900)], events)
    nulls = {name: {c: t[c].null_count for c in t.column_names if t[c].null_count} for name, t in run.tables.items()}
    # c runs on n0 for ever; b, lost at 4, comes back and finds no room
    assert nulls == {
        "pods": {
            "tenant": 4,
            "job": 4,
            "duration": 3,
            "walltime": 4,
            "bound": 1,
            "started": 1,
            "finished": 2,
            "node": 1,
        },
        "decisions": {"node": 1, "devices": 4},
        "nodes": {"price": 2, "removed": 1},
        "events": {},
        "samples": {},
    }


def alive(pods, time, since, until):
    """Which attempts are between two of their times."""
    after = pods[since].notna() & (pods[since] <= time)
    return after & (pods[until].isna() | (pods[until] > time))


def test_the_samples_agree_with_the_pods_table(run):
    pods = run.pods.assign(left=run.pods["bound"].fillna(run.pods["finished"]))
    assert len(run.samples) > 100
    for sample in run.samples.to_dict("records"):
        time = sample["time"]
        assert sample["pending"] == alive(pods, time, "queued", "left").sum()
        assert sample["running"] == alive(pods, time, "started", "finished").sum()
        held = pods[alive(pods, time, "bound", "finished")]
        assert [held[f"req.{name}"].sum() for name in RESOURCES] == [sample[f"used.{name}"] for name in RESOURCES]


def test_the_samples_agree_with_the_nodes_table():
    nodes = [node(f"n{i}", cpu=1000 * 2**i) for i in range(4)]
    events = [(10, "add", "n1"), (20, "remove", "n3"), (25, "cordon", "n2"), (30, "add", "n3")]
    run = play(nodes, [pod("a", 0, 50, cpu=100)], events)
    steps = [(0, 13000), (10, 15000), (20, 7000), (30, 15000), (51, 0)]
    for (start, cpu), (end, _) in pairwise(steps):
        inside = run.samples["time"].between(us(start), us(end), inclusive="left")
        assert inside.any()
        assert set(run.samples.loc[inside, "alloc.cpu"]) == {cpu}


def test_time_weighted_samples_are_the_integral_of_the_pods_table():
    pods = [pod("a", 0, 60, cpu=500), pod("b", 10, 70, cpu=400), pod("c", 20, 10, cpu=300), pod("d", 30, 10, cpu=100)]
    run = play([node("n0")], pods)
    every = np.diff(run.samples["time"])
    assert set(every) == {80 * SECOND // 200}
    weighted = (run.samples["used.cpu"][:-1] * every).sum() / SECOND
    assert weighted == 500 * 60 + 400 * 70 + 300 * 10 + 100 * 10
    waiting = (run.samples["pending"][:-1] * every).sum() / SECOND
    assert waiting == 40  # c from 20 until a ends at 60
    assert run.samples["running"].iloc[-1] == 0


def test_a_sample_shows_what_is_after_the_events_of_its_time():
    run = play([node("n0")], [pod("a", 0, 100, cpu=500), pod("b", 100, 100, cpu=300)])
    at = run.samples.set_index("time")["used.cpu"]
    assert (at[0], at[us(99)], at[us(100)], at[us(200)]) == (500, 500, 300, 0)


def test_samples_of_a_run_that_is_far_longer_than_expected_stay_even_and_few():
    run = play([node("n0")], [pod(f"p{i}", 0, 1, cpu=1000) for i in range(40)])
    assert run.manifest["end"] == us(40)
    times = run.samples["time"].to_numpy()
    assert len(set(np.diff(times))) == 1
    assert MOST / 2 <= len(times) < MOST
    assert us(40) - times[-1] < times[1]


def test_stranded_is_what_is_free_where_a_pod_of_the_workload_does_not_fit():
    nodes = [node("n0", cpu=1000, memory=1000), node("n1", cpu=1000, memory=1000)]
    # three pods of four are small; the large one fits nowhere that has less than 800m and 500 bytes free
    pods = [pod(f"s{i}", 0, cpu=100, memory=100) for i in range(3)] + [pod("l", 5, cpu=800, memory=500)]
    run = play(nodes, pods, until=10)
    before, after = run.samples.iloc[0], run.samples.iloc[-1]
    assert (before["used.cpu"], before["used.memory"]) == (300, 300)
    assert (before["stranded.cpu"], before["stranded.memory"]) == (0.25 * 700, 0.25 * 700)
    # then the large one sits on n1, where a small one fits and a large one does not
    assert (after["stranded.cpu"], after["stranded.memory"]) == (0.25 * (700 + 200), 0.25 * (700 + 500))


def test_stranded_is_measured_with_the_most_frequent_classes():
    often = [pod(f"p{i}", 0, cpu=10 + i // 2) for i in range(2 * TYPICAL)]
    rare = [pod(f"huge{i}", 5, cpu=5000 + i) for i in range(3)]  # they fit nowhere, so all would be stranded for them
    run = play([node("n0", cpu=4000)], [*often, *rare], until=10)
    assert set(run.samples["stranded.cpu"]) == {0}


def test_limits_and_usage_are_summed_over_the_nodes():
    nodes = [node("n0"), node("n1")]
    shared = {"cpu": 600, "memory": 10, "limits": {"cpu": 900, "memory": 20}, "uses": {0: (5, 7)}}
    rows = [pod(f"p{i}", 0, 10, **shared) for i in range(2)]
    run = play(nodes, rows, until=5)
    assert set(run.samples["limits.cpu"]) == {1800}
    assert set(run.samples["limits.memory"]) == {40}
    assert set(run.samples["usage.cpu"]) == {10}
    assert set(run.samples["usage.memory"]) == {14}


def test_the_nodes_table_says_where_nodes_are_and_what_they_have():
    run = play([node("n0", cpu=1500, memory=7, zone="z", rack="r"), node("n1")], [pod("a", 0, 1)])
    assert run.nodes[["node", "zone", "rack", "alloc.cpu", "alloc.memory"]].to_numpy().tolist() == [
        ["n0", "z", "r", 1500, 7],
        ["n1", "", "", 1000, 2**30],
    ]


def test_prices_are_those_of_labels_and_annotations_and_bad_ones_are_refused_before_anything_runs():
    cheap, dear, free = node("n0"), node("n1"), node("n2")
    cheap.metadata.labels[PRICE] = "0.25"
    dear.metadata.annotations[PRICE] = "3"
    run = play([cheap, dear, free], [pod("a", 0, 1)])
    assert run.nodes["price"].tolist()[:2] == [0.25, 3.0]
    assert run.tables["nodes"]["price"].null_count == 1
    assert "cost" not in summary(run)
    priced = play([cheap, dear], [pod("a", 0, 4)], [(1, "remove", "n1")])
    assert summary(priced)["cost"] == 0.25 + 3 / 4
    dear.metadata.annotations[PRICE] = "nan"
    problem = "node 'n1': 'nan' is no price; write a number of at least 0, such as 0.38"
    with says(InputError, f"field schedlab.io/price: {problem}"):
        play([cheap, dear], [pod("a", 0, 4)])


def test_what_the_samples_do_not_know_is_no_metric():
    plain = summary(play([node("n0")], [pod("a", 0, 9, cpu=500)]))
    assert not [name for name in plain.index if name.startswith(("usage", "overcommit", "fairness"))]
    measured = summary(play([node("n0")], [pod("a", 0, 9, cpu=500, limits={"cpu": 700}, uses={0: (250, 0)})]))
    assert measured["usage.cpu"] == pytest.approx(0.25)
    assert measured["overcommit.cpu"] == pytest.approx(0.7)
    assert "overcommit.memory" not in measured


def test_a_slowdown_knows_how_long_a_pod_runs(run):
    needed = first(play([node("n0")], [pod("a", 0, 9), pod("b")]), "duration")
    assert needed == {"a": us(9), "b": None}
    waiting = play([node("n0")], [pod("a", 0, 20, cpu=600), pod("b", 0, 20, cpu=600)])
    assert summary(waiting)["slowdown.p99"] == 2.0


def test_the_manifest_says_what_ran(run):
    manifest = run.manifest
    assert manifest["scheduler"] == "best_fit"
    assert manifest["seed"] == 0
    assert manifest["workload"]["name"] == "generated"
    assert manifest["pods"] >= len(set(run.pods["pod"]))
    assert manifest["initial"] == int(run.pods[run.pods["attempt"] == 0]["initial"].sum())
    assert manifest["horizon"] == manifest["end"] == 86_400 * SECOND
    assert manifest["timings"].keys() == {"wall_s", "cpu_s", "scheduling_cpu_s", "decisions"}


def test_tenants_and_jobs_are_told_by_name_and_null_where_there_are_none(run):
    workload = run.origin.workload
    for row in run.pods[["pod", "tenant", "job"]].itertuples():
        assert row.tenant == workload.tenants[workload.pods.tenant[row.pod]]
        assert row.job == workload.jobs[workload.pods.job[row.pod]]
    plain = play([node("n")], [pod("a", 0, 1, cpu=1)]).tables["pods"]
    assert (plain["tenant"].to_pylist(), plain["job"].to_pylist()) == ([None], [None])
