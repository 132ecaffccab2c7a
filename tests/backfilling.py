"""A small batch system that drives backfilling policies: first come first served, first fit, times in seconds."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from tiny import GIB, node, pod

from schedlab.cluster import Binding, Cluster, ClusterView, Plan, facts
from schedlab.plugins.api import Plugin
from schedlab.plugins.backfill.contract import Unit
from schedlab.scheduling.backfill import Backfilling
from schedlab.scoring import Evaluator, Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from schedlab.objects import Node

SECOND = 1_000_000
NEVER = 2**63 - 1


class Job(NamedTuple):
    """A gang of equal pods, of one by default; without a walltime nobody knows how long it runs."""

    name: str
    submit: float
    runs: float
    walltime: float | None = None
    pods: int = 1
    cpu: int = 1
    memory: int = 0  # GiB
    least: int | None = None
    selector: Mapping[str, str] = {}


# Four processors. The head b waits for a and leaves one processor over; c is second in line, d is long and small.
#
#          EASY                            conservative
#   time   0  1  2  3  4  ...  8 ... 13    0  1  2  3  4  ...  8 .. 10
#          a  a  a  a  b       d     c     a  a  a  a  b       c    d
#          a  a  a  a  b             c     a  a  a  a  b       c
#                      b             c                 b       c
#                   d  d       d     c                         c
DELAYED = (
    Job("a", 0, 4, 4, cpu=2),
    Job("b", 1, 4, 4, cpu=3),
    Job("c", 2, 2, 2, cpu=4),
    Job("d", 3, 10, 10, cpu=1),
)


class Batch:
    """The queue and the clock. ``started`` and ``ended`` are seconds by name, ``told`` what was said of a job."""

    def __init__(self, nodes: Sequence[Node], jobs: Sequence[Job], policy: Any, *, check: bool = True) -> None:
        self.cluster = Cluster(nodes)
        self.jobs, self.check = list(jobs), check
        self.rows = [self._add(job) for job in jobs]
        self.view = ClusterView(self.cluster)
        evaluator = Evaluator(Profile.of("first_fit"), self.view)
        self.policy = Backfilling(Plugin.of(policy), evaluator)
        self._coming = sorted(range(len(self.jobs)), key=lambda at: self.jobs[at].submit)
        self.queue: list[int] = []
        self.started: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self.told: dict[str, str | None] = {}
        self.where: dict[str, list[str]] = {}
        self._ends: list[tuple[int, int]] = []  # (time, job)

    def _add(self, job: Job) -> range:
        template = pod(job.name, job.cpu * 1000, job.memory * GIB or None)
        template.spec.node_selector.update(job.selector)
        rows = self.cluster.add_pods([template] * job.pods)
        self.cluster.pods.walltime[rows] = -1 if job.walltime is None else round(job.walltime * SECOND)
        return rows

    def run(self, until: float | None = None) -> Batch:
        """Run until nothing is left to happen."""
        arrivals = self._coming
        stop = NEVER if until is None else round(until * SECOND)
        while True:
            coming = round(self.jobs[arrivals[0]].submit * SECOND) if arrivals else NEVER
            now = min(coming, self._ends[0][0] if self._ends else NEVER)
            if now > stop or now == NEVER:
                return self
            self.cluster.now = now
            while self._ends and self._ends[0][0] == now:
                self._end(heapq.heappop(self._ends)[1])
            while arrivals and round(self.jobs[arrivals[0]].submit * SECOND) == now:
                self.queue.append(arrivals.pop(0))
            self._pass()

    def _end(self, at: int) -> None:
        for row in self.rows[at]:
            if self.cluster.pods.node[row] >= 0:
                self.cluster.update(facts.PodEnded(row, succeeded=True))
        self.ended[self.jobs[at].name] = self.cluster.now / SECOND

    def _pass(self) -> None:
        self.policy.begin()
        for at in list(self.queue):
            unit = Unit.of(self.rows[at], self.view, self.jobs[at].least)
            if not self._start(at, unit):
                self.told[self.jobs[at].name] = self.policy.waits(unit)
            if self.policy.done:
                return

    def _start(self, at: int, unit: Unit) -> bool:
        nodes = self._place(at, unit, within=False)
        if nodes is None:
            return False
        if self.policy.allows(unit, nodes) is not None:
            nodes = self._place(at, unit, within=True)
            if nodes is None:
                return False
            assert self.policy.allows(unit, nodes) is None, "what is placed within the room is allowed"
        self._bind(at, nodes)
        return True

    def _place(self, at: int, unit: Unit, *, within: bool) -> list[int] | None:
        """Return the first nodes that fit, within the room that the policy leaves if asked; None if too few do."""
        columns, job = self.cluster.nodes, self.jobs[at]
        free, requests = columns.allocatable - columns.used, np.asarray(self.view.class_view(unit.classes[0]).requests)
        has = np.array([job.selector.items() <= each.metadata.labels.items() for each in columns.nodes])
        nodes: list[int] = []
        while len(nodes) < job.pods:
            good = has & ((requests <= free) | (requests == 0)).all(axis=0) & ~columns.unschedulable
            if within and (room := self.policy.room(unit, nodes)) is not None:
                good &= room
            if not good.any():
                break
            nodes.append(int(good.argmax()))
            free[:, nodes[-1:]] -= requests
        return nodes + [-1] * (job.pods - len(nodes)) if len(nodes) >= unit.least else None

    def _bind(self, at: int, nodes: list[int]) -> None:
        cluster, name = self.cluster, self.jobs[at].name
        placed = [(row, node) for row, node in zip(self.rows[at], nodes, strict=True) if node >= 0]
        columns = cluster.nodes
        group = (Binding(row, 0, int(columns.uid[node]), int(columns.generation[node])) for row, node in placed)
        assert cluster.apply(Plan((tuple(group),))).refused == ()
        for row, _ in placed:
            cluster.update(facts.PodStarted(row))
        if self.check:
            assert (cluster.nodes.used <= cluster.nodes.allocatable).all()
        self.started[name] = cluster.now / SECOND
        self.where[name] = [self.view.node_name(node) for node in nodes if node >= 0]
        self.queue.remove(at)
        heapq.heappush(self._ends, (cluster.now + round(self.jobs[at].runs * SECOND), at))


def machines(*cpus: int, memory: int = 64, labels: Iterable[Mapping[str, str]] = ()) -> list[Node]:
    """Return nodes of so many CPUs."""
    given = [*labels, *({} for _ in cpus)]
    return [node(f"n{at}", each * 1000, memory * GIB, 10_000, labels=given[at]) for at, each in enumerate(cpus)]
