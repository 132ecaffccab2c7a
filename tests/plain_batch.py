"""Backfilling as the papers have it: rigid jobs on one pool of processors, plain Python on lists.

Lifka, JSSPP 1995; Mu'alem and Feitelson, TPDS 2001, section 2. Estimates are upper bounds of run times. At each instant
jobs end first, then jobs arrive, then the queue is gone through once, in the order of arrival.
"""

from __future__ import annotations

from typing import NamedTuple


class Rigid(NamedTuple):
    submit: int
    runs: int
    estimate: int
    processors: int


class Pool:
    """``starts`` is when each job started; ``promises`` when each that had to wait was first promised a start."""

    def __init__(self, processors: int, jobs: list[Rigid], policy: str) -> None:
        self.processors, self.jobs, self.policy = processors, jobs, policy
        self.queue: list[int] = []
        self.running: list[int] = []
        self.starts: dict[int, int] = {}
        self.promises: dict[int, int] = {}
        self.reserved: dict[int, int] = {}  # conservative: the start of each job that waits

    def run(self) -> dict[int, int]:
        coming = sorted(range(len(self.jobs)), key=lambda job: self.jobs[job].submit)
        while coming or self.queue or self.running:
            times = [self.jobs[job].submit for job in coming[:1]]
            times += [self.starts[job] + self.jobs[job].runs for job in self.running]
            times += list(self.reserved.values())
            now = min(times)
            self.running = [job for job in self.running if self.starts[job] + self.jobs[job].runs > now]
            while coming and self.jobs[coming[0]].submit == now:
                self.queue.append(coming.pop(0))
            getattr(self, self.policy)(now)
        return self.starts

    def free(self) -> int:
        return self.processors - sum(self.jobs[job].processors for job in self.running)

    def start(self, job: int, now: int) -> None:
        self.queue.remove(job)
        self.reserved.pop(job, None)
        self.running.append(job)
        self.starts[job] = now

    def fcfs(self, now: int) -> None:
        while self.queue and self.jobs[self.queue[0]].processors <= self.free():
            self.start(self.queue[0], now)

    def easy(self, now: int) -> None:
        self.fcfs(now)
        if not self.queue:
            return
        head = self.queue[0]
        shadow, extra = self.shadow(head)
        self.promises.setdefault(head, shadow)
        for job in self.queue[1:]:
            _, _, estimate, processors = self.jobs[job]
            if processors > self.free():
                continue
            if now + estimate <= shadow:
                self.start(job, now)
            elif processors <= extra:
                extra -= processors
                self.start(job, now)

    def shadow(self, head: int) -> tuple[int, int]:
        """When enough processors are free for the head, and how many it leaves over then."""
        ends = sorted(self.starts[job] + self.jobs[job].estimate for job in self.running)
        for end in ends:
            free = self.free() + sum(
                self.jobs[job].processors for job in self.running if self.starts[job] + self.jobs[job].estimate <= end
            )
            if free >= self.jobs[head].processors:
                return end, free - self.jobs[head].processors
        raise AssertionError("the head is larger than the pool")

    def conservative(self, now: int) -> None:
        """Compress in the order of the queue, then let the new ones reserve; whose time has come starts."""
        for job in list(self.queue):
            self.reserved.pop(job, None)
            start = self.earliest(job, now)
            self.promises.setdefault(job, start)
            if start == now:
                self.start(job, now)
            else:
                self.reserved[job] = start

    def earliest(self, job: int, now: int) -> int:
        """The first instant from which on so many processors are free throughout the job's estimate."""
        busy = [(self.starts[each], each) for each in self.running] + [(t, each) for each, t in self.reserved.items()]
        spans = [(start, start + self.jobs[each].estimate, self.jobs[each].processors) for start, each in busy]
        for start in sorted({now} | {end for _, end, _ in spans}):
            end = start + self.jobs[job].estimate
            instants = [start] + [first for first, _, _ in spans if start < first < end]
            used = [sum(size for first, last, size in spans if first <= at < last) for at in instants]
            if start >= now and max(used) + self.jobs[job].processors <= self.processors:
                return start
        raise AssertionError("the job is larger than the pool")
