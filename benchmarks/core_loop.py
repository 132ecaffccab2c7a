"""Full rescan and incremental evaluation per pod, against the same work in plain C (``core_loop.c``, ``replay_int``).

Both filter on four resources and a static mask, score LeastAllocated + BalancedAllocation + a static score, take the
best (lowest index wins), bind, and release each pod ``lag`` arrivals later. The decisions must be equal. Times are
process CPU time of the warm half, interleaved; the median ratio counts.

    python benchmarks/core_loop.py [--nodes 5000] [--load 0.7] [--rounds 7]
"""

from __future__ import annotations

import argparse
import ctypes
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import schedlab as sl
from schedlab.cluster.facts import PodEnded
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator
from schedlab.workload import data_root

CLASSES = 20
CAPACITY = np.array([64_000, 256 * 2**30, 2**40, 110])  # cpu, memory, ephemeral-storage, pods


class Case:
    """One sequence of pods on some nodes, for both sides."""

    def __init__(self, nodes: int, load: float, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        share = rng.uniform(0.05, 0.2, (CLASSES, 3))
        self.requests = np.ones((CLASSES, 4), np.int64)
        self.requests[:, :3] = np.floor(share * CAPACITY[:3] / 1000) * 1000
        self.static = rng.integers(0, 20, (CLASSES, nodes), dtype=np.int32)
        self.static[rng.random((CLASSES, nodes)) < 0.05] = -1
        self.nodes = nodes
        self.lag = int(load * nodes / (self.requests / CAPACITY).mean(axis=0).max())
        self.sequence = rng.integers(0, CLASSES, 2 * self.lag, dtype=np.int32)
        self.half = len(self.sequence) // 2


def c_loop(case: Case, library: Any, pods: int) -> tuple[float, np.ndarray[Any, Any]]:
    """Run the C loop on the first ``pods`` pods; return CPU seconds and the nodes chosen."""
    used = np.zeros((case.nodes, 4), np.int64)
    allocatable = np.ascontiguousarray(np.broadcast_to(CAPACITY, used.shape))
    out = np.empty(pods, np.int32)
    pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in
                (used, allocatable, case.requests, case.static, case.sequence, out)]  # fmt: skip
    start = time.process_time()
    library.replay_int(case.nodes, 4, pods, case.lag, *pointers)
    return time.process_time() - start, out


@sl.filter(scope="static")
def allowed(pod: Any, nodes: Any) -> Any:
    """Pass where the class has a static score."""
    return ALLOWED[int(pod.labels["class"])]


@sl.score(scope="static", normalize="none")
def static(pod: Any, nodes: Any) -> Any:
    """Give the class's static score."""
    return STATIC[int(pod.labels["class"])]


STATIC, ALLOWED = np.zeros((0, 0)), np.zeros((0, 0), np.bool_)


def ours(case: Case, mode: Any = "full") -> tuple[float, np.ndarray[Any, Any]]:
    """Run the package's own cycle; return CPU seconds of the warm half and the nodes chosen."""
    global STATIC, ALLOWED
    STATIC, ALLOWED = case.static.astype(np.float64), case.static >= 0
    names = ("cpu", "memory", "ephemeral-storage", "pods")
    capacity = {name: str(amount) for name, amount in zip(names, CAPACITY, strict=True)} | {"cpu": f"{CAPACITY[0]}m"}
    quantities = {name: sl.Quantity.parse(text) for name, text in capacity.items()}
    nodes = [_node(f"n{i}", quantities) for i in range(case.nodes)]
    cluster = sl.Cluster(nodes)
    classes = [cluster.classify(_pod(k, row)).index for k, row in enumerate(case.requests.tolist())]
    cluster.pods.add([classes[k] for k in case.sequence])
    profile = sl.Profile.build("core", (_plugin("NodeResourcesFit"), _plugin(allowed)),
                               [(_plugin(each), 1.0) for each in
                                ("NodeResourcesFit", "NodeResourcesBalancedAllocation", static)])  # fmt: skip
    evaluator = Evaluator(profile, sl.ClusterView(cluster), mode=mode)
    out = np.full(len(case.sequence), -1, np.int32)
    start = 0.0
    for pod in range(len(case.sequence)):
        if pod == case.half:
            start = time.process_time()
        if pod >= case.lag and out[pod - case.lag] >= 0:
            cluster.update(PodEnded(pod - case.lag, succeeded=True))
        cluster.apply(cycle(pod, evaluator))
        out[pod] = cluster.pods.node[pod]
    return time.process_time() - start, out


def _plugin(rule: Any) -> Any:
    from schedlab.plugins import registry
    from schedlab.plugins.api import Plugin

    return Plugin.of(registry.find(rule) if isinstance(rule, str) else rule)


def _node(name: str, quantities: dict[str, sl.Quantity]) -> sl.Node:
    from schedlab.objects import NodeStatus, ObjectMeta

    return sl.Node(metadata=ObjectMeta(name=name), status=NodeStatus(allocatable=quantities))


def _pod(number: int, requests: list[int]) -> sl.Pod:
    from schedlab.objects import Container, ObjectMeta, PodSpec, ResourceRequirements

    texts = {"cpu": f"{requests[0]}m", "memory": str(requests[1]), "ephemeral-storage": str(requests[2])}
    resources = ResourceRequirements(requests={name: sl.Quantity.parse(text) for name, text in texts.items()})
    return sl.Pod(
        metadata=ObjectMeta(name=f"class-{number}", labels={"class": str(number)}),
        spec=PodSpec(containers=[Container(name="c", resources=resources)]),
    )


def compile_reference() -> Any:
    """Compile the reference into a temporary library and load it."""
    root = data_root()
    if root is None:
        sys.exit("core_loop: the reference data is needed: set SCHEDLAB_DATA to its folder")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "core_loop.so"
        source = root / "reference" / "core-loop" / "core_loop.c"
        subprocess.run(["cc", "-O3", "-march=native", "-shared", "-fPIC", "-o", library, source, "-lm"], check=True)
        return ctypes.CDLL(str(library))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=5000)
    parser.add_argument("--load", type=float, nargs="*", default=[0.7, 1.05])
    parser.add_argument("--modes", nargs="*", default=["full", "incremental"], help="see schedlab.scoring.Evaluator")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    library = compile_reference()
    rows = []
    for load in arguments.load:
        case = Case(arguments.nodes, load)
        pairs: dict[str, list[tuple[float, float]]] = {mode: [] for mode in arguments.modes}
        for _ in range(arguments.rounds):
            for mode, times in pairs.items():
                cold, _ = c_loop(case, library, case.half)
                whole, expected = c_loop(case, library, len(case.sequence))
                warm, chosen = ours(case, mode)
                if not np.array_equal(expected, chosen):
                    sys.exit(f"core_loop: {mode}: first difference at pod {np.flatnonzero(expected != chosen)[0]}")
                times.append(((whole - cold) / case.half * 1e6, warm / case.half * 1e6))
        for mode, times in pairs.items():
            c, s = (statistics.median(side) for side in zip(*times, strict=True))
            ratio = statistics.median(ours_us / c_us for c_us, ours_us in times)
            rows.append({"nodes": case.nodes, "load": load, "mode": mode, "placed": float((expected >= 0).mean()),
                         "c_us": c, "schedlab_us": s, "ratio": ratio})  # fmt: skip
    if arguments.json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(
            f"{row['nodes']} nodes, load {row['load']:.0%}, {row['mode']} ({row['placed']:.1%} placed): "
            f"C {row['c_us']:.1f} us/pod, schedlab {row['schedlab_us']:.1f} us/pod, ratio {row['ratio']:.2f}"
        )


if __name__ == "__main__":
    main()
