"""Optimal placement: gap and CPU-seconds on openb, synthetic clusters and vector bin packing, beside the targets.

CPU-seconds are those of the whole process over two threads. A synthetic problem has five shapes of nodes, pods in
classes that ask for 110 % of cores and memory and about as much of the devices, and three priorities worth 1, 10 and
100. Every problem has its seed; of several seeds the median is printed.

    python benchmarks/optimal.py [openb] [small] [large] [vbp] [--seeds 10] [--every 1]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import schedlab as sl
from schedlab import streams
from schedlab.placement.origins.vbp import OBJECTIVE, vbp
from schedlab.placement.origins.workload import workload
from schedlab.placement.problem import Problem, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SHAPES = ((16, 64, 0), (32, 128, 0), (64, 256, 0), (48, 192, 4), (96, 384, 8))  # cores, GiB, devices
CPU, MEMORY = (500, 1000, 2000, 4000, 8000, 16000), (1, 2, 4, 8, 16, 32)
SHARES = ((1, 250), (1, 500), (1, 1000), (2, 1000), (4, 1000))
LOAD = 1.1


def synthetic(nodes: int, pods: int, classes: int, seed: int) -> Problem:
    """Return a problem of so many nodes, pods and classes."""
    rng = streams.generator(seed, "synthetic placement", nodes, pods, classes)
    size = rng.multinomial(nodes, rng.dirichlet(np.full(len(SHAPES), 5.0)))
    capacity = np.array([[1000 * cores, 1024 * gib] for cores, gib, _ in SHAPES])
    devices = tuple((1000,) * count for _, _, count in SHAPES)
    demand = np.stack([rng.choice(CPU, classes), rng.choice(MEMORY, classes) * 1024], axis=1)
    share = np.zeros((classes, 2), np.int64)
    for cls in np.flatnonzero(rng.random(classes) < 0.3).tolist():
        share[cls] = SHARES[rng.integers(len(SHARES))]
    count = 1 + rng.multinomial(pods - classes, _weights(rng, share, pods, 1000 * size @ [d for *_, d in SHAPES]))
    for resource, step in ((0, 100), (1, 256)):
        offered, asked = capacity[:, resource] @ size, demand[:, resource] @ count
        demand[:, resource] = np.maximum(step, np.rint(demand[:, resource] * (LOAD * offered / asked) / step) * step)
    priority = rng.integers(0, 3, classes)
    more: dict[str, Any] = {"share": share, "devices": devices, "priority": priority, "weight": 10**priority}
    return problem_of(f"synthetic {seed}", ["cpu", "memory"], demand, count, capacity, size, **more)


def _weights(rng: np.random.Generator, share: Any, pods: int, offered: int) -> Any:
    """Return the classes' parts of all pods, so that devices are asked for as much as the rest."""
    weight = rng.dirichlet(np.ones(len(share)))
    asks = share.prod(axis=1)
    some, none = asks > 0, asks == 0
    if some.any():
        weight[some] *= min(LOAD * offered / ((asks * weight).sum() * pods), 0.8 / weight[some].sum())
    weight[none] *= (1 - weight[some].sum()) / weight[none].sum()
    return weight / weight.sum()


class Times:
    """When a solve's gap fell below each of some marks, in CPU-seconds; it may end the solve at the last."""

    def __init__(self, *marks: float, ends: bool = False) -> None:
        self.marks, self._ends = dict.fromkeys(marks, float("nan")), ends

    def __call__(self, ledger: Any) -> None:
        """Look at the first level that is open."""
        used = ledger.state()["cpu"]
        if ledger.values is None or None in ledger.bounds[:1]:
            return
        value, bound = ledger.values[0], ledger.bounds[0]
        gap = abs(bound - value) / max(abs(bound), abs(value), 1)
        for mark, seen in self.marks.items():
            if np.isnan(seen) and gap <= mark:
                self.marks[mark] = round(used, 1)
        if self._ends and not np.isnan(list(self.marks.values())).any():
            raise KeyboardInterrupt  # the best so far will do


def openb() -> Iterator[dict[str, Any]]:
    """All pods of openb at once: the most milli of devices, the most pods."""
    problem = workload(sl.load_trace("openb")).problem
    for objective in ("weight", "pods"):
        times = Times(0.01, 0.0005, 0.0)
        found = sl.solve(problem, (objective,), time_limit=120, workers=2, on_incumbent=times)
        yield {
            "what": f"openb, {objective}", "value": found.objective, "bound": found.bound, "status": found.status,
            "cpu_s_to_gap": times.marks, "cpu_s": round(found.cpu, 1), "targets": {0.01: 20, 0.0005: 150},
        }  # fmt: skip


def clusters(nodes: int, pods: int, classes: int, seeds: int, mark: float, seconds: float) -> dict[str, Any]:
    """Ten synthetic clusters: the median time to a gap, and the median gap."""
    used, gaps = [], []
    for seed in range(seeds):
        times = Times(mark, ends=mark > 0)
        problem = synthetic(nodes, pods, classes, seed)
        found = sl.solve(problem, ("weight",), time_limit=seconds / 2, workers=2, seed=seed, on_incumbent=times)
        used.append(times.marks[mark] if mark else found.cpu if found.status == "OPTIMAL" else float("nan"))
        gaps.append(found.gap if found.gap is not None else float("nan"))
    return {
        "what": f"{nodes} nodes, {pods} pods, {classes} classes", "mark": mark, "target_s": seconds,
        "median_cpu_s_to_mark": round(statistics.median(used), 2), "worst": round(max(used), 2),
        "reached": int(np.isfinite(used).sum()), "of": seeds, "median_gap": statistics.median(gaps),
    }  # fmt: skip


def packing(every: int) -> dict[str, Any]:
    """All files with d = 3, at most 60 items and a known optimum, 30 CPU-seconds each."""
    data = Path(os.environ["SCHEDLAB_DATA"]) / "reference" / "vbp"
    count = reached = proven = below = 0
    used = []
    for name, best, content in list(_files(data))[::every]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{name}.vbp"
            file.write_bytes(content)
            found = sl.solve(vbp(file), OBJECTIVE, time_limit=30)
        assert found.objective is not None
        used.append(found.cpu)
        bins = found.objective[1]
        count, reached, proven, below = (
            count + 1, reached + (bins == best), proven + (found.status == "OPTIMAL"), below + (bins < best)
        )  # fmt: skip
    return {
        "what": "vector bin packing, d = 3, n <= 60", "files": count, "reached": reached / count,
        "proven": proven / count, "below_published": below, "median_cpu_s": round(statistics.median(used), 2),
        "worst_cpu_s": round(max(used), 1), "targets": {"reached": 0.98, "proven": 0.90},
    }  # fmt: skip


def _files(data: Path) -> Iterator[tuple[str, int, bytes]]:
    for benchmark in ("panigrahy", "new", "triplet"):
        with tarfile.open(data / f"{benchmark}.tar.gz") as tar, (data / f"{benchmark}_known.csv").open() as known:
            members = {Path(member.name).stem: member for member in tar.getmembers()}
            for row in csv.DictReader(known):
                best = row["opt"] or (row["lb"] if row["lb"] == row["best_heuristic"] else "")
                if row["d"] == "3" and int(row["n"]) <= 60 and best and row["sizes"] != "negative":
                    file = tar.extractfile(members[row["instance"]])
                    assert file is not None
                    yield f"{benchmark}-{row['instance']}", int(best), file.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["openb", "small", "large", "vbp"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--every", type=int, default=1, help="of the packing files, each so manieth")
    given = parser.parse_args()
    for what in given.what:
        match what:
            case "openb":
                for line in openb():
                    print(json.dumps(line))
            case "small":
                print(json.dumps(clusters(20, 100, 16, given.seeds, 0.0, 4)))
            case "large":
                print(json.dumps(clusters(1000, 10000, 85, given.seeds, 0.001, 120)))
            case "vbp":
                print(json.dumps(packing(given.every)))


if __name__ == "__main__":
    main()
