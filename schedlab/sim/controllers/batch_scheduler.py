"""The batch scheduler: goes over all that waits, in order, and starts what the backfilling policy lets start."""

from __future__ import annotations

from bisect import insort
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
from schedlab.scheduling.intake import Intake
from schedlab.scheduling.queue import Lengths
from schedlab.scoring import Evaluator, Profile
from schedlab.scoring.assign import binding
from schedlab.scoring.evaluation import Choice
from schedlab.scoring.order import key_of
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
    gang: int = -1


class BatchScheduler:
    """Makes a pass over the queue whenever something is submitted or released, as batch systems do.

    Pods and gangs wait by the profile's order, else by priority; then first come first served. There is no backoff, and
    nobody is pushed out. What does not fit is not tried again in the same pass by others that want as much of the same.

    Raises
    ------
    InputError
        If the profile also wants what does not go with reservations: lanes, or decisions that take time.
    """

    phase: ClassVar[int] = SCHEDULING
    kinds: ClassVar[frozenset[str]] = frozenset({SUBMITTED, UNGATED, RELEASED, ROOM, OVERDUE})

    def __init__(self, profile: Profile, view: ClusterView, seed: int = 0, gangs: Gangs | None = None) -> None:
        assert profile.backfill is not None
        mend = "leave one of them out"
        if profile.order is not None and profile.order.lane is not None:
            raise InputError(
                f"{profile.order.name} has lanes, and {profile.backfill.name} backfills one line", mend=mend
            )
        if profile.decision_time is not None:
            raise InputError(f"{profile.backfill.name} backfills, and decisions take time", mend=mend)
        self._evaluator = Evaluator(profile, view)
        self._policy = Backfilling(profile.backfill, self._evaluator)
        self._profile, self._view, self._seed, self._gangs = profile, view, seed, gangs
        self.intake = Intake(gangs)
        self._line: list[Job] = []
        self._sequence = 0
        self._last_key: Any = None
        self._most: dict[int, int] = {}  # pod class -> so many of its pods fit at most, while nothing is released
        self._told: dict[int, int] = {}  # pod -> the attempt of which it was told why it waits
        self.decisions = 0  # cycles run
        self.busy = 0  # microseconds that they took

    def lengths(self) -> Lengths:
        """Return how many pods wait; nobody backs off."""
        return Lengths(sum(len(job.unit.pods) for job in self._line), 0, 0)

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Plan | Event | Fact]:
        """Queue what arrived, and make a pass."""
        for event in batch:
            if event.kind in (SUBMITTED, UNGATED):
                yield from self._admit(event, now, view)
            elif event.kind == OVERDUE:
                yield from self._give_up(event.subject, now)
        if any(event.kind in (RELEASED, ROOM) for event in batch):
            self._most.clear()
        self._policy.begin()
        for job in list(self._line):
            yield from self._try(job, view)
            if self._policy.done:
                break

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
        pods = self._gangs.admit(pod, gang, view)
        need = self._gangs.need(gang, view)
        if pods and need > 1:
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
        insort(self._line, Job(key, self._sequence, unit, gang))
        self._sequence += 1

    def _give_up(self, gang: int, now: int) -> Iterator[Fact]:
        """End a gang that has waited for too long: its pods will not run."""
        pods = self.intake.overdue(gang, now)
        if pods is None:
            return
        for job in [job for job in self._line if job.gang == gang]:
            self._line.remove(job)
            pods += job.unit.pods
        for pod in pods:
            yield PodEnded(pod, succeeded=False, reason=GANG_TIMEOUT)

    def _try(self, job: Job, view: ClusterView) -> Iterator[Plan]:
        """Start a job if it fits and delays nobody it must not delay; else it waits."""
        unit = job.unit
        plan = Plan() if self._hopeless(unit) else self._cycle(job)
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
            yield from self._tell(plan, more, view)
            return
        self._line.remove(job)
        if job.gang >= 0:
            self.intake.placed(job.gang)
        for pod in rest:  # more than had to be: they go on by themselves
            self._queue(Unit.of([pod], view), view)

    def _tell(self, plan: Plan, more: str | None, view: ClusterView) -> Iterator[Plan]:
        """Say why a job waits, the first time of an attempt."""
        reasons = plan.unschedulable
        new = [(pod, why) for pod, why in reasons if self._told.get(pod) != view.pods.attempt[pod]]
        if new:
            self._told |= {pod: int(view.pods.attempt[pod]) for pod, _ in new}
            yield Plan(unschedulable=tuple((pod, f"{why}; {more}" if more else why) for pod, why in new))

    def _hopeless(self, unit: Unit) -> bool:
        """Return whether others that want as much of the same were tried in vain, and told why before."""
        cls = unit.classes[0]
        known = all(self._told.get(pod) == self._view.pods.attempt[pod] for pod in unit.pods)
        return known and len(set(unit.classes)) == 1 and self._most.get(cls, unit.least) < unit.least

    def _cycle(self, job: Job, *, within: bool = False) -> Plan:
        """Return where a job goes now, or within the room that delays nobody."""
        unit = job.unit
        self.decisions += len(unit.pods)

        def place(pod: int, bound: list[Binding]) -> Plan:
            if not within:
                return cycle(pod, self._evaluator, self._seed)
            return self._place_within(pod, unit, bound)

        if job.gang < 0:
            plan = place(unit.pods[0], [])
            fit = 0
        else:
            assert self._gangs is not None
            plan = gang_cycle(self._gangs.names[job.gang], unit.pods, unit.least, self._evaluator, place)
            fit = unit.least - 1
        if not plan.groups and not within and self._evaluator.firm and len(set(unit.classes)) == 1:
            self._most[unit.classes[0]] = min(fit, self._most.get(unit.classes[0], fit))
        return plan

    def _place_within(self, pod: int, unit: Unit, bound: list[Binding]) -> Plan:
        """Return the plan of a pod that may go only where it delays nobody."""
        found = self._evaluator.evaluate(pod)
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
