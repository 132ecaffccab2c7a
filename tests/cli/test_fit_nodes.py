"""``schedlab fit-nodes``: how many nodes of a type."""

import json
from pathlib import Path

import pytest

from schedlab.cli import main

WORDS = ["fit-nodes", "trace", "--node"]


@pytest.fixture(autouse=True)
def trace(tmp_path, monkeypatch):
    """A folder with ten pods of 300m, of which eight run at 30 s."""
    monkeypatch.chdir(tmp_path)
    Path("trace").mkdir()
    rows = [f"p{i},{0 if i < 8 else 60},50s,300m,1Gi" for i in range(10)]
    Path("trace/pods.csv").write_text("\n".join(["name,submit,duration,cpu,memory", *rows]) + "\n")
    Path("trace/nodes.csv").write_text("name,cpu,memory\nn1,1,4Gi\n")


def test_it_prints_the_number_and_the_bound(capsys):
    assert main([*WORDS, "cpu=1,memory=8Gi", "--at", "30s"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = [" ".join(line.split()) for line in printed.out.splitlines()]
    assert lines[0] == "trace: 8 pods at 0.0 h, on nodes of cpu=1,memory=8Gi, by best_fit"
    assert "nodes needed 3 the 90th percentile of 11 trials (50 %: 3, 90 %: 3, 100 %: 3)" in lines
    assert "at least 3 no scheduler can do with fewer: cpu" in lines


def test_it_prints_json(capsys):
    assert main([*WORDS, "cpu=10,memory=2Gi", "--trials", "2", "--scheduler", "first_fit", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "trace": "trace", "at_s": 0.0, "node": "cpu=10,memory=2Gi", "scheduler": "first_fit", "pods": 8,
        "trials": [4, 4], "nodes": 4, "percentiles": {"50": 4, "90": 4, "100": 4}, "bound": 4, "bound_by": "memory",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["cpu=200m,memory=1Gi"], "pod 'p0' requests cpu=300m, which a node of this type cannot hold, even empty"),
        (["cpu=1,memory=1"], "pod 'p0' requests memory=1Gi, which a node of this type cannot hold, even empty"),
        (["cpu=200m,memory=1Gi"], "let a share of the pods stay pending (--pending 0.002)"),
        (["cpu=1,memory=1Gi", "--at", "99d"], "no pod of 'trace' runs at 99 d; give another time"),
        (["cpu=1"], "node type 'cpu=1' lacks memory"),
        (["cpu=1,memory=1Gi", "--at", "2h"], "no pod of 'trace' runs at 2 h; give another time"),
        (["cpu=1,memory=1Gi", "--at", "noon"], "--at: 'noon' is not a time"),
        (["cpu=1,memory=1Gi", "--pending", "1"], "a share of 1 of the pods may stay pending; give a number from 0"),
        (["cpu=1,memory=1Gi", "--scheduler", "best"], "there is no plug-in 'best'"),
        (["cpu=1,memory=1Gi", "--trials", "0"], "--trials"),
    ],
)
def test_what_is_refused_is_one_line_and_status_2(capsys, words, told):
    assert main([*WORDS, *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert told in printed.err
