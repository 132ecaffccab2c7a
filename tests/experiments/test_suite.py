"""Suites: what a file may say, and what a run of one leaves behind."""

import json
from concurrent.futures import ThreadPoolExecutor

import pyarrow.parquet as pq
import pytest

from schedlab.errors import InputError
from schedlab.experiments import Suite
from schedlab.record import Run
from schedlab.scoring import Profile

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


def test_the_default_suite_names_known_schedulers_and_both_traces():
    default = Suite.from_file("default")
    assert [trace.trace for trace in default.traces] == ["generated", "openb"]
    assert (default.traces[0].optional, default.traces[1].optional) == (False, True)
    assert default.traces[1].options == {"load": 0.95, "pods": 4000}
    assert len(set(default.schedulers) - {"kubernetes"}) >= 8
    assert "kubernetes" in default.schedulers
    assert default.replicates == 3
    assert [Profile.of(name).name for name in default.schedulers] == list(default.schedulers)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("replicates", "replicate", "small.yaml: Object contains unknown field `replicate`"),
        ("pods: 40, nodes: 4}", "pods: 40}, weight: 2", "small.yaml, field traces[0]: Object contains unknown field"),
        ("replicates: 2", "replicates: 0", "field replicates: Expected `int` >= 1"),
        ("name: small", "name: ../up", "field name: Expected `str` matching regex"),
        ("[kubernetes, best_fit]", "[]", "field schedulers: Expected `array` of length >= 1"),
        ("[kubernetes", "[{kubernetes", "this is no YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_file_and_field(tmp_path, old, new, told):
    with pytest.raises(InputError) as refused:
        suite(tmp_path, **{old: new})
    assert told in str(refused.value)
    assert str(tmp_path / "small.yaml") in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("best_fit", "kubernetes", "scheduler 'kubernetes' occurs twice"),
        ("best_fit", "best_fitt", "best_fitt"),
        ("trace: generated", "trace: nowhere", "there is no trace 'nowhere'"),
        ("pods: 40", "podz: 40", "podz"),
    ],
)
def test_unknown_names_are_refused_before_anything_runs(tmp_path, old, new, told):
    with pytest.raises(InputError, match=told):
        suite(tmp_path, **{old: new}).run(workers=1, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_such_suite_names_the_shipped_ones():
    with pytest.raises(InputError, match="no suite 'defualt'; name a YAML file, or a shipped suite: default"):
        Suite.from_file("defualt")


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
        assert stored.manifest["seed"] == run["seed"]
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("<img") == 3
    assert seen[0][:2] == (0, 4)
    assert seen[-1] == (4, 4, [])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "runs", "report.html", "summary.parquet", "manifest.json"
    }  # fmt: skip


def test_stored_runs_are_used_again_unless_fresh(tmp_path):
    first = suite(tmp_path).run(workers=1, out=tmp_path / "out")
    again = suite(tmp_path).run(workers=1, out=tmp_path / "out")
    fresh = suite(tmp_path).run(workers=1, out=tmp_path / "out", fresh=True)
    assert [[o.reused for o in results.outcomes] for results in (first, again, fresh)] == [
        [False] * 4, [True] * 4, [False] * 4
    ]  # fmt: skip
    assert again.table.equals(first.table)
    host = ["pods_per_s"]
    assert fresh.summary.drop(columns=host).equals(first.summary.drop(columns=host))
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
    assert "0 of 1 runs" in page
    assert results.frame["error"].tolist() == ["", bad.error]


def test_a_plugin_that_kills_its_worker_loses_only_its_own_run(tmp_path):
    (tmp_path / "my.py").write_text(BROKEN)
    chosen = suite(tmp_path, best_fit=f'"{tmp_path}/my.py:dies", worst_fit', **{"replicates: 2": "replicates: 1"})
    results = chosen.run(workers=2, out=tmp_path / "out")
    assert ["died" in outcome.error for outcome in results.outcomes] == [False, True, False]
    assert [bool(outcome.error) for outcome in results.outcomes] == [False, True, False]
    visible = [path for path in (tmp_path / "out" / "runs").iterdir() if not path.name.startswith(".")]
    assert len(visible) == 2


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


FIXED = {
    "pods.csv": "name,submit,duration,cpu,memory\np,0,10,1,1Gi\nq,1,10,1,1Gi\n",
    "nodes.csv": "name,cpu,memory\na,2,4Gi\n",
}


def test_a_trace_without_a_seed_is_the_same_in_every_replicate_and_the_report_says_so(tmp_path):
    for name, text in FIXED.items():
        (tmp_path / name).write_text(text)
    results = suite(tmp_path, SMALL.replace("generated, options: {pods: 40, nodes: 4}", str(tmp_path))).run(
        workers=1, out=tmp_path / "out"
    )
    assert results.failed == []
    assert "All replicates have this one workload" in results.report.read_text()


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
    assert list(chosen.scheduler_texts) == names
    first = chosen.run(workers=1, out=tmp_path / "out")
    assert first.failed == []
    assert first.summary["scheduler"].tolist() == names
    ranks = [[score.get("args") for score in o.manifest["profile"]["scores"]] for o in first.outcomes[1:]]
    assert ranks == [[{"rank": 2}], [{"rank": 3}], [None, {"rank": 1}]]
    assert len({outcome.key for outcome in first.outcomes}) == 4
    assert all(outcome.reused for outcome in chosen.run(workers=1, out=tmp_path / "out").outcomes)
    my.write_text(RULE.replace("-abs", "abs"))
    again = chosen.run(workers=1, out=tmp_path / "out")
    assert [outcome.reused for outcome in again.outcomes] == [True, False, False, False]


@pytest.mark.parametrize(
    ("scheduler", "told"),
    [
        ('"MY:near(rank=10)"', "plug-in near, parameter rank: '10' is not allowed; write int in 0..9"),
        ("{plugin: MY:near, args: {rank: x}}", "plug-in near, parameter rank: 'x' is not allowed; write int in 0..9"),
        ("{plugin: MY:near, args: {rnk: 1}}", "plug-in near has no parameter 'rnk'; known: rank"),
        ('"MY:near(rank=2)", {plugin: MY:near, args: {rank: 2}}', "near\\(rank=2\\)' occurs twice"),
        ("{plugin: MY:near, weights: 2}", "Object contains unknown field `weights`"),
        ("{plugin: MY:near, weight: 0}", "weight '0' of .*near; write a positive number"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(tmp_path, scheduler, told):
    my = tmp_path / "my.py"
    my.write_text(RULE)
    with pytest.raises(InputError, match=told):
        suite(tmp_path, best_fit=scheduler.replace("MY", str(my))).run(workers=1, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
