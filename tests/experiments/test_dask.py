"""A suite on a Dask cluster: a scheduler and two worker processes on the loopback, one of them killed."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from schedlab.errors import InputError
from schedlab.experiments import Suite
from schedlab.experiments.execution import executor_of
from schedlab.experiments.store import Store

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
SUITE = """
name: small
traces: [{trace: generated, options: {pods: 1500, nodes: 40}}]
schedulers: [kubernetes, best_fit, random]
replicates: 4
"""
PLAIN = ["--no-dashboard", "--host", "127.0.0.1"]


def start(*words):
    command = [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]]
    return subprocess.Popen(command, env=ENV, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """The address of a Dask scheduler with two workers, and the workers."""
    monkeypatch.chdir(tmp_path)
    scheduler = start("dask_scheduler", "--port", "0", *PLAIN)
    address = next(found[0] for line in scheduler.stderr if (found := re.search(r"tcp://127\.0\.0\.1:\d+", line)))
    workers = [start("dask_worker", address, "--nthreads", "1", "--no-nanny", *PLAIN) for _ in range(2)]
    for worker in workers:
        next(line for line in worker.stderr if "Registered to" in line)
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_killed_worker_loses_nothing_and_doubles_nothing(cluster, tmp_path):
    address, workers = cluster
    (tmp_path / "small.yaml").write_text(SUITE)
    suite = Suite.from_file("small.yaml")
    store, killed = Store(tmp_path / "there"), []

    def kill_one(done, total, running):
        if done >= 2 and running and not killed:
            killed.append(time.monotonic())
            os.kill(workers[0].pid, signal.SIGKILL)

    with executor_of(f"dask:{address}") as (executor, threads):
        assert threads == 2
        results = suite.run(threads, tmp_path / "there", executor=executor, progress=kill_one)
    assert killed
    assert results.failed == []
    assert len(results.outcomes) == len({outcome.task for outcome in results.outcomes}) == 12
    assert list(store) == sorted(outcome.key for outcome in results.outcomes)
    here = suite.run(1, tmp_path / "here")
    assert [outcome.key for outcome in here.outcomes] == [outcome.key for outcome in results.outcomes]
    hashes = [[outcome.manifest["decision_hash"] for outcome in each.outcomes] for each in (here, results)]
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("threads", "there is no executor 'threads'; write processes or dask:ADDRESS"),
        ("dask:", "there is no executor 'dask:'"),
        ("dask:nowhere", "no Dask scheduler answers at 'nowhere'"),
    ],
)
def test_what_is_no_executor_is_refused(name, told, monkeypatch):
    monkeypatch.setattr("schedlab.experiments.execution.executors.SECONDS", 0.2)
    with pytest.raises(InputError, match=re.escape(told)), executor_of(name):
        pass
