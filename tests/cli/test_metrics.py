"""``schedlab metrics``, and metrics of one's own and a warm-up in ``schedlab replay``."""

import json
from pathlib import Path

import pytest

from schedlab.cli import main
from schedlab.experiments.searches.search import searches
from schedlab.metrics import metrics, window
from schedlab.record import Run

SMALL = ["replay", "generated", "--set", "pods=40", "--set", "nodes=4"]
OWN = '''
import schedlab as sl

@sl.metric(unit="s", better="lower")
def slow_pods(run):
    """Longest time on a node."""
    return ((run.pods.finished - run.pods.bound) / 1e6).max()

@sl.metric(unit="count")
def broken(run):
    return 1 / 0
'''


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my.py").write_text(OWN)


def test_all_are_listed_with_their_definitions(capsys):
    assert main(["metrics", "--metric", "my.py:slow_pods"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    for name, item in metrics().items():
        assert name in out
        assert " ".join(item.source.split()) in out
    assert "compaction count compaction: lower" in out
    assert "slow_pods s lower Longest time on a node." in out


def test_the_list_as_json(capsys):
    assert main(["metrics", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in found] == [*metrics(), *searches()]
    assert set(found[0]) == {"name", "unit", "better", "formula", "source"}


def test_help_has_an_example(capsys):
    assert main(["metrics", "--help"]) == 0
    assert "Example: schedlab metrics" in capsys.readouterr().out


def test_ones_own_is_measured_beside_the_others(capsys):
    assert main([*SMALL, "--metric", "my.py:slow_pods", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["summary"]
    assert found["slow_pods"] > 0
    assert "util.cpu" in found
    assert main([*SMALL, "--metric", "my.py:slow_pods"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("slow_pods"))
    assert line.endswith(" s")


def test_a_warm_up_is_left_out_and_stored_with_the_run(capsys):
    assert main([*SMALL, "--warmup", "6h", "--out", "run", "--json"]) == 0
    late = json.loads(capsys.readouterr().out)["summary"]
    assert main([*SMALL, "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)["summary"]
    assert late["pods"] < whole["pods"]
    assert window(Run.load("run"))[0] == 6 * 3600 * 10**6


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["--metric", "my.py:slow"], 2, "my.py: there is no 'slow' in it; it holds slow_pods, broken"),
        (["--metric", "fairnes"], 2, "there is no metric 'fairnes'; known: fairness"),
        (["--metric", "my.py:broken"], 1, "metric broken of <Run kubernetes on generated, seed 0>: ZeroDivisionError"),
        (["--metric", "slow_pods"], 2, ", or your own as FILE.py:NAME"),
        (["--warmup", "99d"], 2, "a warm-up of 99 d; give a time from 0 to below 24 h, the end"),
        (["--warmup", "later"], 2, "--warmup: 'later' is not a time"),
        (["--warmup", "24h"], 2, "a warm-up of 24 h; give a time from 0 to below 24 h"),
    ],
)
def test_what_is_wrong_is_one_line(capsys, words, status, told):
    assert main([*SMALL, *words, "--out", "run"]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert told in printed.err
    assert Path("run").exists() == (status == 1)
