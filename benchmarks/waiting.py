"""Microseconds of CPU that the queue's operations take, and what pods that never fit cost a replay.

The operations: with so many pods waiting, each a class of its own or 100 classes, push one; pop and place one; pop one,
let it fail and sleep; wake one. The replay: a workload, and the same with so many pods too large for any node besides,
submitted over its span, of 100 or 10^4 classes; the ratio of process CPU time in one process, in turns, medians.

    python benchmarks/waiting.py [--waiting 100000] [--pods 20000] [--nodes 200] [--rounds 3]
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np

import schedlab as sl
from schedlab.scheduling.group import Group
from schedlab.scheduling.queue import Queue
from schedlab.scoring.backoff import SECOND
from schedlab.workload import FOREVER, PodColumns, Workload
from schedlab.workload.templates import quantity, template

if TYPE_CHECKING:
    from collections.abc import Callable

CURSOR = (0, 0, 0, 0)
GIB = 2**30


def filled(waiting: int, classes: int) -> tuple[Queue, list[Group]]:
    """Return a queue of pods that have slept through a few things, one class after the other."""
    queue, groups = Queue(), [Group(cls, cls % 10) for cls in range(classes)]
    for pod in range(waiting):
        queue.push(pod, groups[pod % classes], 0)
    return queue, groups


def fail(queue: Queue, now: int) -> None:
    """Let the pod that is next fail, and with it its class."""
    cohort = queue.pop(now)
    assert cohort is not None
    queue.failed(cohort.group, now)
    queue.sleep(cohort.group, None, CURSOR, firm=True)


def per_operation(count: int, operation: Callable[[int], None]) -> float:
    """Return microseconds of CPU of one of so many operations."""
    gc.collect()
    start = time.process_time()
    for i in range(count):
        operation(i)
    return (time.process_time() - start) / count * 1e6


def operations(waiting: int, classes: int) -> dict[str, Any]:
    """Measure the operations of a queue of so many pods."""
    queue, groups = filled(waiting, classes)
    some = min(classes, 10_000)

    def push(i: int) -> None:
        queue.push(waiting + i, groups[i % classes], SECOND)

    def place(i: int) -> None:
        queue.pop(SECOND)
        queue.placed(SECOND)

    times = {
        "push": per_operation(10_000, push),
        "pop_placed": per_operation(10_000, place),
        "pop_failed_sleep": per_operation(some, lambda i: fail(queue, SECOND)),
    }
    asleep = [group for group in groups if group in queue.asleep]
    for i in range(20):  # they have missed something
        queue.settle(list(queue.asleep), (2 + i) * SECOND, CURSOR)
    times["wake"] = per_operation(len(asleep), lambda i: queue.wake(asleep[i], 30 * SECOND))
    return {"waiting": waiting, "classes": classes} | {name: round(each, 2) for name, each in times.items()}


def workload(nodes: int, pods: int, hopeless: int, classes: int) -> Workload:
    """Return pods that keep the nodes some 80 % full, and others, larger than any node, that come between them."""
    rng = np.random.default_rng(5)
    allocatable = {
        "cpu": quantity("cpu", 32_000),
        "memory": quantity("memory", 128 * GIB),
        "pods": quantity("pods", 110),
    }
    machines = tuple(
        sl.Node(
            metadata=sl.objects.ObjectMeta(name=f"n{i}"), status=sl.objects.NodeStatus(allocatable=dict(allocatable))
        )
        for i in range(nodes)
    )
    templates = [template({"cpu": 1000 * (1 + i % 5), "memory": GIB * (1 + i % 7)}, {}, {}) for i in range(20)]
    templates += [template({"cpu": 40_000 + i, "memory": GIB}, {}, {}) for i in range(classes if hopeless else 0)]
    span, mean = 100_000 * SECOND, 3.0  # CPU of a pod
    runs = int(0.8 * 32 * nodes / mean * span / pods)
    count = pods + hopeless
    submit = np.concatenate([np.sort(rng.integers(0, span, pods)), np.sort(rng.integers(0, span // 10, hopeless))])
    duration = np.concatenate([rng.exponential(runs, pods).astype(np.int64) + 1, np.full(hopeless, FOREVER)])
    kinds = np.concatenate([rng.integers(0, 20, pods), 20 + rng.integers(0, max(classes, 1), hopeless)])
    order = np.argsort(submit, kind="stable")
    columns = PodColumns(
        submit[order],
        duration[order],
        kinds[order].astype(np.int32),
        np.full(count, -1, np.int32),
        np.zeros(count, np.bool_),
        [f"p{i}" for i in order.tolist()],
    )
    return Workload("queue", machines, tuple(templates), columns, (), horizon=span)


def replayed(world: Workload, scheduler: str) -> tuple[float, int]:
    """Return seconds of CPU of a replay, and how many pods were placed."""
    gc.collect()
    start = time.process_time()
    run = sl.replay(world, scheduler)
    return time.process_time() - start, run.tables["pods"]["bound"].drop_null().length()


def pending(args: argparse.Namespace, scheduler: str, classes: int) -> dict[str, Any]:
    """Measure a replay with and without pods that never fit."""
    plain = workload(args.nodes, args.pods, 0, 0)
    crowded = workload(args.nodes, args.pods, args.waiting, classes)
    ratios, seconds = [], []
    for _ in range(args.rounds):
        (without, placed), (beside, same) = replayed(plain, scheduler), replayed(crowded, scheduler)
        assert placed == same
        ratios.append(beside / without)
        seconds.append((without, beside))
    without, beside = (statistics.median(side) for side in zip(*seconds, strict=True))
    return {"scheduler": scheduler, "pending": args.waiting, "classes": classes, "placed": placed,
            "without_s": round(without, 2), "beside_s": round(beside, 2),
            "ratio": round(statistics.median(ratios), 2)}  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--pods", type=int, default=20_000)
    parser.add_argument("--nodes", type=int, default=200)
    parser.add_argument("--classes", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--schedulers", nargs="+", default=["best_fit", "kubernetes"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = (operations(args.waiting, classes) for classes in (args.waiting, 100))
    more = (pending(args, scheduler, classes) for scheduler in args.schedulers for classes in args.classes)
    for part in (rows, more):
        for row in part:
            text = json.dumps(row) if args.json else "  ".join(f"{key} {value}" for key, value in row.items())
            print(text, flush=True)


if __name__ == "__main__":
    main()
