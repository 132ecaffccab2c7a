"""A score written plainly by a user beside a built-in written plainly: CPU time of one decision over all nodes.

``tightest`` is the guide's first example; it works on all resources where best_fit works on two. ``full`` is what a run
does for a pod class whose row is not kept, ``direct`` calls the plug-ins with arrays.

    python benchmarks/plain_score.py [--nodes 1000 5000] [--rounds 7]
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np

import schedlab as sl
from schedlab.scoring import Evaluator

if TYPE_CHECKING:
    from schedlab.scoring.evaluate import Mode

DECISIONS, WARM = 200, 4000
MODES: tuple[Mode, ...] = ("full", "direct")


@sl.score(scope="node")
def tightest(pod: Any, nodes: Any) -> Any:
    """Prefer the node that this pod leaves fullest."""
    left = nodes.allocatable - nodes.used - pod.requests
    return -sl.ratio(left, nodes.allocatable)[:2].sum(axis=0)


def evaluator(nodes: int, scheduler: Any, mode: Mode) -> tuple[Evaluator, int]:
    """Return an evaluator on a generated cluster with some load, and a pending pod."""
    workload = sl.generate(pods=10, nodes=nodes, seed=1)
    cluster = sl.Cluster(workload.nodes)
    cluster.add_pods([workload.templates[0]])
    cluster.nodes.sums += np.floor(0.5 * np.random.default_rng(0).random(nodes) * cluster.nodes.allocatable.min())
    made = Evaluator(sl.Profile.of(scheduler), sl.ClusterView(cluster), mode=mode)
    for _ in range(WARM if mode == "full" else 1):
        made.choose(0)
    return made, 0


def microseconds(made: Evaluator, pod: int) -> float:
    """Return CPU time a decision."""
    start = time.process_time()
    for _ in range(DECISIONS):
        made.choose(pod)
    return (time.process_time() - start) / DECISIONS * 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="*", default=[1000, 5000])
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    for nodes in arguments.nodes:
        for mode in MODES:
            sides = [evaluator(nodes, scheduler, mode) for scheduler in (tightest, "best_fit")]
            rounds = [[microseconds(*side) for side in sides] for _ in range(arguments.rounds)]
            own, builtin = (statistics.median(side) for side in zip(*rounds, strict=True))
            ratio = statistics.median(a / b for a, b in rounds)
            print(f"{nodes} nodes, {mode}: tightest {own:.1f} us, best_fit {builtin:.1f} us, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
