"""The batch scheduler: goes over all that waits, in order, and starts what the backfilling policy lets start."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from schedlab.cluster import Binding, Plan
from schedlab.cluster.facts import Fact, PodEnded
from schedlab.cluster.pods import NOWHERE
from schedlab.errors import InputError
from schedlab.plugins.backfill.contract import Unit
from schedlab.scheduling.backfill import Backfilling
from schedlab.scheduling.cycle import cycle
from schedlab.scheduling.gang_cycle import gang_cycle
from schedlab.scheduling.hopeless import Hopeless
from schedlab.scheduling.intake import Intake
from schedlab.scheduling.queue import Lengths
from schedlab.scoring import Evaluator, Profile
from schedlab.scoring.assign import binding
from schedlab.scoring.evaluation import Choice
from schedlab.scoring.order import key_of
from schedlab.sim.controllers.scheduler import CHANGE
from schedlab.sim.events import (
    GANG_TIMEOUT,
    OVERDUE,
    RELEASED,
    ROOM,
    SCHEDULING,
    SUBMITTED,
    UNGATED,
    Event,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.cluster import ClusterView
    from schedlab.scheduling.gangs import Gangs


class Job(NamedTuple):
    """What waits: a pod, or a gang, at its place in line."""

    key: Any
    sequence: int
    unit: Unit
    kind: int  # see `Hopeless`
    gang: int = -1


class BatchScheduler:
    """Makes a pass over the queue whenever something is submitted or released, as batch systems do.

    Pods and gangs wait by the profile's order, else by priority; then first come first served. There is no backoff, and
    nobody is pushed out. What fits nowhere is not tried again before a node changes that may take one of its pods.

    Raises
    ------
    InputError
        If the profile also wants what does not go with reservations: preemption, lanes, decisions that take time, or
        filters that want to be asked again after a time.
    """

    phase: ClassVar[int] = SCHEDULING

    def __init__(self, profile: Profile, view: ClusterView, seed: int = 0, gangs: Gangs | None = None) -> None:
        assert profile.backfill is not None
        _refuse(profile, profile.backfill.name)
        self._evaluator = Evaluator(profile, view)
        self._policy = Backfilling(profile.backfill, self._evaluator)
        self._hopeless = Hopeless(self._evaluator)
        self._profile, self._view, self._seed, self._gangs = profile, view, seed, gangs
        named = frozenset[str]().union(*(plugin.wake_on or () for plugin in profile.filters))
        self.kinds = frozenset({SUBMITTED, UNGATED, RELEASED, ROOM, OVERDUE})
        self.kinds |= {kind for kind in CHANGE if CHANGE[kind] in named}
        self.intake = Intake(gangs)
        self._line: list[Job] = []
        self._late: dict[int, list[int]] = {}  # gang in line -> its pods that came when it was complete already
        self._sequence = 0
        self._last_key: Any = None
        self._told: set[int] = set()  # jobs, by sequence, that were told why they wait
        self.decisions = 0  # cycles run
        self.busy = 0  # microseconds that they took

    def lengths(self) -> Lengths:
        """Return how many pods wait; nobody backs off."""
        waiting = sum(len(job.unit.pods) for job in self._line) + sum(map(len, self._late.values()))
        return Lengths(waiting, 0, 0)

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Plan | Event | Fact]:
        """Queue what arrived, and make a pass."""
        for event in batch:
            if event.kind in (SUBMITTED, UNGATED):
                yield from self._admit(event, now, view)
            elif event.kind == OVERDUE:
                yield from self._give_up(event.subject, now)
        if not self._line:
            return
        policy, hopeless, told = self._policy, self._hopeless, self._told
        hopeless.hear()
        policy.begin()
        for job in list(self._line):
            if job.sequence in told and hopeless.known(job.kind, job.unit.least):
                policy.waits(job.unit)
            else:
                yield from self._try(job, view)
            if policy.done:
                break
        hopeless.settle()

    # who waits

    def _admit(self, event: Event, now: int, view: ClusterView) -> Iterator[Event]:
        """Queue a pod that was submitted, unless it has gates or the rest of its gang is missing."""
        pod, intake = event.subject, self.intake
        if not (intake.ungated(pod) if event.kind == UNGATED else intake.submitted(pod, view)):
            return
        gang = intake.gang(pod, view)
        if gang < 0 or self._gangs is None:
            self._queue(Unit.of([pod], view), view)
            return
        for until in intake.patience(gang, now):
            yield Event(until, OVERDUE, gang)
        if gang in self._late:
            self._late[gang].append(pod)
            return
        pods = self._gangs.admit(pod, gang, view)
        need = self._gangs.need(gang, view)
        if pods and need > 1:
            self._late[gang] = []
            self._queue(Unit.of(pods, view, need), view, gang)
        else:
            for each in pods:
                self._queue(Unit.of([each], view), view)

    def _queue(self, unit: Unit, view: ClusterView, gang: int = -1) -> None:
        pod, order = unit.pods[0], self._profile.order
        if order is None:
            key: Any = -view.pod_class(pod).priority
        else:
            key = self._last_key = key_of(order, view, pod, self._last_key)
        insort(self._line, Job(key, self._sequence, unit, self._hopeless.kind(unit.classes), gang))
        self._sequence += 1

    def _leave(self, job: Job) -> list[int]:
        """Take a job out of the line; return the pods that waited for it to start."""
        del self._line[bisect_left(self._line, job)]
        self._told.discard(job.sequence)
        return self._late.pop(job.gang, [])

    def _give_up(self, gang: int, now: int) -> Iterator[Fact]:
        """End a gang that has waited for too long: its pods will not run."""
        pods = self.intake.overdue(gang, now)
        if pods is None:
            return
        for job in [job for job in self._line if job.gang == gang]:
            pods += (*job.unit.pods, *self._leave(job))
        for pod in pods:
            yield PodEnded(pod, succeeded=False, reason=GANG_TIMEOUT)

    # who starts

    def _try(self, job: Job, view: ClusterView) -> Iterator[Plan]:
        """Start a job if it fits and delays nobody it must not delay; else it waits."""
        unit = job.unit
        plan = self._cycle(job)
        if plan.groups and (held := self._policy.allows(unit, self._nodes(unit, plan))) is not None:
            within = self._cycle(job, within=True)  # it may do with other nodes
            if not within.groups or self._policy.allows(unit, self._nodes(unit, within)) is not None:
                within = Plan(unschedulable=tuple((pod, held) for pod in unit.pods))
            plan = within
        if plan.groups:
            yield plan
        rest = [pod for pod in unit.pods if view.pods.node[pod] == NOWHERE]
        if len(rest) == len(unit.pods):
            more = self._policy.waits(unit)
            if job.sequence not in self._told:
                self._told.add(job.sequence)
                yield Plan(
                    unschedulable=tuple((pod, f"{why}; {more}" if more else why) for pod, why in plan.unschedulable)
                )
            return
        rest += self._leave(job)  # more than had to be: they go on by themselves
        if job.gang >= 0:
            self.intake.placed(job.gang)
        for pod in rest:
            self._queue(Unit.of([pod], view), view)

    def _cycle(self, job: Job, *, within: bool = False) -> Plan:
        """Return where a job goes now, or within the room that delays nobody."""
        unit = job.unit
        self.decisions += len(unit.pods)

        def place(pod: int, bound: list[Binding]) -> Plan:
            if within:
                return self._place_within(pod, unit, bound)
            return cycle(pod, self._evaluator, self._seed, told=job.sequence in self._told)

        if job.gang < 0:
            plan = place(unit.pods[0], [])
        else:
            assert self._gangs is not None
            plan = gang_cycle(self._gangs.names[job.gang], unit.pods, unit.least, self._evaluator, place)
        if not plan.groups and not within:
            self._hopeless.tried(job.kind, unit)
        return plan

    def _place_within(self, pod: int, unit: Unit, bound: list[Binding]) -> Plan:
        """Return the plan of a pod that may go only where it delays nobody."""
        found = self._evaluator.choose(pod)
        room = self._policy.room(unit, [self._view.position(each.node) or 0 for each in bound])
        if found.total is not None:
            total = found.total if room is None else np.where(room, found.total, -np.inf)
            best = int(total.argmax())
            if total[best] > -np.inf:
                return Plan(((binding(Choice(best, total), self._evaluator, pod, self._seed),),))
        return Plan(unschedulable=((pod, "no room that delays nobody"),))

    def _nodes(self, unit: Unit, plan: Plan) -> list[int]:
        """Return the position of the node of each pod of a unit, -1 where it stays behind."""
        at = {each.pod: self._view.position(each.node) for each in plan.groups[0] if isinstance(each, Binding)}
        found = [at.get(pod) for pod in unit.pods]
        return [-1 if position is None else position for position in found]


def _refuse(profile: Profile, name: str) -> None:
    """Raise InputError if a profile wants what backfilling cannot give."""
    mend = "leave one of them out"
    if profile.order is not None and profile.order.lane is not None:
        raise InputError(f"{profile.order.name} has lanes, and {name} backfills one line", mend=mend)
    if profile.preemption is not None:
        raise InputError(f"{name} makes reservations, and preemption would void them", mend=mend)
    if profile.decision_time is not None:
        raise InputError(f"{name} backfills, and decisions take time", mend=mend)
    if after := [plugin.name for plugin in profile.filters if plugin.retry_after]:
        raise InputError(f"{after[0]} rejects for a time, and {name} waits for what happens", mend=mend)
