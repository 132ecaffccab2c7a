"""The same seed gives the same bits; another policy seed meets the same world."""

import hashlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from worlds import node, play, pod

from schedlab import generate, replay

OPTIONS = {"pods": 250, "nodes": 6, "load": 1.1, "growth": 0.7, "seed": 5}
SCHEDULERS = ("kubernetes", "random", "data_locality:2+best_fit", "round_robin")


def fingerprint(run):
    """The decision hash, and a hash of every table."""
    tables = {
        name: hashlib.sha256(table.to_pandas().to_csv().encode()).hexdigest() for name, table in run.tables.items()
    }
    return [run.manifest["decision_hash"], tables, run.manifest["workload"]["digest"], run.manifest["profile"]]


@pytest.fixture(scope="module")
def workload():
    return generate(**OPTIONS)


@pytest.fixture(scope="module")
def here(workload):
    return {name: fingerprint(replay(workload, name, seed=3, ties="random")) for name in SCHEDULERS}


def test_a_second_replay_in_this_process_is_the_same(here):
    again = generate(**OPTIONS)
    assert {name: fingerprint(replay(again, name, seed=3, ties="random")) for name in SCHEDULERS} == here
    assert len({hashes[0] for hashes in here.values()}) == len(SCHEDULERS)


def test_another_process_with_another_hash_seed_gives_the_same(here, request):
    script = (
        "import json, sys; from test_determinism import *\n"
        "w = generate(**OPTIONS)\n"
        "print(json.dumps({s: fingerprint(replay(w, s, seed=3, ties='random')) for s in SCHEDULERS}))"
    )
    folders = [str(request.path.parent), str(request.path.parents[1])]
    environment = os.environ | {"PYTHONHASHSEED": "12345", "PYTHONPATH": os.pathsep.join(folders)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == here


def test_all_of_a_run_is_fixed_but_its_timings(workload):
    first, second = (replay(workload, "best_fit", seed=1) for _ in range(2))
    assert all(first.tables[name].equals(second.tables[name]) for name in first.tables)
    assert first.manifest.keys() == second.manifest.keys()
    differ = {key for key in first.manifest if first.manifest[key] != second.manifest[key]}
    assert differ <= {"timings"}
    assert first.manifest["timings"]["decisions"] == second.manifest["timings"]["decisions"]


@pytest.mark.parametrize(
    ("scheduler", "ties"), [("random", "rank"), ("power_of_two", "rank"), ("kubernetes", "random")]
)
def test_the_seed_changes_the_policys_draws_and_nothing_of_the_world(scheduler, ties):
    workload = generate(pods=200, nodes=12, load=0.3, growth=0.0, datasets=0, seed=1)  # so little that nobody waits
    one, two = (replay(workload, scheduler, seed=seed, ties=ties) for seed in (1, 2))
    assert one.manifest["decision_hash"] != two.manifest["decision_hash"]
    assert (one.pods["node"].to_numpy() != two.pods["node"].to_numpy()).mean() > 0.3
    same = ["pod", "name", "attempt", "template", "priority", "submit", "queued", "bound", "started", "finished"]
    assert one.pods[same].equals(two.pods[same])
    for column in ("usage.cpu", "usage.memory", "used.cpu", "running", "pending"):
        np.testing.assert_allclose(one.samples[column], two.samples[column], rtol=1e-9)


def test_a_policy_that_draws_nothing_does_not_depend_on_the_seed(workload):
    assert len({replay(workload, "best_fit", seed=seed).manifest["decision_hash"] for seed in range(3)}) == 1


def test_a_pods_draw_does_not_depend_on_who_came_before():
    nodes = [node(f"n{i}") for i in range(8)]
    pods = [pod(f"p{i}", i, 100) for i in range(20)]
    plain = play(nodes, pods, scheduler="random").pods["node"]
    events = [(9.5, "cordon", "n7")]
    other = play(nodes, [pods[0]._replace(duration=1), *pods[1:]], events, scheduler="random").pods["node"]
    assert "n7" in set(plain[10:])
    assert all(there == here or here == "n7" for here, there in zip(plain, other, strict=True))


def test_the_decision_hash_covers_time_pod_attempt_node_verb_and_reason(workload):
    run = replay(workload, "best_fit")
    digest = hashlib.sha256()
    for row in run.tables["decisions"].to_pylist():
        text = " ".join(str(row[name]) for name in ("time", "pod", "attempt", "node", "verb", "reason"))
        digest.update(f"{text}\n".encode())
    assert run.manifest["decision_hash"] == digest.hexdigest()
    assert set(run.decisions["verb"]) == {"bind", "wait", "evict"}


def test_one_other_decision_gives_another_hash():
    nodes = [node("n0"), node("n1")]
    rest = [pod("b", 2, 5, cpu=600), pod("c", 3, 5, cpu=600)]
    variants = [
        play(nodes, [pod("a", 1, 5, cpu=600), *rest]),
        play(nodes, [pod("a", 1.000001, 5, cpu=600), *rest]),  # another time
        play(nodes[::-1], [pod("a", 1, 5, cpu=600), *rest]),  # other nodes
        play(nodes, [pod("a", 1, 5, cpu=600), rest[0], pod("c", 3, 5, cpu=600, memory=2**40)]),  # another reason
        play(nodes, [pod("a", 1, 5, cpu=600), *rest], until=5),  # one fewer
    ]
    assert len({run.manifest["decision_hash"] for run in variants}) == len(variants)
    renamed = play(nodes, [pod("other", 1, 5, cpu=600), *rest])
    assert renamed.manifest["decision_hash"] == variants[0].manifest["decision_hash"]  # a pod is its row
