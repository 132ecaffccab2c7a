"""Scheduling cycles a CPU-second, beside kube-scheduler's, for the three kinds of pods of its throughput reference.

Nodes of 32 CPU, 128 GiB and 110 pods in 4 zones, all scored; the default profile. Pods of 0.1 to 1 CPU, 128 MiB to
1 GiB, 20 an app: ``plain``; ``spread``, in addition a hard zone constraint (skew 3), a soft hostname constraint (skew
1) and two preferred node-affinity terms; ``anti``, in addition required hostname and preferred zone anti-affinity
against the own app. ``--filled 10`` first puts so many such pods of other apps on every node. A cycle filters, scores,
selects and binds; times are process CPU time of the warm half.

    python benchmarks/kube_cycle.py [--nodes 1000 5000] [--pods 1000] [--filled 0 10] [--kinds plain spread anti]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import Any

import numpy as np

import schedlab as sl
from schedlab.objects import decode_object
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator

ZONE, HOSTNAME = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
PER_APP = 20
# pods a CPU-second of kube-scheduler v1.34.1, idle machine, all nodes scored; and with ten such pods on every node
REFERENCE = {
    (1000, "plain", 0): 703, (1000, "spread", 0): 375, (1000, "anti", 0): 244,
    (5000, "plain", 0): 141, (5000, "spread", 0): 67, (5000, "anti", 0): 51,
    (1000, "plain", 10): 320.3, (1000, "spread", 10): 77.6, (1000, "anti", 10): 30.6,
    (5000, "plain", 10): 71.9, (5000, "spread", 10): 15.9, (5000, "anti", 10): 4.7,
}  # fmt: skip


def node(i: int) -> Any:
    labels = {HOSTNAME: f"n{i}", ZONE: f"z{i % 4}", "disktype": ("ssd", "hdd")[i % 2], "generation": str(i % 3)}
    allocatable = {"cpu": "32", "memory": "128Gi", "pods": "110"}
    return decode_object(
        {"metadata": {"name": f"n{i}", "labels": labels}, "status": {"allocatable": allocatable}}, "Node"
    )


def pod(kind: str, i: int, app: str, rng: np.random.Generator, on: str = "") -> Any:
    requests = {"cpu": f"{100 * int(rng.integers(1, 11))}m", "memory": f"{128 * int(rng.integers(1, 9))}Mi"}
    spec: dict[str, Any] = {"containers": [{"name": "c", "resources": {"requests": requests}}]}
    alike = {"matchLabels": {"app": app}}
    if kind != "plain":
        spec["topologySpreadConstraints"] = [
            {"maxSkew": 3, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": alike},
            {"maxSkew": 1, "topologyKey": HOSTNAME, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": alike},
        ]
        spec["affinity"] = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 10, "preference": {"matchExpressions": [
                {"key": "disktype", "operator": "In", "values": ["ssd"]}]}},
            {"weight": 5, "preference": {"matchExpressions": [
                {"key": "generation", "operator": "In", "values": ["1", "2"]}]}},
        ]}}  # fmt: skip
    if kind == "anti":
        spec["affinity"]["podAntiAffinity"] = {
            "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": HOSTNAME, "labelSelector": alike}],
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 50, "podAffinityTerm": {"topologyKey": ZONE, "labelSelector": alike}}],
        }  # fmt: skip
    spec |= {"nodeName": on} if on else {}
    return decode_object({"metadata": {"name": f"{app}-{i}", "labels": {"app": app}}, "spec": spec}, "Pod")


def measure(nodes: int, kind: str, filled: int, count: int, seed: int) -> tuple[float, int]:
    """Return microseconds of CPU a cycle in the warm half, and how many pods were placed."""
    rng = np.random.default_rng(seed)
    bound = []
    for i in range(nodes * filled):  # an app's pods stand on different nodes
        bound.append(pod(kind, i, f"old{i // PER_APP}", rng, on=f"n{i % nodes}"))
    cluster = sl.Cluster(map(node, range(nodes)), bound)
    apps = rng.permutation(np.arange(count) // PER_APP)
    rows = cluster.add_pods([pod(kind, i, f"app{app}", rng) for i, app in enumerate(apps.tolist())])
    evaluator = Evaluator(sl.Profile.of("kubernetes"), sl.ClusterView(cluster))
    placed = 0
    start = time.process_time()
    for at, row in enumerate(rows):
        if at == count // 2:
            start, placed = time.process_time(), 0
        plan = cycle(row, evaluator)
        placed += len(cluster.apply(plan).applied)
    return (time.process_time() - start) / (count - count // 2) * 1e6, placed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--pods", type=int, default=1000)
    parser.add_argument("--filled", type=int, nargs="+", default=[0, 10])
    parser.add_argument("--kinds", nargs="+", default=["plain", "spread", "anti"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    for filled in args.filled:
        for nodes in args.nodes:
            for kind in args.kinds:
                runs = [measure(nodes, kind, filled, args.pods, seed) for seed in range(args.rounds)]
                took = statistics.median(took for took, _ in runs)
                real = REFERENCE.get((nodes, kind, filled))
                row = {
                    "nodes": nodes, "kind": kind, "filled": filled, "us": round(took, 1),
                    "pods_per_cpu_s": round(1e6 / took),
                    "placed": runs[0][1], "kube_scheduler": real, "times": real and round(1e6 / took / real, 1),
                }  # fmt: skip
                print(
                    json.dumps(row) if args.json else "  ".join(f"{key} {value}" for key, value in row.items()),
                    flush=True,
                )


if __name__ == "__main__":
    main()
