"""The scheduler: takes pods from the queue and runs a cycle for each."""

from __future__ import annotations

import time
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from schedlab.cluster import Binding
from schedlab.cluster.facts import Fact, PodEnded
from schedlab.cluster.pods import NOWHERE
from schedlab.scheduling.active import Lanes
from schedlab.scheduling.asleep import Asleep
from schedlab.scheduling.cycle import cycle
from schedlab.scheduling.gang_cycle import gang_cycle
from schedlab.scheduling.gang_preemption import gang_preemption
from schedlab.scheduling.group import Cohort, Group
from schedlab.scheduling.intake import Intake
from schedlab.scheduling.preemption import Preemption
from schedlab.scheduling.queue import Lengths, Queue
from schedlab.scheduling.waker import Waker
from schedlab.scoring import Evaluator, Profile
from schedlab.scoring.evaluation import local
from schedlab.scoring.order import key_of, lane_key_of, lane_of
from schedlab.sim.events import (
    BOUND,
    DECIDED,
    FLUSH,
    GANG_TIMEOUT,
    MEASURED,
    OVERDUE,
    RELEASED,
    RETRY,
    ROOM,
    SCHEDULING,
    SUBMITTED,
    UNGATED,
    Event,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView, Plan
    from schedlab.cluster.log import Cursor
    from schedlab.plugins.api import Plugin
    from schedlab.scheduling.gangs import Gangs

CHANGE = {RELEASED: "release", BOUND: "bind", ROOM: "node", MEASURED: "usage"}  # what filters call it in wake_on
ALSO = {RELEASED: "usage"}  # what left used something
RETRIES = 100_000  # timers in a row that may go off while nothing changes; a run without a horizon ends then


def lanes_of(order: Plugin | None, view: ClusterView) -> Lanes | None:
    """Return the lanes that an order has, if any."""
    if order is None or order.lane is None:
        return None
    return Lanes(partial(lane_of, order, view), partial(lane_key_of, order, view))


class Decision(NamedTuple):
    """A decision: what was tried, what is to be done, and what it knew of the log."""

    cohort: Cohort
    pods: list[int]
    plan: Plan
    cursor: Cursor


class Scheduler:
    """Runs a profile over the queue whenever a pod arrives or something happens that may help one that waits.

    Pods wait as in kube-scheduler, see `Queue`; those of a gang are tried together. Where filters of scope static or
    node reject every node, one verdict serves a pod class. Otherwise the pod that was rejected is tried by itself from
    then on, or, where all filters declare what they read of a pod, its class. Where the profile orders the queue or
    decisions take time, each pod is tried by itself.

    What failed is tried again only after a change that one of its rejecters names, when their time to retry has come,
    or after five minutes. Rejecters are the filters that were the first to reject some node: while all of them hold,
    it fits nowhere.

    Parameters
    ----------
    gangs
        Of the workload; None if there are none.
    initial
        bool (P,): pods that ran before time 0; None: none. Placing them at that time costs nothing.
    """

    phase: ClassVar[int] = SCHEDULING

    def __init__(
        self,
        profile: Profile,
        view: ClusterView,
        seed: int = 0,
        gangs: Gangs | None = None,
        initial: NDArray[np.bool_] | None = None,
    ) -> None:
        self._evaluator = Evaluator(profile, view)
        self._profile, self._view, self._seed, self._gangs = profile, view, seed, gangs
        self._initial = initial
        self._preemption: Preemption | None = None
        if profile.preemption is not None:
            self._preemption = Preemption(self._evaluator, profile.preemption, seed)
        self._last_key: Any = None
        free = profile.decision_time is None
        self._evaluator.counting = not free
        self._by_class = profile.order is None and free
        steady = (plugin.wake_on or () for plugin in profile.filters if local(plugin))
        heard = frozenset({"release", "node"}).union(*steady)
        key = self._key if profile.order else None
        self.queue = Queue(key, Asleep(heard), profile.backoff, lanes_of(profile.order, view))
        self._waker = Waker(self.queue, self._evaluator, self._preemption, lazy=free)
        self._classes: dict[int, Group] = {}
        self._crews: dict[int, Group] = {}  # gang -> its group in the queue
        self.intake = Intake(gangs)
        self.decisions = 0  # cycles run
        self.busy = 0  # microseconds that those took that are over
        named = frozenset[str]().union(*(plugin.wake_on or () for plugin in profile.filters))
        self.kinds = frozenset({SUBMITTED, UNGATED, RELEASED, ROOM, RETRY, FLUSH, DECIDED, OVERDUE})
        self.kinds |= {kind for kind in CHANGE if CHANGE[kind] in named}
        self._told: dict[int, int] = {}  # pod -> the attempt of which it was told why it waits
        self._still: tuple[Cursor | None, int] = None, 0  # the log, and timers gone off since it was so
        self._busy: Decision | None = None  # under way
        self._began = 0  # when it began
        self._missed: set[str] = set()  # what happened meanwhile

    def lengths(self) -> Lengths:
        """Return how many pods are in which part of the queue."""
        return self.queue.lengths()

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Plan | Event | Fact]:
        """Queue what arrived, wake what may fit now, and schedule until nothing more can be placed."""
        yield from self._hear(now, batch, view)
        for event in batch:
            if event.kind in (SUBMITTED, UNGATED):
                yield from self._admit(event, now, view)
            elif event.kind == OVERDUE:
                yield from self._give_up(event.subject, now)
        if self._busy is not None:
            if not any(event.kind == DECIDED for event in batch):
                return
            decision, self._busy = self._busy, None
            self.busy += now - self._began
            yield from self._conclude(decision, now, view)
        while (cohort := self.queue.pop(now)) is not None:
            self._missed.clear()
            start, scored = time.perf_counter(), self._evaluator.scored
            decision = self._decide(cohort, view)
            charge = self._profile.decision_time
            if charge is not None and not self._ran_before(decision.pods, now):
                scored = self._evaluator.scored - scored
                cost = charge.of(len(decision.pods), scored, time.perf_counter() - start)
                self._busy, self._began = decision, now
                yield Event(now + cost, DECIDED)
                return
            yield from self._conclude(decision, now, view)

    def _ran_before(self, pods: list[int], now: int) -> bool:
        """Say whether some pods were placed before the run began."""
        return now == 0 and self._initial is not None and bool(self._initial[pods].all())

    # who waits

    def _admit(self, event: Event, now: int, view: ClusterView) -> Iterator[Event]:
        """Queue a pod that was submitted, unless it has gates or the rest of its gang is missing."""
        pod, intake = event.subject, self.intake
        if not (intake.ungated(pod) if event.kind == UNGATED else intake.submitted(pod, view)):
            return
        gang = intake.gang(pod, view)
        if gang < 0 or self._gangs is None:
            self._push(pod, now, view)
            return
        for until in intake.patience(gang, now):
            yield Event(until, OVERDUE, gang)
        crew = self._crews.get(gang)
        pods = [pod] if crew is not None else self._gangs.admit(pod, gang, view)
        if pods and crew is None and self._gangs.need(gang, view) > 1:
            cls = view.pod_class(pods[0])
            crew = self._crews[gang] = Group(cls.index, cls.priority, gang=gang)
        for each in pods:
            if crew is None:
                self._push(each, now, view)
            else:
                self.queue.push(each, crew, now)
                if crew in self.queue.asleep:  # with one more it may be enough
                    self.queue.wake(crew, now)

    def _push(self, pod: int, now: int, view: ClusterView) -> None:
        """Queue a pod, in the group of its class or by itself."""
        cls = view.pod_class(pod)
        if self._by_class:
            group = self._classes.get(cls.index)
            if group is None:
                group = self._classes[cls.index] = Group(cls.index, cls.priority)
            if not self._waker.may_differ(group):
                self.queue.push(pod, group, now)
                return
        self.queue.push(pod, Group(cls.index, cls.priority, alone=True), now)

    def _give_up(self, gang: int, now: int) -> Iterator[Fact]:
        """End a gang that has waited for too long: its pods will not run, unless it is just being placed."""
        if self._busy is not None and self._busy.cohort.group.gang == gang:
            return
        pods = self.intake.overdue(gang, now)
        if pods is None:
            return
        crew = self._crews.pop(gang, None)
        if crew is not None:
            pods += crew.pods()
            self.queue.forget(crew)
        for pod in pods:
            yield PodEnded(pod, succeeded=False, reason=GANG_TIMEOUT)

    # what happens

    def _hear(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Event]:
        """Wake what may fit now."""
        kinds = {event.kind for event in batch}
        asleep = self.queue.asleep
        changes = {each[kind] for each in (CHANGE, ALSO) for kind in kinds if kind in each}
        self._missed |= changes
        self._waker.woken.clear()
        if len(asleep):
            # what filters do not declare may hang on anything, on the time or who else is there
            others = SUBMITTED in kinds and not self._evaluator.by_class and not asleep.firm
            if changes or others:
                for time_ in self._waker.hear(now, changes):
                    yield Event(time_, FLUSH)
            if RETRY in kinds:
                self._wake_due(now, batch, view)
            if FLUSH in kinds:
                for time_ in self._waker.flush(now):
                    yield Event(time_, FLUSH)

    def _wake_due(self, now: int, batch: list[Event], view: ClusterView) -> None:
        """Wake the groups whose timers go off now."""
        due = [event.detail for event in batch if event.kind == RETRY and event.detail.timer == now]
        if due:
            cursor, count = self._still
            self._still = view.log.cursor(), count + len(due) if cursor == view.log.cursor() else 0
        for group in due:
            group.timer = None
            self._waker.woken.pop(group, None)
            if group in self.queue.asleep:
                self.queue.wake(group, now)

    # decisions

    def _decide(self, cohort: Cohort, view: ClusterView) -> Decision:
        """Run the cycle of a pod or gang."""
        cursor, group = view.log.cursor(), cohort.group
        if group.gang < 0:
            pods = [cohort.first.pod]
            told = self._told.get(pods[0]) == view.pods.attempt[pods[0]]
            plan = cycle(pods[0], self._evaluator, self._seed, self._preemption, told=told)
        else:
            assert self._gangs is not None
            pods = group.pods()
            need = self._gangs.need(group.gang, view)

            def place(pod: int, _: object) -> Plan:
                return cycle(pod, self._evaluator, self._seed)

            plan = gang_cycle(self._gangs.names[group.gang], pods, need, self._evaluator, place)
            if not plan.groups and self._preemption is not None and self._preemption.gangs:
                more = gang_preemption(pods, need, self._evaluator, self._preemption, self._seed)
                plan = plan if more is None else more._replace(unschedulable=plan.unschedulable)
            cursor = view.log.cursor()  # what was tried and undone is no change
        self.decisions += len(pods)
        return Decision(cohort, pods, plan, cursor)

    def _conclude(self, decision: Decision, now: int, view: ClusterView) -> Iterator[Plan | Event | Fact]:
        """Carry a decision out, and take who was placed from the queue or put who failed aside."""
        cohort, pods, plan, _ = decision
        yield plan
        placed = [pod for pod in pods if view.pods.node[pod] != NOWHERE]
        group = cohort.group
        if not placed:
            yield from self._fail(decision, now, view)
            if group.gang >= 0:
                yield from self._give_up(group.gang, now)  # its time may have come in the meantime
            return
        group.timer = None
        if group.gang < 0:
            self.queue.placed(now)
        else:
            del self._crews[group.gang]
            self.intake.placed(group.gang)
            rest = [pod for pod in group.pods() if view.pods.node[pod] == NOWHERE]
            self.queue.placed(now, len(group))
            for pod in rest:  # more than had to be: they go on by themselves
                self._push(pod, now, view)
        self._waker.placed(group, int(view.pods.node[placed[0]]), now)

    def _fail(self, decision: Decision, now: int, view: ClusterView) -> Iterator[Event]:
        """Put the group that was tried aside, and set its timer."""
        plan, evaluator, group = decision.plan, self._evaluator, decision.cohort.group
        refused = bool(plan.groups) and not plan.unschedulable  # it no longer held
        for pod in decision.pods:
            self._told[pod] = int(view.pods.attempt[pod])
        preempts = bool(plan.nominations)
        firm = not refused and evaluator.firm
        if firm and group.gang >= 0:  # of two classes, one may find room where only the other had any
            firm = len({int(view.pods.cls[pod]) for pod in decision.pods}) == 1 and not any(
                view.nominated(pod) is not None for pod in decision.pods
            )
        if self._by_class and (preempts or not (firm or evaluator.by_class)):
            group = self.queue.part()
        self._waker.woken.pop(group, None)
        freed = self._waker.nominates(group, decision.pods[0])
        yield from self._put_aside(group, decision, now, firm=firm)
        for pod, uid in plan.nominations:
            if uid is None and pod != decision.pods[0]:
                self._waker.ousted(pod)
        if preempts:
            self._waker.moved(freed, group.priority, now)

    def _put_aside(self, group: Group, decision: Decision, now: int, *, firm: bool) -> Iterator[Event]:
        """Let a group sleep that failed, and set its timer."""
        plan, evaluator, view = decision.plan, self._evaluator, self._view
        preempts, refused = bool(plan.nominations), bool(plan.groups) and not plan.unschedulable
        if firm and self._by_class and group.alone and group.gang < 0 and group not in self._waker.nominated:
            group = self._classes[group.cls]
            self.queue.rejoin(group, now)
            if group in self.queue.asleep:
                return
        rejecters = () if refused else evaluator.rejecters
        named = [plugin.wake_on for plugin in rejecters if plugin.wake_on is not None]
        hints = frozenset[str]().union(*named) if named and len(named) == len(rejecters) else None
        self.queue.failed(group, now)
        heard = bool(self._missed) and (hints is None or bool(hints & self._missed))
        # no filter is to blame for a plan that was refused: it is tried again after its backoff, as in kube-scheduler
        if self._profile.decision_time is not None and (heard or refused):
            self.queue.requeue(group, now)
            return
        # its nomination is no news to it, but who was evicted at once has left already
        waits = preempts and all(isinstance(each, Binding) or each.grace for each in chain(*plan.groups))
        self.queue.sleep(group, hints, view.log.cursor() if waits else decision.cursor, firm=firm)
        after = [plugin.retry_after for plugin in rejecters if plugin.retry_after]
        if after and self._still[1] < RETRIES:
            due = now + min(after)
            if group.timer is None or group.timer > due:  # one timer is enough: it sets the next
                group.timer = due
                yield Event(due, RETRY, detail=group)

    def _key(self, pod: int) -> Any:
        """Return a pod's place in the queue as the profile orders it."""
        assert self._profile.order is not None
        self._last_key = key_of(self._profile.order, self._view, pod, self._last_key)
        return self._last_key
