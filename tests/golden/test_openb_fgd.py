"""The published study on openb (Weng et al., ATC 2023): its classes, its measure, its decisions and its curves."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import schedlab as sl
from schedlab.cluster.derived import fragmentation as measure
from schedlab.cluster.derived.typical import Demands, Typical, typical_of
from schedlab.plugins.packing import fgd
from schedlab.workload.loaders.openb.files import MODEL, pod_file, read_nodes, read_pods
from schedlab.workload.tables.nodes import node
from schedlab.workload.tables.table import required_table

if TYPE_CHECKING:
    from types import ModuleType

GPU, MILLI = "nvidia.com/gpu", "nvidia.com/gpu-milli"
WORKLOADS = [
    "default", "cpu050", "cpu100", "cpu250", "gpushare40", "gpushare60", "gpushare100",
    "gpuspec10", "gpuspec20", "gpuspec25", "multigpu20", "multigpu30", "multigpu50",
]  # fmt: skip
EXACT = ("DotProd", "GpuClustering", "GpuPacking", "BestFit", "FGD")


@pytest.fixture(scope="module")
def openb(data: Path) -> Path:
    return data / "traces" / "openb"


@pytest.fixture(scope="module")
def reference(data: Path) -> Path:
    return data / "reference" / "openb-fgd"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "openb_fgd.py"
    spec = importlib.util.spec_from_file_location("openb_fgd", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["openb_fgd"] = module
    spec.loader.exec_module(module)
    return module


def classes_of(openb: Path, workload: str) -> tuple[Typical, ...]:
    nodes = read_nodes(required_table(openb, "openb_node_list_gpu_node"))
    pods = read_pods(pod_file(openb, workload), nodes)
    return typical_of(pods.templates, np.bincount(pods.template))


@pytest.mark.parametrize("workload", WORKLOADS)
def test_typical_classes_bit_for_bit(openb: Path, reference: Path, workload: str) -> None:
    with (reference / "typical_classes.csv").open() as file:
        listed = [row for row in csv.DictReader(file) if row["workload"] == workload]
    numbers = ("cpu_milli", "gpu_milli", "num_gpu")
    expected = [(*(int(row[name]) for name in numbers), row["gpu_spec"], float(row["weight"])) for row in listed]
    found = classes_of(openb, workload)
    assert expected == [(each.cpu, each.milli, each.devices, "|".join(each.values), each.weight) for each in found]


def test_states_of_nodes_with_their_buckets_and_scores(openb: Path, reference: Path) -> None:
    with (reference / "golden" / "frag_cases_default.csv").open() as file:
        cases = list(csv.DictReader(file))
    rooms = [[int(left) for left in case["gpu_left_milli"].split("-")] for case in cases]
    nodes = [
        node(f"n{i}", {"cpu": 10**6, GPU: len(room), MILLI: 1000 * len(room)}, {MODEL: case["model"]})
        for i, (case, room) in enumerate(zip(cases, rooms, strict=True))
    ]
    cluster = sl.Cluster(nodes)
    for i, (case, room) in enumerate(zip(cases, rooms, strict=True)):
        cluster.nodes.used[0, i] = 10**6 - int(case["cpu_left_milli"])
        cluster.nodes.devices[: len(room), i] = [1000 - left for left in room]
    demands = Demands(classes_of(openb, "default"))
    view: Any = sl.ClusterView(cluster).nodes("node")
    state = measure.state(measure.cpu_of(view), measure.room_of(view), None, demands)
    found = {
        name: np.broadcast_to(each, len(cases)) for name, each in measure.buckets(state, demands)._asdict().items()
    }
    found["F"] = measure.fragmentation(view, demands)
    for name, amounts in found.items():
        assert amounts.tolist() == pytest.approx([float(case[name]) for case in cases], abs=1e-6), name
    assert (state.room - found["F"]).tolist() == pytest.approx([float(case["q3"]) for case in cases], abs=2e-6)
    for column in (name for name in cases[0] if name.startswith("fgd_")):
        cpu, shape = column.removeprefix("fgd_").split("m_")
        count, milli = map(int, shape.split("x"))
        function = fgd.by_device if count == 1 and milli < 1000 else fgd.by_node
        scores = np.trunc(function(view, demands, float(cpu), float(count), float(milli)))
        for i, case in enumerate(cases):
            score, _, device = case[column].partition("@")
            if score:
                assert scores[..., i].max() == int(score)
                assert not device or scores[:, i].argmax() == int(device)


@pytest.mark.parametrize("policy", ["FGD", "BestFit", "DotProd"])
def test_every_decision_of_a_run_of_the_authors_program(
    benchmark: ModuleType, reference: Path, tmp_path: Path, policy: str
) -> None:
    out, decisions = tmp_path / "curves.csv", tmp_path / "decisions.csv"
    words = ["--policy", policy, "--seed", "42", "--out", str(out), "--decisions", str(decisions)]
    assert benchmark.main(words) == 0
    with gzip.open(reference / "golden" / f"default_seed42_{policy}.csv.gz", "rt") as file:
        assert decisions.read_text() == file.read().replace("pod_row", "csv_row", 1)
    assert differences(reference, pd.read_csv(out), "default", policy, 42) == [0, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("policy", EXACT)
def test_published_curves(benchmark: ModuleType, reference: Path, policy: str, workload: str) -> None:
    seed = 42 + WORKLOADS.index(workload) % 10
    given = benchmark.arguments(["--workload", workload, "--policy", policy, "--seed", str(seed)])
    arrivals, _, profile = benchmark.load(given)
    curves = benchmark.study(arrivals, profile, seed).curves()
    assert differences(reference, curves, workload, policy, seed) == [0, 0, 0]


@pytest.mark.slow
def test_random_is_as_good_as_published(benchmark: ModuleType, reference: Path) -> None:
    found = []
    for seed in range(42, 52):
        arrivals, _, profile = benchmark.load(benchmark.arguments(["--policy", "Random", "--seed", str(seed)]))
        found.append(benchmark.study(arrivals, profile, seed).curves()["alloc_pct"][[100, 130]])
    table = pd.read_csv(reference / "summary.csv").set_index(["workload", "policy"]).loc[("default", "Random")]
    for at in (100, 130):
        mean = np.mean([each[at] for each in found])
        assert abs(mean - table[f"alloc_{at}_mean"]) < 1.3 * table[f"alloc_{at}_sd"]


def test_a_replay_makes_the_same_decisions(reference: Path) -> None:
    workload = sl.load_trace("openb", sequence="reference", seed=42)
    run = sl.replay(workload, "gpu_best_fit", until=3000 * 10**6)
    bound = run.decisions[run.decisions["verb"] == "bind"].set_index("pod")
    with gzip.open(reference / "golden" / "default_seed42_BestFit.csv.gz", "rt") as file:
        expected = [row for _, row in zip(range(3001), csv.DictReader(file), strict=False)]
    assert bound["node"].tolist() == [row["node"] for row in expected]
    told = bound["devices"].fillna("").map(lambda text: "-".join(each.partition(":")[0] for each in text.split()))
    assert told.tolist() == [row["gpus"] for row in expected]


def differences(reference: Path, curves: pd.DataFrame, workload: str, policy: str, seed: int) -> list[float]:
    """The largest difference of each curve, to as many digits as were published."""
    found = []
    for name in ("alloc", "frag_amount", "frag_ratio"):
        table = pd.read_csv(reference / f"curve_{name}.csv.gz").set_index(["workload", "policy", "seed"])
        published = table.loc[(workload, policy, seed)].to_numpy()
        found.append(float(np.abs(curves[f"{name}_pct"].to_numpy() - published).max()))
    return found
