"""Milliseconds of CPU that finding a node by preemption takes, beside a plain Python loop over nodes and pods.

Nodes of 32 CPU and 128 GiB with about 30 pods each of priorities 0..9, nearly full; the preemptor, of priority 100,
wants about half of a node. Between two searches a few nodes change: a pod is evicted and bound again. The search tries
all candidate nodes, and then must choose the same node and the same victims as the loop; or it ends as the default
settings say. Times are process CPU time, taken in turns, medians.

    python benchmarks/preemption.py [--nodes 1000 5000] [--pods 30] [--changes 4] [--rounds 9]
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
from schedlab.scheduling.preemption import Preemption
from schedlab.scoring import Evaluator
from schedlab.scoring.default_preemption import DefaultPreemption

CPU, MEMORY, MIB = 32_000, 128 * 1024, 2**20


def node(i: int) -> Any:
    allocatable = {"cpu": f"{CPU}m", "memory": f"{MEMORY}Mi", "pods": "110"}
    return decode_object({"metadata": {"name": f"n{i}"}, "status": {"allocatable": allocatable}}, "Node")


def pod(name: str, cpu: int, memory: int, priority: int, on: str = "", start: int = 0) -> Any:
    containers = [{"name": "c", "resources": {"requests": {"cpu": f"{cpu}m", "memory": f"{memory}Mi"}}}]
    spec = {"containers": containers, "priority": priority} | ({"nodeName": on} if on else {})
    status = {"startTime": f"2026-01-01T{start // 3600:02}:{start // 60 % 60:02}:{start % 60:02}Z"}
    return decode_object({"metadata": {"name": name}, "spec": spec, "status": status if on else {}}, "Pod")


def world(nodes: int, pods: int, rng: np.random.Generator) -> sl.Cluster:
    """Return nodes on which hardly anything fits any more."""
    bound = []
    for i in range(nodes):
        count = int(rng.integers(pods - 10, pods + 11))
        for j in range(count):
            cpu = 50 * round(0.92 * CPU / count * rng.uniform(0.7, 1.3) / 50)
            memory = 256 * round(0.6 * MEMORY / count * rng.uniform(0.5, 1.5) / 256)
            start = int(rng.integers(0, 86_400))
            bound.append(pod(f"p{i}-{j}", cpu, memory, int(rng.integers(0, 10)), f"n{i}", start))
    return sl.Cluster(map(node, range(nodes)), bound)


class Plain:
    """The same by loops over dicts; it is told what changes."""

    def __init__(self, cluster: sl.Cluster) -> None:
        self.on: list[list[tuple[int, int, int, int, int]]] = []
        for position in range(len(cluster.nodes)):
            self.on.append([self.of(cluster, row) for row in cluster.pods_on(position).tolist()])

    @staticmethod
    def of(cluster: sl.Cluster, row: int) -> tuple[int, int, int, int, int]:
        """Return (-priority, start, row, cpu, memory) of a pod, which sort by importance."""
        cls = cluster.classes[cluster.pods.cls[row]]
        start = int(cluster.pods.start[row])
        requests = cls.requests
        return -cls.priority, start if start >= 0 else 2**62, row, requests["cpu"], requests["memory"]

    def find(self, cpu: int, memory: int, priority: int) -> tuple[int, tuple[int, ...]]:
        """Return the position of the node and its victims."""
        best: Any = None
        for at, on in enumerate(self.on):
            lower = sorted(each for each in on if -each[0] < priority)
            used_cpu = sum(each[3] for each in on) - sum(each[3] for each in lower)
            used_memory = sum(each[4] for each in on) - sum(each[4] for each in lower)
            count = len(on) - len(lower)
            if not lower or used_cpu + cpu > CPU or used_memory + memory > MEMORY * MIB or count + 1 > 110:
                continue
            victims = []
            for each in lower:
                if (
                    used_cpu + each[3] + cpu <= CPU
                    and used_memory + each[4] + memory <= MEMORY * MIB
                    and count + 2 <= 110
                ):
                    used_cpu, used_memory, count = used_cpu + each[3], used_memory + each[4], count + 1
                else:
                    victims.append(each)
            cost = -victims[0][0], sum(2**31 - each[0] for each in victims), len(victims), -victims[0][1]
            if best is None or cost < best[0]:
                best = cost, at, tuple(each[2] for each in victims)
        return best[1], best[2]


def stir(cluster: sl.Cluster, plain: Plain, changes: int, rng: np.random.Generator) -> None:
    """Evict a pod here and there and bind it again, so that it stands behind the others of its priority."""
    for position in rng.choice(len(cluster.nodes), changes, replace=False).tolist():
        row = int(rng.choice(cluster.pods_on(position)))
        pods, nodes = cluster.pods, cluster.nodes
        cluster.apply(sl.Plan(((sl.cluster.Eviction(row, int(pods.attempt[row]), "Evicted"),),)))
        uid, generation = int(nodes.uid[position]), int(nodes.generation[position])
        cluster.apply(sl.Plan(((sl.cluster.Binding(row, int(pods.attempt[row]), uid, generation),),)))
        plain.on[position] = [Plain.of(cluster, each) for each in cluster.pods_on(position).tolist()]


def measure(nodes: int, pods: int, changes: int, rounds: int, profile: str, every: bool) -> dict[str, Any]:
    """Return the median times and their ratio; raise if the two choose otherwise."""
    rng = np.random.default_rng(7)
    cluster = world(nodes, pods, rng)
    plain = Plain(cluster)
    evaluator = Evaluator(sl.Profile.of(profile), sl.ClusterView(cluster))
    preemption = Preemption(evaluator, DefaultPreemption())
    ours, theirs = [], []
    for i in range(rounds + 1):
        cpu, memory = 1000 * int(rng.integers(14, 20)), 1024 * int(rng.integers(16, 64))
        (row,) = cluster.add_pods([pod(f"preemptor-{i}", cpu, memory, 100)])
        stir(cluster, plain, changes, rng)
        evaluation = evaluator.evaluate(row)
        assert evaluation.total is None, "the preemptor fits somewhere"
        start = time.process_time()
        found = preemption.find(row, evaluation, every=every)
        ours.append(time.process_time() - start)
        start = time.process_time()
        wanted = plain.find(cpu, memory * MIB, 100)
        theirs.append(time.process_time() - start)
        assert found.chosen is not None
        assert not every or found.chosen[:2] == wanted, (found.chosen, wanted)
    ours_ms, plain_ms = (1000 * statistics.median(each[1:]) for each in (ours, theirs))
    return {
        "nodes": nodes, "pods": pods, "tried": "all" if every else "as set", "ms": round(ours_ms, 2),
        "first_ms": round(1000 * ours[0], 1), "plain_ms": round(plain_ms, 1), "times": round(plain_ms / ours_ms, 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--pods", type=int, default=30)
    parser.add_argument("--changes", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--profile", default="kubernetes")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    for nodes in args.nodes:
        for every in (True, False):
            row = measure(nodes, args.pods, args.changes, args.rounds, args.profile, every)
            print(
                json.dumps(row) if args.json else "  ".join(f"{key} {value}" for key, value in row.items()), flush=True
            )


if __name__ == "__main__":
    main()
