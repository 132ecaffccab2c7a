"""schedlab plugins check: what it prints, and with which exit status it ends."""

import json
from pathlib import Path

import pytest

from schedlab.cli import main

PLUGINS = """
from dataclasses import dataclass
import numpy as np
from schedlab import score

@score(scope="node")
def tightest(pod, nodes):
    return nodes.used["cpu"]

@score(scope="node")
def relative(pod, nodes):
    print("called")
    return nodes.used["cpu"] - nodes.used["cpu"].mean()

@score(scope="node")
def broken(pod, nodes):
    raise ValueError("\\x1b[31mno such\\nthing")

@dataclass
class Power:
    exponent: int = 1

    @score(scope="node")
    def score(self, pod, nodes):
        return (nodes.used["cpu"] / 1000) ** float(self.exponent)
"""


@pytest.fixture(autouse=True)
def _plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.py").write_text(PLUGINS)


def test_one_that_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", "my.py:tightest"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "plug-in tightest"
    assert lines[-1] == "tightest: passes"
    assert lines[1].split() == ["ok", "calls", "48", "calls", "returned"]
    assert "FAIL" not in out
    assert [line.split()[:2] for line in lines if line.startswith("score")] == [
        ["score", "100"],
        ["score", "1,000"],
        ["score", "5,000"],
    ]
    assert err == ""


def test_one_that_does_not_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", "my.py:relative", "--json"]) == 1
    out, err = capsys.readouterr()
    report = json.loads(out)  # what the plug-in prints goes to stderr
    assert "called" in err
    assert report["ok"] is False
    assert [each["name"] for each in report["verdicts"] if not each["ok"]] == ["scope", "subset"]
    assert {each["nodes"] for each in report["timings"]} == {100, 1000, 5000}


def test_one_that_raises_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", "my.py:broken"]) == 1
    out = capsys.readouterr().out
    (line,) = (line for line in out.splitlines() if line.startswith("FAIL"))
    assert line.split()[1] == "calls"
    assert "no such thing" in line
    assert "\x1b" not in out
    assert "not tried until then: shape, dtype, finite" in out
    assert out.splitlines()[-1] == "broken: 1 of 1 checks fails"


def test_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", "my.py:Power(exponent=-1)", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in report["verdicts"] if not each["ok"]] == ["finite"]


@pytest.mark.parametrize("name", ["my.py:nothing", "none.py:x", "nothing_like_it", "best_fit+worst_fit"])
def test_what_cannot_be_loaded(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "check", name]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("schedlab: error: ")
    assert err.count("\n") == 1
