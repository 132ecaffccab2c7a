"""The store: a run is there whole or not at all."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from handmade import made_run

from schedlab.experiments import store

KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from handmade import made_run
from schedlab.experiments import store
from schedlab.record import Run
whole = Run.save

def save(self, folder):
    whole(self, folder)
    (folder / "pods.parquet").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)

if {when!r} == "writing":
    Run.save = save
else:
    os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
store.save(made_run([{{"pod": 0}}]), Path({runs!r}), "k")
"""


@pytest.mark.parametrize("when", ["writing", "syncing"])
def test_a_killed_writer_leaves_no_visible_run(tmp_path, when):
    code = KILLED.format(tests=str(Path(__file__).parents[1]), runs=str(tmp_path), when=when)
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert ended.returncode == -9, ended.stderr
    assert store.find(tmp_path, "k") is None
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".")
    store.sweep(tmp_path)
    assert left.exists()  # someone may still be writing it
    os.utime(left, (time.time() - 2 * store.STALE_SECONDS,) * 2)
    store.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_writer_leaves_nothing(tmp_path):
    run = made_run([{"pod": 0}])
    run.manifest["profile"] = object()  # no JSON
    with pytest.raises(TypeError):
        store.save(run, tmp_path / "runs", "k")
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_saved_run_is_found_and_replaced(tmp_path):
    for pods in (1, 2):
        store.save(made_run([{"pod": i} for i in range(pods)]), tmp_path / "runs", "k")
        found = store.find(tmp_path / "runs", "k")
        assert found is not None
        assert found.manifest["pods"] == found.tables["pods"].num_rows == pods
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["k"]


def test_the_key_depends_on_every_part_and_on_nothing_else():
    base = {"workload": "d", "scheduler": "a", "seed": 0}
    keys = [store.run_key(**base | change) for change in ({}, {"workload": "e"}, {"scheduler": "b"}, {"seed": 1})]
    assert len(set(keys)) == 4
    assert store.run_key(seed=0, scheduler="a", workload="d") == keys[0]


def test_a_file_is_replaced_whole(tmp_path):
    (tmp_path / "page").write_bytes(b"old")
    store.write(tmp_path / "page", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"page": b"new"}
