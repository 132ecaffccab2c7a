"""openb: the GPU cluster on its own timestamps and resampled to a stated load."""

import csv
import gzip
from pathlib import Path

import msgspec
import numpy as np
import pytest

from schedlab.errors import InputError
from schedlab.objects import pod_limits, pod_requests
from schedlab.workload import load_trace

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
GPU, MILLI = "nvidia.com/gpu", "nvidia.com/gpu-milli"


@pytest.fixture(scope="module")
def openb(data: Path) -> Path:
    return data / "traces" / "openb"


@pytest.fixture(scope="module")
def rows(openb: Path) -> list[dict[str, str]]:
    with gzip.open(openb / "openb_pod_list_default.csv.gz", "rt") as file:
        return list(csv.DictReader(file))


def test_the_cluster(openb: Path) -> None:
    nodes = load_trace(openb).nodes
    assert len(nodes) == 1523
    totals = {name: sum(node.status.allocatable[name].value() for node in nodes) for name in ("cpu", "memory", "pods")}
    assert totals == {"cpu": 107_018 + 18_496, "memory": totals["memory"], "pods": 1523 * 1001}
    with_gpu = [node for node in nodes if GPU in node.status.allocatable]
    assert len(with_gpu) == 1213 == sum("gpu-model" in node.metadata.labels for node in nodes)
    assert sum(node.status.allocatable[GPU].value() for node in with_gpu) == 6212
    assert sum(node.status.allocatable[MILLI].value() for node in with_gpu) == 6_212_000


def test_own_timestamps_row_by_row(openb: Path, rows: list[dict[str, str]]) -> None:
    workload = load_trace(openb)
    assert workload.horizon is None
    assert workload.pods.names == [row["name"] for row in rows]  # the file is in creation order
    for pod in range(0, len(rows), 97):
        row, template = rows[pod], workload.templates[workload.pods.template[pod]]
        assert workload.pods.submit[pod] == 10**6 * int(row["creation_time"])
        began = int(row["scheduled_time"] or row["creation_time"])
        assert workload.pods.duration[pod] == max(1, 10**6 * (int(row["deletion_time"]) - began))
        count, milli = int(row["num_gpu"]), int(row["gpu_milli"])
        asked = {"cpu": int(row["cpu_milli"]), "memory": 2**20 * int(row["memory_mib"])}
        asked |= {GPU: count if milli == 1000 else 0, MILLI: count * milli}
        assert pod_requests(template) == {name: amount for name, amount in asked.items() if amount}
        assert pod_limits(template) == pod_requests(template)
        assert template.metadata.labels == {"qos": row["qos"]}


def test_gpu_models_become_required_node_affinity(openb: Path) -> None:
    workload = load_trace(openb, variant="gpuspec33")
    with_models = [pod for pod in workload.templates if pod.spec.affinity]
    count = np.bincount(workload.pods.template, minlength=len(workload.templates))
    assert sum(int(n) for pod, n in zip(workload.templates, count, strict=True) if pod.spec.affinity) == 2388
    for pod in with_models:
        (term,) = msgspec.to_builtins(pod.spec.affinity)["nodeAffinity"][REQUIRED]["nodeSelectorTerms"]
        (rule,) = term["matchExpressions"]
        assert (rule["key"], rule["operator"]) == ("gpu-model", "In")
        assert rule["values"] != []
    # a list that names a model twice is a class of its own
    assert {("V100M16", "V100M32"), ("V100M16", "V100M32", "V100M32")} <= {
        tuple(pod.spec.affinity.node_affinity.required.node_selector_terms[0].match_expressions[0].values)
        for pod in with_models
    }


@pytest.mark.parametrize("load", [0.5, 0.95, 1.2])
@pytest.mark.parametrize("options", [{}, {"pods": 20}, {"pods": 1000}, {"max_duration": "1h"}])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_load_asked_is_reached(openb: Path, load: float, options: dict[str, object], seed: int) -> None:
    report = load_trace(openb, load=load, seed=seed, **options).report
    assert report["offered_load_asked"] == load
    assert abs(report["offered_load"][MILLI] - load) <= 0.02
    assert report["arrivals"] == options.get("pods", 8152)


def test_a_pass_holds_the_exact_mix_and_its_rate_is_stated(openb: Path, rows: list[dict[str, str]]) -> None:
    workload = load_trace(openb, load=0.95)
    own = load_trace(openb)
    arrivals = workload.pods.template[~workload.pods.initial]
    assert np.bincount(arrivals).tolist() == np.bincount(own.pods.template).tolist()
    work = 0
    for row in rows:
        began = int(row["scheduled_time"] or row["creation_time"])
        work += int(row["num_gpu"]) * int(row["gpu_milli"]) * (int(row["deletion_time"]) - began)
    assert workload.report["rate_per_s"] == pytest.approx(0.95 * 6_212_000 / (work / 8152), rel=1e-6)
    assert workload.report["horizon_s"] == pytest.approx(8152 / workload.report["rate_per_s"])
    assert workload.report["factor"] == pytest.approx(410.7, abs=0.1)


def test_the_start_is_an_equilibrium(openb: Path) -> None:
    workload = load_trace(openb, load=0.95)
    pods = workload.pods
    milli = np.array([pod_requests(pod).get(MILLI, 0) for pod in workload.templates])[pods.template]
    assert abs(milli[pods.initial].sum() / 6_212_000 - 0.95) < 0.005
    assert (pods.submit[pods.initial] == 0).all()
    assert (np.diff(pods.submit) >= 0).all()


def test_a_cap_and_a_seed(openb: Path) -> None:
    capped = load_trace(openb, load=0.5, max_duration=60, seed=3)
    assert capped.pods.duration.max() == 60 * 10**6
    assert load_trace(openb, load=0.5, max_duration="1m", seed=3).digest() == capped.digest()
    assert load_trace(openb, load=0.5, max_duration="1m", seed=4).digest() != capped.digest()
    assert load_trace(openb, max_duration="1m").pods.duration.max() == 60 * 10**6


def test_refusals(openb: Path) -> None:
    with pytest.raises(
        InputError, match=r"multigpu20.csv.gz: this list has no timestamps, so its pods have no durations"
    ):
        load_trace(openb, variant="multigpu20")
    with pytest.raises(InputError, match=r"field variant: there is no pod list 'defaults'; did you mean default\?$"):
        load_trace(openb, variant="defaults")
    with pytest.raises(InputError, match=r"^option pods needs option load; give load, or leave pods out$"):
        load_trace(openb, pods=5)
    with pytest.raises(InputError, match=r"^option max_duration: 'long' is not a time"):
        load_trace(openb, max_duration="long")
