"""SUITES.md: its example uses every field of a suite file, and runs."""

import re
from pathlib import Path

import msgspec
import pytest
import yaml

import schedlab.experiments
from schedlab.cli import main
from schedlab.experiments import Suite
from schedlab.experiments.grid.contender import Scheduler
from schedlab.experiments.grid.grid import Exclusion
from schedlab.experiments.grid.replicates import Replicates
from schedlab.experiments.grid.trace import Trace
from schedlab.experiments.grid.written import Comparing, Written

TEXT = (Path(schedlab.experiments.__file__).with_name("SUITES.md")).read_text()
FILES = dict(zip(("suite.yaml", "contenders.yaml"), re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL), strict=True))
OWN = '''
from schedlab import metric, score

@score(scope="node")
def tightest(pod, nodes):
    return nodes.used["cpu"]

@metric(unit="s", better="lower")
def slow_pods(run):
    """Longest time on a node."""
    return ((run.pods.finished - run.pods.bound) / 1e6).max()
'''
CONFIG = """
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles: [{schedulerName: default-scheduler}, {schedulerName: other}]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder other than the current one, with the example and the files that it names."""
    place = tmp_path / "suites"
    place.mkdir()
    for name, text in (FILES | {"my.py": OWN, "scheduler.yaml": CONFIG}).items():
        (place / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return place


def test_the_example_stands_for_runs_and_nothing_is_wrong_in_it(folder):
    filled = Suite.from_file(folder / "suite.yaml").filled()
    assert filled.problems == []
    assert [note.split(",")[0].partition(" was ")[0] for note in filled.notes] == ["far"]
    runs = {(task.trace, task.contender.name) for task in filled.tasks}
    for trace in ("tiny", "drawn at 0.8", "drawn at 0.95", "hours", "tenants"):
        for scheduler in ("kubernetes", "my.py:tightest", "data times 2", "data times 5", "configured", "in place"):
            assert (trace, scheduler) in runs
    assert ("hours", "worst_fit") not in runs
    assert {("tiny", "worst_fit"), ("tiny", "random")} <= runs
    assert [task.replicate for task in filled.tasks if (task.trace, task.tie) == ("hours", 1)][-1] == 2


def test_the_example_is_previewed_by_the_command(folder, capsys):
    assert main(["bench", str(folder / "suite.yaml"), "--dry-run"]) == 0
    printed = capsys.readouterr()
    assert "What would run: " in printed.out
    assert "data times 5" in printed.out


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (Written, lambda suite: [suite]),
        (Comparing, lambda suite: [suite["compare"]]),
        (Trace, lambda suite: mappings(suite["traces"])),
        (Scheduler, lambda suite: mappings(suite["schedulers"])),
        (Exclusion, lambda suite: suite["exclude"]),
        (Replicates, lambda suite: [each["replicates"] for each in mappings(suite["traces"]) if "replicates" in each]),
    ],
)
def test_the_example_uses_every_field(kind, where):
    used = {name for each in where(yaml.safe_load(FILES["suite.yaml"])) for name in each}
    assert used == {field.encode_name for field in msgspec.structs.fields(kind)}


def mappings(entries):
    return [each for each in entries if isinstance(each, dict)]
