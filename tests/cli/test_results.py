"""``schedlab results`` and ``schedlab report``: what is stored is listed, shown, removed and exported."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from schedlab.cli import main

SUITE = """
name: small
traces: [{trace: generated, name: g, options: {pods: 40, nodes: 4}}]
schedulers: [kubernetes, best_fit]
replicates: 2
compare: {metrics: [pending, util.cpu]}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    """A folder in which the suite has run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SUITE)
    assert main(["bench", "small.yaml", "--workers", "1"]) == 0
    capsys.readouterr()
    return tmp_path


def keys(folder):
    return sorted(path.name for path in (folder / "results" / "small" / "runs").iterdir())


def test_suites_and_runs_are_listed(folder, capsys):
    assert main(["results", "list"]) == 0
    assert "results/small" in capsys.readouterr().out
    assert main(["results", "list", "--runs"]) == 0
    out = capsys.readouterr().out
    assert all(key in out for key in keys(folder))
    assert out.count("this version") == 4
    assert main(["results", "list", "results/small", "--json"]) == 0
    (rows,) = json.loads(capsys.readouterr().out).values()
    assert [(row["trace"], row["stale"]) for row in rows] == [("g", False)] * 4


def test_a_run_is_shown_by_the_beginning_of_its_key_or_by_its_folder(folder, capsys):
    key = keys(folder)[0]
    assert main(["results", "show", key[:8]]) == 0
    by_key = capsys.readouterr().out
    assert key in by_key
    assert "util.cpu" in by_key
    assert main(["results", "show", f"results/small/runs/{key}"]) == 0
    assert capsys.readouterr().out == by_key
    assert main(["results", "show", ""]) == 2
    assert "4 stored runs have a key that begins with ''" in capsys.readouterr().err
    assert main(["results", "show", "zz"]) == 2
    assert "no stored runs" in capsys.readouterr().err


def test_a_run_of_two_suites_is_named_by_its_folder(folder, capsys):
    key = keys(folder)[0]
    shutil.copytree(folder / "results" / "small", folder / "results" / "twin")
    for command in ("show", "rm"):
        assert main(["results", command, key]) == 2
        told = f"run {key} is in results/small and in results/twin; give its folder, or --in results/small"
        assert told in capsys.readouterr().err
    assert main(["results", "show", key, "--in", "results/twin"]) == 0


def test_a_report_of_several_suites_names_them(folder, capsys):
    shutil.copytree(folder / "results" / "small", folder / "results" / "twin")
    assert main(["report", "results"]) == 2
    told = "results: these are results of several suites; name one: results/small, results/twin"
    assert capsys.readouterr().err == f"schedlab: error: {told}\n"
    assert main(["report", "nowhere"]) == 2
    assert "there is no folder nowhere; name one that" in capsys.readouterr().err


def test_runs_are_removed_by_key_or_because_another_version_made_them(folder, capsys):
    first, second, *others = keys(folder)
    assert main(["results", "rm"]) == 2
    assert main(["results", "rm", first]) == 0
    assert capsys.readouterr().out == "removed: 1 run(s)\n"
    manifest = folder / "results" / "small" / "runs" / second / "manifest.json"
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(told | {"identity": {"code": "older"}}))
    assert main(["results", "list", "--runs"]) == 0
    assert capsys.readouterr().out.count("another version") == 1
    assert main(["results", "rm", "--stale"]) == 0
    assert keys(folder) == others
    assert main(["report", "results/small"]) == 0
    assert main(["bench", "small.yaml", "--workers", "1"]) == 0
    assert "2 of 4 runs were stored already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "read"), [("r.csv", pd.read_csv), ("r.parquet", pd.read_parquet), ("r.json", pd.read_json)]
)
def test_all_runs_are_exported_as_one_table(folder, name, read, capsys):
    assert main(["results", "export", name]) == 0
    frame = read(name)
    assert sorted(frame["run"]) == keys(folder)
    assert frame["util.cpu"].between(0, 1).all()
    assert main(["results", "export", "r.xls"]) == 2
    assert "name a file that ends in .csv, .parquet, .json" in capsys.readouterr().err


def test_where_nothing_is_stored_that_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words in (["results", "list"], ["results", "export", "x.csv"], ["report", "results/none"]):
        assert main(words) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_report_is_written_again_with_other_choices(folder, capsys):
    page = folder / "results" / "small" / "report.html"
    page.unlink()
    assert main(["report", "results/small", "--pareto", "util.cpu,pending", "--baseline", "best_fit"]) == 0
    assert page.is_file()
    assert main(["report", "results/small", "--out", "other.html"]) == 0
    assert Path("other.html").is_file()
    assert main(["report", "results/small", "--pareto", "util.cpu"]) == 2
    assert "give two metrics" in capsys.readouterr().err
    assert main(["report", "results/small", "--pareto", "util.cpu,pendin"]) == 2
    assert "there is no metric 'pendin'; known: pending" in capsys.readouterr().err
    assert main(["report", "results/small", "--baseline", "foo"]) == 2
    assert "--baseline 'foo' is no scheduler of these results; known: best_fit, kubernetes" in capsys.readouterr().err


def test_bench_goes_on_without_what_is_wrong_and_ends_with_1(folder, capsys):
    (folder / "small.yaml").write_text(SUITE.replace("best_fit", "best_fit, best_fitt").replace("[pend", "[wat, pend"))
    assert main(["bench", "small.yaml", "--workers", "1"]) == 1
    printed = capsys.readouterr()
    assert "scheduler 'best_fitt' was skipped" in printed.err
    assert "there is no metric 'wat'; known: " in printed.err
    assert "report: results/small/report.html" in printed.out
    assert printed.err.count("'wat'") == 1
    assert main(["report", "results/small"]) == 1
    again = capsys.readouterr()
    assert again.out == "report: results/small/report.html\n"
    assert sorted(again.err.splitlines()) == sorted(line for line in printed.err.splitlines() if "error" in line)
    assert main(["bench", "small.yaml", "--dry-run"]) == 1
    printed = capsys.readouterr()
    assert "best_fitt" in printed.err
    assert "What would run: 4 runs" in printed.out


def test_bench_filters_and_says_what_does_not_match(folder, capsys):
    assert main(["bench", "small.yaml", "--filter", "scheduler=best*", "--filter", "replicate=1", "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert [(run["scheduler"], run["replicate"]) for run in runs] == [("best_fit", 1)]
    assert main(["bench", "small.yaml", "--filter", "trace=nope"]) == 2
    assert "no run matches 'trace=nope'" in capsys.readouterr().err
