"""The engine: simulated time, and the order of things within an instant."""

from __future__ import annotations

import heapq
import time
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from schedlab.cluster import Binding, Cluster, ClusterView, Plan, facts, invariants
from schedlab.errors import SchedlabError
from schedlab.sim.events import (
    BOUND,
    DELETED,
    EVICTED,
    FINISH,
    LOST,
    MEASURED,
    MOVED,
    RELEASED,
    ROOM,
    SCHEDULING,
    STARTED,
    SUBMITTED,
    Controller,
    Event,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from schedlab.sim.recorder import Recorder

ROUNDS = 1000  # within one instant; more is a cycle of controllers that answer each other
NEVER = 2**63 - 1
_INBOX = itemgetter(1)


class Engine:
    """Replays arrivals on a cluster under some controllers.

    Arrivals are a sorted column and completions packed integers in a heap; a heap of events serves the rest.

    Parameters
    ----------
    cluster, view
        The state and the view of it that controllers get.
    controllers
        Called in the order of their phases.
    arrivals
        int64 (P,), sorted: when pod 0, 1, ... is submitted, microseconds.
    recorder
        Told of everything that happens.
    check
        Whether to recount the whole cluster after every change (slow).
    watch
        Called with the engine and a plan before each plan is applied; what it raises ends the run.
    """

    def __init__(
        self,
        cluster: Cluster,
        view: ClusterView,
        controllers: Sequence[Controller],
        arrivals: NDArray[np.int64],
        recorder: Recorder,
        *,
        check: bool = False,
        watch: Callable[[Engine, Plan], None] | None = None,
    ) -> None:
        self.cluster, self.view, self.recorder, self.check, self.watch = cluster, view, recorder, check, watch
        self.controllers = sorted(controllers, key=lambda controller: controller.phase)
        self.scheduling_s = 0.0  # wall time; the process's CPU time is twenty times as dear to ask for
        self._controlled: list[tuple[Controller, list[Event]]] = [(each, []) for each in self.controllers]
        self._subscribers: dict[str, list[list[Event]]] = {}
        for controller, inbox in self._controlled:
            for kind in controller.kinds:
                self._subscribers.setdefault(kind, []).append(inbox)
        self._arrivals, self._arrived = arrivals.tolist(), 0
        self._completions: list[int] = []  # time << 32 | pod
        self._due: dict[int, tuple[int, Any]] = {}  # pod -> when it ends, why it fails; else in the heap: stale
        self._events: list[tuple[int, int, Event]] = []  # (time, sequence, event)
        self._sequence = 0
        self._changed = 0  # when something last changed
        self._now: list[Event] = []  # emitted for this instant, for the next round

    def schedule(self, event: Event) -> None:
        """Put an event on the heap."""
        heapq.heappush(self._events, (event.time, self._sequence, event))
        self._sequence += 1

    def run(self, until: int | None = None) -> int:
        """Run to the end, or up to and including ``until``; return the time reached, microseconds."""
        stop = NEVER if until is None else until
        while (now := self._next()) <= stop and now != NEVER:
            if now < self.cluster.now:
                raise SchedlabError(f"after {self.cluster.now / 1e6:g} s comes {now / 1e6:g} s: events are not sorted")
            self.cluster.now = now
            self._instant(now)
        end = self._changed if until is None else until
        self.recorder.end(end, self.view)
        return end

    def _change(self, now: int) -> None:
        """Note that something is about to change: a run ends with its last change, not with a stale event."""
        if self._changed != now:
            self.recorder.sample_until(now, self.view)
            self._changed = now

    def _next(self) -> int:
        arrival = self._arrivals[self._arrived] if self._arrived < len(self._arrivals) else NEVER
        completion = self._completions[0] >> 32 if self._completions else NEVER
        return min(arrival, completion, self._events[0][0] if self._events else NEVER)

    def _instant(self, now: int) -> None:
        batch: list[Event] = []
        self._collect(now)
        for _ in range(ROUNDS):
            # One controller a round, the first in order: scheduling waits until nodes and evictions have settled.
            ready = next(filter(_INBOX, self._controlled), None)
            if ready is None:
                return
            controller, inbox = ready
            batch = inbox[:]
            inbox.clear()
            self._call(controller, now, batch)
            if self._now or (self._completions and self._completions[0] >> 32 == now):
                self._collect(now)
        left = (batch, *(inbox for _, inbox in self._controlled))
        kinds = sorted({event.kind for events in left for event in events})
        raise SchedlabError(f"at {now / 1e6:g} s controllers answer each other without end: {', '.join(kinds)}")

    def _call(self, controller: Controller, now: int, batch: list[Event]) -> None:
        scheduling = controller.phase == SCHEDULING
        if scheduling:  # its queue moves at any event, whether or not something changes
            self.recorder.sample_until(now, self.view)
        start = time.perf_counter()
        for output in controller.handle(now, batch, self.view):
            if isinstance(output, Plan):
                self._apply(output, now)
            elif isinstance(output, Event):
                self._emit(output, now)
            else:
                self._update(output, now)
        if scheduling:
            self.scheduling_s += time.perf_counter() - start

    def _collect(self, now: int) -> None:
        while self._completions and self._completions[0] >> 32 == now:
            pod = heapq.heappop(self._completions) & 0xFFFFFFFF
            due, reason = self._due.get(pod, (NEVER, None))
            if due == now:
                self._update(facts.PodEnded(pod, succeeded=reason is None, reason=reason or ""), now)
        while self._events and self._events[0][0] == now:
            self._dispatch(heapq.heappop(self._events)[2])
        while self._arrived < len(self._arrivals) and self._arrivals[self._arrived] == now:
            self._dispatch(Event(now, SUBMITTED, self._arrived))
            self._arrived += 1
        emitted, self._now = self._now, []
        for event in emitted:
            self._dispatch(event)

    def _dispatch(self, event: Event) -> None:
        if event.kind == SUBMITTED:
            self._change(event.time)
            self.cluster.update(facts.PodQueued(event.subject))
            self.recorder.queued(event.subject)
        for inbox in self._subscribers.get(event.kind, ()):
            inbox.append(event)

    def _emit(self, event: Event, now: int) -> None:
        if event.time < now:
            raise SchedlabError(f"at {now / 1e6:g} s {event.kind!r} is asked for {event.time / 1e6:g} s, which is past")
        if event.kind == FINISH:
            self._due[event.subject] = event.time, event.detail
            heapq.heappush(self._completions, event.time << 32 | event.subject)
        elif event.kind == MOVED:
            self.recorder.moved(event.subject, *event.detail)
        elif event.time > now:
            self.schedule(event)
        elif event.kind in self._subscribers:
            self._now.append(event)

    def _apply(self, plan: Plan, now: int) -> None:
        if self.watch is not None:
            self.watch(self, plan)
        if plan.groups or plan.nominations:  # else it only tells what waits
            self._change(now)
        terminating = self.cluster.pods.terminating
        ending = {each.pod for group in plan.groups for each in group if terminating[each.pod]}
        outcome = self.cluster.apply(plan)
        for pod, reason in plan.unschedulable:  # before the evictions that make room for it
            self.recorder.waits(pod, reason)
        for action in outcome.applied:
            pod = action.pod
            if isinstance(action, Binding):
                self.recorder.bound(pod, action.node, action.devices)
                self._emit(Event(now, BOUND, pod), now)
            elif action.grace and pod in ending:
                pass  # it was asked to end before, and goes when it was to go
            elif action.grace:
                self.recorder.evicted(pod, action.attempt, action.reason)
                self._emit(Event(now, DELETED, pod, action), now)
            else:
                self.recorder.evicted(pod, action.attempt, action.reason)
                self._gone(pod, action.reason, EVICTED, now)
        for group, reason in outcome.refused:
            self.recorder.refused(group[0].pod, reason)
        if self.check:
            invariants.check(self.cluster)

    def _gone(self, pod: int, reason: str, kind: str, now: int) -> None:
        """Tell that an attempt of a pod was taken off its node."""
        self._due.pop(pod, None)
        self.recorder.taken(pod, reason)
        self._emit(Event(now, kind, pod, reason), now)
        self._emit(Event(now, RELEASED, pod), now)

    def _update(self, fact: facts.Fact, now: int) -> None:
        cluster, recorder = self.cluster, self.recorder
        self._change(now)
        gone = cluster.update(fact)
        match fact:
            case facts.UsageSampled(pod):  # most of all facts
                if MEASURED in self._subscribers:
                    self._emit(Event(now, MEASURED, pod), now)
            case facts.PodStarted(pod):
                recorder.started(pod)
                self._emit(Event(now, STARTED, pod), now)
            case facts.PodEnded(pod, succeeded, reason):
                self._due.pop(pod, None)
                recorder.ended(pod, succeeded=succeeded, reason=reason)
                for each in gone:
                    self._emit(Event(now, RELEASED, each), now)
            case facts.NodeAdded(node):
                recorder.node("add", node.metadata.name)
                self._emit(Event(now, ROOM, cluster.nodes.by_name[node.metadata.name]), now)
            case facts.NodeCordoned(name, unschedulable):
                recorder.node("cordon" if unschedulable else "uncordon", name)
                if not unschedulable:
                    self._emit(Event(now, ROOM, cluster.nodes.by_name[name]), now)
            case facts.NodeUpdated(node):
                self._emit(Event(now, ROOM, cluster.nodes.by_name[node.metadata.name]), now)
            case facts.NodeRemoved(name):
                recorder.node("remove", name)
                for pod in gone:
                    self._gone(pod, "NodeLost", LOST, now)
            case facts.PodKilled(pod, reason):
                self._gone(pod, reason, EVICTED, now)
        if self.check:
            invariants.check(cluster)
