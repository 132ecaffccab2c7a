"""How often a solver betters kube-scheduler's placement where pods are left pending, or proves that nothing can.

After Christensen, Giallorenzo, Mauro: Priority Matters, arXiv 2511.08373, 2025, who report that within 1 s a solver
places more pods of higher priority in over 44 % of the scenarios in which the default scheduler fails, within 10 s in
over 73 %, and that in over 19 % the default's placement is proven optimal.

What is assumed where their abstract is silent: nodes are equal; pods come by ReplicaSet, each of 1 to 4 pods with a
random priority and random requests of cpu and memory, uniform in 100..1000; the nodes' capacity is such that all
requests together are the usage level times it; the default profile has no preemption, and takes the pods by priority,
as its queue does when all wait, or (--order arrival) as they come. A scenario counts where the default leaves some pod
pending. Pods that run may move, or make room for others. Better means more pods
of the highest priority in which the two differ.

    python benchmarks/priority_matters.py [--instances 1] [--nodes 4,8] [--work 1,10]

Limits are units of work, about seconds of one core; CPU seconds are beside them.
"""

from __future__ import annotations

import argparse
import itertools
import time
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from schedlab import Cluster, Profile, solve
from schedlab.cluster import ClusterView
from schedlab.objects import Node, NodeStatus, ObjectMeta, Pod
from schedlab.placement.answer import as_it_is
from schedlab.placement.problem import Problem
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator
from schedlab.streams import generator
from schedlab.workload.templates import quantity, template

MIB = 2**20
NODES, PER_NODE, PRIORITIES, USAGE = (4, 8), (4, 8), (1, 2, 4), (90, 95, 100, 105)


class Case(NamedTuple):
    """A kind of instance, and the number of one."""

    nodes: int
    per_node: int
    priorities: int
    usage: int  # percent
    number: int


class Answer(NamedTuple):
    """What a solve of some work came to."""

    better: bool
    proven: bool  # of all priorities
    cpu: float


def drawn(case: Case) -> tuple[list[Node], list[Pod]]:
    """Return the nodes and the pods, in the order in which they come."""
    draw = generator(case.number, "priority matters", *case[:4])
    pods: list[Pod] = []
    asked, total = np.zeros(2, np.int64), case.nodes * case.per_node
    while len(pods) < total:
        requests, priority = draw.integers(100, 1001, 2), int(draw.integers(case.priorities))
        replicas = min(int(draw.integers(1, 5)), total - len(pods))
        made = template({"cpu": int(requests[0]), "memory": int(requests[1]) * MIB}, {}, {}, priority)
        pods += [replace(made, metadata=ObjectMeta(name=f"p{len(pods) + i}")) for i in range(replicas)]
        asked += requests * replicas
    room = [int(each) for each in asked * 100 // (case.usage * case.nodes)]
    amounts = {"cpu": room[0], "memory": room[1] * MIB, "pods": 110}
    allocatable = {name: quantity(name, amount) for name, amount in amounts.items()}
    names = [ObjectMeta(name=f"n{i}") for i in range(case.nodes)]
    return [Node(metadata=name, status=NodeStatus(allocatable=allocatable)) for name in names], pods


def placed_by_default(case: Case, order: str) -> tuple[Cluster, list[int]]:
    """Return the cluster after the default profile has placed what it can, and the pods that it left."""
    nodes, pods = drawn(case)
    cluster = Cluster(nodes)
    evaluator = Evaluator(Profile.of("kubernetes"), ClusterView(cluster))
    left = []
    rows = cluster.add_pods(pods)
    for row in sorted(rows, key=lambda row: -(pods[row].spec.priority or 0)) if order == "priority" else rows:
        plan = cycle(row, evaluator, case.number)
        cluster.apply(plan)
        if not plan.groups:
            left.append(row)
    return cluster, left


def solved(problem: Problem, work: float, seed: int) -> Answer:
    """Return what a solver makes of it."""
    start = time.process_time()
    now = as_it_is(problem)
    assert now is not None
    result = solve(problem, ("priority", "moves"), time_limit=None, work_limit=work, warm_start=now, seed=seed)
    cpu = time.process_time() - start
    assert result.objective is not None
    runs = [int(now[problem.priority == tier].sum()) for tier in np.unique(problem.priority)[::-1]]
    found, bounds = result.objective[: len(runs)], result.bound[: len(runs)]
    return Answer(list(found) > runs, list(bounds) == list(found), cpu)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=int, default=1, help="of each kind")
    parser.add_argument("--nodes", default=",".join(map(str, NODES)))
    parser.add_argument("--work", default="1,10")
    parser.add_argument("--order", choices=("priority", "arrival"), default="priority")
    given = parser.parse_args()
    nodes, limits = [int(each) for each in given.nodes.split(",")], [float(each) for each in given.work.split(",")]
    print(f"{'nodes':>5} {'work':>5} {'drawn':>5} {'failed':>6} {'better':>7} {'default':>8} {'open':>6} "
          f"{'better: proven':>15} {'CPU s: median':>13} {'max':>6}")  # fmt: skip
    everything: dict[float, list[Answer]] = {work: [] for work in limits}
    for size in nodes:
        kinds = itertools.product([size], PER_NODE, PRIORITIES, USAGE, range(given.instances))
        cases = [Case(*kind) for kind in kinds]
        answers: dict[float, list[Answer]] = {work: [] for work in limits}
        for case in cases:
            cluster, left = placed_by_default(case, given.order)
            if left:
                problem = Problem.of(cluster, left, cluster.pods.bound().tolist(), keep=False)
                for work in limits:
                    answers[work].append(solved(problem, work, case.number))
        for work in limits:
            told(str(size), work, len(cases), answers[work])
            everything[work] += answers[work]
    for work in limits:
        told("all", work, 0, everything[work])


def told(size: str, work: float, drawn_: int, answers: list[Answer]) -> None:
    """Print a row: shares of the scenarios in which the default left some pod pending."""
    if not answers:
        print(f"{size:>5} {work:>5g} {drawn_:>5} {0:>6}")
        return
    better, proven = np.array([each.better for each in answers]), np.array([each.proven for each in answers])
    cpu = [each.cpu for each in answers]
    sure = proven[better].mean() if better.any() else float("nan")
    shares = f"{better.mean():>7.1%} {(~better & proven).mean():>8.1%} {(~better & ~proven).mean():>6.1%} {sure:>15.1%}"
    print(f"{size:>5} {work:>5g} {drawn_:>5} {len(answers):>6} {shares} {np.median(cpu):>13.2f} {max(cpu):>6.1f}")


if __name__ == "__main__":
    main()
