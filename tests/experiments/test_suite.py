"""Suites: what a file may say, and what a run of one leaves behind."""

import json
from concurrent.futures import ThreadPoolExecutor

import pyarrow.parquet as pq
import pytest

from schedlab import generate, score
from schedlab.errors import InputError
from schedlab.experiments import Results, Suite
from schedlab.experiments.searches.compaction import compaction
from schedlab.experiments.searches.snapshot import snapshot
from schedlab.metrics import metrics
from schedlab.record import Run
from schedlab.scoring import Profile
from schedlab.workload.canonical import write_trace

SMALL = """
name: small
traces:
  - {trace: generated, options: {pods: 40, nodes: 4}}
schedulers: [kubernetes, best_fit]
replicates: 2
"""
BROKEN = """
from schedlab import score
import os

@score
def raises(pod, nodes):
    raise ValueError("no <b>such</b>\\nthing")

@score
def dies(pod, nodes):
    os._exit(9)
"""


def suite(tmp_path, text=SMALL, **replaced):
    path = tmp_path / "small.yaml"
    for old, new in replaced.items():
        text = text.replace(old, new)
    path.write_text(text)
    return Suite.from_file(path)


def test_no_such_suite_names_the_shipped_ones():
    with pytest.raises(
        InputError,
        match="no suite 'quik'; name a YAML file, or a shipped suite: batch, fgd, kubernetes, optimal, packing",
    ):
        Suite.from_file("quik")


def test_a_suite_without_runs_is_refused_and_leaves_nothing(tmp_path):
    chosen = suite(tmp_path, **{"kubernetes, best_fit": "best_fitt"})
    with pytest.raises(InputError, match="suite small stands for no runs: scheduler 'best_fitt' was skipped"):
        chosen.run(workers=1, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_suite_leaves_runs_summary_manifest_and_report(tmp_path):
    seen = []
    results = suite(tmp_path).run(workers=1, out=tmp_path / "out", progress=lambda *now: seen.append(now))
    assert results.failed == []
    summary = pq.read_table(tmp_path / "out" / "summary.parquet").to_pandas()
    assert summary[["trace", "scheduler", "replicate"]].to_numpy().tolist() == [
        ["generated pods=40 nodes=4", scheduler, seed] for seed in (0, 1) for scheduler in ("kubernetes", "best_fit")
    ]
    assert (summary["placed"] + summary["pending"] == summary["pods"]).all()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    digests = [run["trace_digest"] for run in manifest["runs"]]
    assert digests[0] == digests[1] != digests[2] == digests[3]  # paired within a replicate, redrawn between
    for run in manifest["runs"]:
        stored = Run.load(tmp_path / "out" / "runs" / run["run"])
        assert stored.manifest["decision_hash"] == run["decision_hash"]
        assert stored.manifest["seed"] == run["seed"] == run["replicate"]
    assert seen[0][:2] == (0, 4)
    assert seen[-1] == (4, 4, [])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "runs", "traces", "report.html", "summary.parquet", "manifest.json"
    }  # fmt: skip
    assert {path.name for path in (tmp_path / "out" / "traces").iterdir()} == set(digests)


def test_stored_runs_are_used_again_unless_fresh(tmp_path):
    first = suite(tmp_path).run(workers=1, out=tmp_path / "out")
    again = suite(tmp_path).run(workers=1, out=tmp_path / "out")
    fresh = suite(tmp_path).run(workers=1, out=tmp_path / "out", fresh=True)
    assert [[o.reused for o in results.outcomes] for results in (first, again, fresh)] == [
        [False] * 4, [True] * 4, [False] * 4
    ]  # fmt: skip
    assert again.frame.equals(first.frame)
    host = [name for name, item in metrics().items() if item.host]
    assert fresh.frame.drop(columns=host).equals(first.frame.drop(columns=host))
    assert len(list((tmp_path / "out" / "runs").iterdir())) == 4
    changed = suite(tmp_path, **{"pods: 40": "pods: 41"}).run(workers=1, out=tmp_path / "out")
    assert not any(outcome.reused for outcome in changed.outcomes)


def test_a_failing_run_is_one_row_and_the_rest_goes_on(tmp_path):
    (tmp_path / "my.py").write_text(BROKEN)
    chosen = suite(tmp_path, best_fit=f'"{tmp_path}/my.py:raises"', **{"replicates: 2": "replicates: 1"})
    with ThreadPoolExecutor(2) as threads:
        results = chosen.run(executor=threads, out=tmp_path / "out")
    good, bad = results.outcomes
    assert not good.error
    assert "ValueError: no <b>such</b> thing" in bad.error
    assert "\n" not in bad.error
    assert "Traceback" in bad.traceback
    page = results.report.read_text()
    assert "no &lt;b&gt;such&lt;/b&gt; thing" in page
    assert results.frame["error"].tolist() == ["", bad.error]


def test_a_plugin_that_kills_its_worker_loses_only_its_own_run(tmp_path):
    (tmp_path / "my.py").write_text(BROKEN)
    chosen = suite(tmp_path, best_fit=f'"{tmp_path}/my.py:dies", worst_fit', **{"replicates: 2": "replicates: 1"})
    results = chosen.run(workers=2, out=tmp_path / "out")
    assert ["died" in outcome.error for outcome in results.outcomes] == [False, True, False]
    assert [bool(outcome.error) for outcome in results.outcomes] == [False, True, False]
    visible = [path for path in (tmp_path / "out" / "runs").iterdir() if not path.name.startswith(".")]
    assert len(visible) == 2
    reread = Results.load(tmp_path / "out")
    assert [outcome.error for outcome in reread.failed] == [outcome.error for outcome in results.failed]


def test_processes_make_the_runs_that_one_process_makes(tmp_path):
    alone = suite(tmp_path).run(workers=1, out=tmp_path / "one")
    together = suite(tmp_path).run(workers=2, out=tmp_path / "two")
    assert [o.manifest["decision_hash"] for o in alone.outcomes] == [
        o.manifest["decision_hash"] for o in together.outcomes
    ]


def test_an_optional_trace_that_is_absent_is_noted(tmp_path):
    text = SMALL.replace("traces:", "traces:\n  - {trace: elsewhere, optional: true}")
    results = suite(tmp_path, text).run(workers=1, out=tmp_path / "out")
    assert [note.split(" was skipped")[0] for note in results.notes] == ["elsewhere"]
    assert list(results.tables) == ["generated pods=40 nodes=4"]
    assert "elsewhere was skipped" in results.report.read_text()


RULE = """
from dataclasses import dataclass
from typing import Annotated
from msgspec import Meta
from schedlab import score

@score(scope="static")
@dataclass(frozen=True)
class near:
    rank: Annotated[int, Meta(ge=0, le=9)] = 0

    def __call__(self, pod, nodes):
        return -abs(nodes.rank - self.rank)
"""
SCHEDULERS = """
  - kubernetes
  - MY:near(rank=2)
  - {plugin: "MY:near", args: {rank: 3}}
  - [best_fit, {plugin: "MY:near", args: {rank: 1}, weight: 0.5}]
"""


def test_schedulers_with_parameters_are_runs_of_their_own(tmp_path):
    my = tmp_path / "my.py"
    my.write_text(RULE)
    text = SMALL.replace("replicates: 2", "replicates: 1")
    chosen = suite(tmp_path, text, **{"[kubernetes, best_fit]": SCHEDULERS.replace("MY", str(my))})
    names = ["kubernetes", f"{my}:near(rank=2)", f"{my}:near(rank=3)", f"best_fit+{my}:near(rank=1):0.5"]
    first = chosen.run(workers=1, out=tmp_path / "out")
    assert first.failed == []
    assert first.frame["scheduler"].tolist() == names
    ranks = [[score.get("args") for score in o.manifest["profile"]["scores"]] for o in first.outcomes[1:]]
    assert ranks == [[{"rank": 2}], [{"rank": 3}], [None, {"rank": 1}]]
    assert len({outcome.key for outcome in first.outcomes}) == 4
    assert all(outcome.reused for outcome in chosen.run(workers=1, out=tmp_path / "out").outcomes)
    my.write_text(RULE.replace("-abs", "abs"))
    again = chosen.run(workers=1, out=tmp_path / "out")
    assert [outcome.reused for outcome in again.outcomes] == [True, False, False, False]


def test_a_suite_made_in_python_takes_objects_and_functions(tmp_path):
    @score
    def mine(pod, nodes):
        return -nodes.used["cpu"]

    trace = {"trace": "generated", "options": {"pods": 40, "nodes": 4}}
    chosen = Suite.of("mine", [trace], ["worst_fit", mine, Profile.of("random")], replicates=2)
    results = chosen.run(workers=2, out=tmp_path / "out")
    assert results.failed == results.problems == []
    assert results.frame["scheduler"].tolist() == ["worst_fit", "mine", "random"] * 2
    assert all(outcome.reused for outcome in chosen.run(workers=2, out=tmp_path / "out").outcomes)  # it is in a file


def test_what_is_typed_into_a_notebook_is_never_taken_from_the_store(tmp_path):
    trace = {"trace": "generated", "options": {"pods": 40, "nodes": 4}}
    made = []
    for sign in ("", "-"):
        space = {"__name__": "__main__", "score": score}
        exec(f"@score\ndef mine(pod, nodes):\n    return {sign}nodes.rank\n", space)
        chosen = Suite.of("mine", [trace], [space["mine"]], replicates=1)
        made += chosen.run(workers=1, out=tmp_path / "out").outcomes
    assert [outcome.reused for outcome in made] == [False, False]
    assert made[0].manifest["decision_hash"] != made[1].manifest["decision_hash"]


def test_measured_decision_times_are_never_taken_from_the_store_and_given_ones_are(tmp_path):
    text = SMALL.replace(
        "best_fit]", "{scheduler: best_fit, decision_time: 2s}, {scheduler: best_fit, decision_time: measured}]"
    )
    made = [suite(tmp_path, text).run(workers=1, out=tmp_path / "out") for _ in range(2)]
    assert made[0].failed == made[0].problems == []
    names = ["kubernetes", "best_fit (decision time 2s)", "best_fit (decision time measured)"]
    assert {outcome.task.contender.name: outcome.reused for outcome in made[1].outcomes} == dict(
        zip(names, [True, True, False], strict=True)
    )
    assert [outcome.manifest["reproducible"] for outcome in made[1].outcomes[:3]] == [True, True, False]
    assert made[1].outcomes[1].manifest["identity"]["profile"]["decision_time"] == "2s"
    assert made[0].outcomes[0].manifest["decision_hash"] != made[0].outcomes[1].manifest["decision_hash"]
    expected = suite(tmp_path, text).preview(tmp_path / "out").table
    assert expected[["scheduler", "stored"]].to_numpy().tolist() == [[names[0], 2], [names[1], 2], [names[2], 0]]
    page = made[1].report.read_text()
    assert page.count("<h4>The scheduler&#x27;s queue</h4>") == 1
    assert "scheduling throughput" in page


METRIC = """
import schedlab as sl

@sl.metric(unit="s", better="lower")
def longest(run):
    pods = run.pods
    return float((pods["bound"] - pods["submit"]).max() / 1e6)
"""


def test_a_metric_of_ones_own_is_measured_compared_and_measured_anew_when_it_changes(tmp_path):
    my = tmp_path / "my.py"
    my.write_text(METRIC)
    text = SMALL + f"compare: {{metrics: ['{my}:longest', pending, pendin]}}\n"
    results = suite(tmp_path, text).run(workers=1, out=tmp_path / "out")
    assert results.comparison.metrics == ("longest", "pending")
    assert results.problems == ["there is no metric 'pendin'; known: pending, placed"]
    assert results.frame["longest"].max() > 0
    my.write_text(METRIC.replace(".max()", ".min()"))
    again = suite(tmp_path, text).run(workers=1, out=tmp_path / "out")
    assert all(outcome.reused for outcome in again.outcomes)
    assert (again.frame["longest"] <= 0).all()
    reread = Results.load(tmp_path / "out")
    assert reread.comparison.metrics == ("longest", "pending")
    assert reread.frame["longest"].tolist() == again.frame["longest"].tolist()


def test_a_search_is_made_where_a_suite_names_it(tmp_path):
    text = SMALL + "compare: {metrics: [compaction, pending]}"
    results = suite(tmp_path, text).run(workers=1, out=tmp_path / "out")
    assert results.problems == results.failed == []
    machines = results.frame["compaction"]
    assert (results.frame["compaction.bound"] <= machines).all()
    snapshots = [compaction(snapshot(generate(pods=40, nodes=4, seed=seed)), "best_fit", seed=seed) for seed in (0, 1)]
    assert machines[results.frame["scheduler"] == "best_fit"].tolist() == [found.machines for found in snapshots]
    assert {"compaction", "compaction.median"} <= set(results.comparison.metrics)
    plain = suite(tmp_path).run(workers=1, out=tmp_path / "out")
    assert "compaction" not in plain.frame


def test_warm_up_is_cut_from_the_summary_and_not_from_the_run(tmp_path):
    whole = suite(tmp_path).run(workers=1, out=tmp_path / "out")
    trimmed = suite(tmp_path, SMALL + "warmup: 12h").run(workers=1, out=tmp_path / "out")
    assert all(outcome.reused for outcome in trimmed.outcomes)
    assert (trimmed.frame["util.cpu"] != whole.frame["util.cpu"]).all()


def test_a_damaged_trace_fails_its_runs_and_the_rest_goes_on(tmp_path):
    folder = tmp_path / "kept"
    write_trace(generate(pods=40, nodes=4), folder)
    (folder / "pods.parquet").write_bytes(b"PAR1 broken PAR1")
    text = SMALL.replace("traces:", f"traces:\n  - {{trace: {folder}}}")
    results = suite(tmp_path, text).run(workers=1, out=tmp_path / "out")
    assert [bool(outcome.error) for outcome in results.outcomes] == [True, True, False, False, False, False]
    assert "pods.parquet" in results.outcomes[0].error


def test_a_damaged_stored_run_is_named(tmp_path):
    first = suite(tmp_path).run(workers=1, out=tmp_path / "out")
    key = first.outcomes[0].key
    (tmp_path / "out" / "runs" / key / "samples.parquet").write_bytes(b"PAR1")
    (tmp_path / "out" / "runs" / key / "summary.json").write_text("{")
    again = suite(tmp_path).run(workers=1, out=tmp_path / "out")
    assert [bool(outcome.error) for outcome in again.outcomes] == [True, False, False, False]
    assert "samples.parquet: this is no table of a run" in again.outcomes[0].error
    assert "make the run again" in again.outcomes[0].error
    assert suite(tmp_path).run(workers=1, out=tmp_path / "out", fresh=True).failed == []


HUNGRY = """
from schedlab import score
import numpy as np

@score
def hungry(pod, nodes):
    kept = np.ones(1 << 29)
    return nodes.rank + kept[0]
"""


def test_a_run_that_exceeds_its_memory_is_one_row_with_its_reason(tmp_path):
    (tmp_path / "my.py").write_text(HUNGRY)
    text = SMALL.replace("replicates: 2", "replicates: 1\nmemory: 2Gi")
    results = suite(tmp_path, text, best_fit=f'"{tmp_path}/my.py:hungry", worst_fit').run(2, out=tmp_path / "out")
    assert [bool(outcome.error) for outcome in results.outcomes] == [False, True, False]
    assert results.outcomes[1].error.startswith("the run exceeded its memory of 2,048 MiB: plug-in hungry")


def test_a_limit_below_what_a_process_takes_is_no_damaged_file(tmp_path):
    text = SMALL.replace("replicates: 2", "replicates: 1\nmemory: 50Mi")
    results = suite(tmp_path, text).run(2, out=tmp_path / "out")
    assert all(outcome.error.startswith("the run exceeded its memory of 50 MiB") for outcome in results.outcomes)


def test_a_filtered_suite_leaves_the_whole_ones_page_alone(tmp_path):
    whole = suite(tmp_path).run(workers=1, out=tmp_path / "out")
    kept = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()}
    part = suite(tmp_path, SMALL + "compare: {baselines: [kubernetes]}").run(1, tmp_path / "out", only=["best_fit"])
    assert part.report.name == "filtered.html"
    assert len(part.comparison.verdicts) == 0
    assert part.notes == [
        "2 of the suite's 4 runs, filtered", "no run of baseline kubernetes is here; compared with best_fit"
    ]  # fmt: skip
    assert {name: (tmp_path / "out" / name).read_bytes() for name in kept} == kept
    assert whole.report.is_file()


def test_windows_beyond_the_trace_are_named_and_the_others_run_and_are_estimated(tmp_path):
    text = SMALL.replace("replicates: 2", "replicates: {windows: 5, length: 6h}")
    expected = suite(tmp_path, text).preview(tmp_path / "out")
    assert expected.table["runs"].tolist() == [4, 4]
    assert len(expected.problems) == 1
    results = suite(tmp_path, text).run(workers=1, out=tmp_path / "out")
    assert [outcome.task.replicate for outcome in results.failed] == [4, 4]


def test_a_preview_says_what_would_run_and_writes_nothing(tmp_path):
    chosen = suite(tmp_path)
    before = chosen.preview(tmp_path / "out").table
    assert not (tmp_path / "out").exists()
    assert before[["scheduler", "runs", "stored"]].to_numpy().tolist() == [["kubernetes", 2, 0], ["best_fit", 2, 0]]
    assert (before["seconds"] > 0).all()
    chosen.run(workers=1, out=tmp_path / "out", only=["scheduler=best_fit"])
    after = chosen.preview(tmp_path / "out")
    assert after.table["stored"].tolist() == [0, 2]
    assert after.table["seconds"].iloc[1] == 0


def test_tie_seeds_are_reported_apart(tmp_path):
    text = SMALL.replace("[kubernetes, best_fit]", "[best_fit, random]") + "tie_seeds: 3"
    results = suite(tmp_path, text).run(workers=1, out=tmp_path / "out")
    assert len(results.outcomes) == 12
    alone = suite(tmp_path, text.replace("tie_seeds: 3", "")).run(workers=1, out=tmp_path / "out")
    assert all(outcome.reused for outcome in alone.outcomes)
    assert results.comparison.to_frame().equals(alone.comparison.to_frame())
    assert {each.scheduler for each in results.comparison.ties} == {"best_fit", "random"}
    assert alone.comparison.ties == ()
