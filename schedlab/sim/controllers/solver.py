"""The solver in the loop: places together what waits, as the profile's policy asks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from schedlab.cluster import Eviction, Plan
from schedlab.cluster.facts import Fact, PodEnded
from schedlab.cluster.pods import NOWHERE
from schedlab.errors import InputError, PluginError, SchedlabError
from schedlab.placement.answer import answer
from schedlab.placement.origins.filters import Filters
from schedlab.scheduling.cycle import cycle
from schedlab.scheduling.gang_cycle import gang_cycle
from schedlab.scheduling.intake import Intake
from schedlab.scheduling.queue import Lengths
from schedlab.scoring import Evaluator, Profile
from schedlab.sim.events import (
    ASK,
    CLEARED,
    DECIDED,
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
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from schedlab.cluster import Cluster, ClusterView
    from schedlab.plugins.together.contract import Ask
    from schedlab.scheduling.gangs import Gangs

SECOND = 1_000_000
REJECTED = "Rejected"  # the reason of pods that found no node where nobody may wait


class Decision(NamedTuple):
    """A decision under way: who was waiting when a solver could be asked, and what is to be done."""

    pods: list[int]
    plan: Plan


class Solver:
    """Asks a solver what the profile's policy wants to know, and carries the answer out.

    Pods and gangs wait in one line, without backoff. Something happens where a pod or node comes, or a pod leaves its
    node: then, if the policy wants it, the profile places one pod after the other, by priority, and the policy may ask
    a solver about what is left, at most once in so long a time. What was decided is done after the decision time: one
    decision for the solver and one for each pod that was tried before it, which are placed at once.

    Who is to move or to make room is evicted first, all or none; if that no longer holds, nothing is done. Then those
    who come are bound, each pod or gang for itself; who is refused waits on. Moves take no time: nobody has a grace.

    Parameters
    ----------
    cluster
        That of the view.
    initial
        bool (P,): pods that ran before time 0. Placing them alone at that time costs nothing.

    Raises
    ------
    InputError
        If the profile orders the queue or backfills, or has a filter that no problem can say.
    """

    phase: ClassVar[int] = SCHEDULING
    kinds: ClassVar[frozenset[str]] = frozenset({SUBMITTED, UNGATED, RELEASED, ROOM, OVERDUE, DECIDED, ASK, CLEARED})

    def __init__(
        self,
        profile: Profile,
        cluster: Cluster,
        view: ClusterView,
        seed: int = 0,
        gangs: Gangs | None = None,
        initial: NDArray[np.bool_] | None = None,
    ) -> None:
        assert profile.together is not None
        for other in (profile.order, profile.backfill):
            if other is not None:
                told = f"{other.name} says who goes first, and {profile.together.name} places pods together"
                raise InputError(told, mend="leave one of them out")
        self._policy, self._ask = profile.together.rule, profile.together.together
        self._every = round(self._policy.every * SECOND)
        Filters(profile, view)  # refuses those that no problem can say
        self._evaluator = Evaluator(profile, view)
        self._evaluator.counting = profile.decision_time is not None
        self._profile, self._cluster, self._seed = profile, cluster, seed
        self._gangs, self._initial = gangs, initial
        self._least = {} if gangs is None else gangs.least
        self.intake = Intake(gangs)
        self._line: dict[int, int] = {}  # who waits, in the order they came -> gang
        self._told: dict[int, int] = {}  # pod -> the attempt of which it was told why it waits
        self._stirred = False  # whether something happened since the policy asked
        self._next = 0  # when the policy may ask again
        self._timer = -1  # when it is woken for that
        self._busy: Decision | None = None  # under way
        self._began = 0
        self._moving: frozenset[int] = frozenset()  # evicted in this instant, to be bound anew
        self.decisions = 0  # pods tried, one by one or together
        self.busy = 0  # microseconds that decisions took that are over

    def lengths(self) -> Lengths:
        """Return how many pods wait; nobody backs off."""
        return Lengths(len(self._line), 0, 0)

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Plan | Event | Fact]:
        """Queue what arrived, carry out what is decided, and decide what is next."""
        decided = False
        for event in batch:
            if event.kind in (SUBMITTED, UNGATED):
                yield from self._admit(event, now, view)
            elif event.kind == OVERDUE:
                yield from self._give_up(event.subject, now)
            decided |= event.kind == DECIDED
            self._stirred |= event.kind in (SUBMITTED, UNGATED, RELEASED, ROOM) and event.subject not in self._moving
        for event in batch:
            if event.kind == CLEARED:
                self._moving, self._stirred = frozenset(), True
                yield from self._bind(event.detail, view)
        if self._busy is not None:
            if not decided:
                return
            decision, self._busy = self._busy, None
            self.busy += now - self._began
            yield from self._conclude(decision, now, view)
        if self._stirred and not self._moving:
            yield from self._decide(now, view)

    # who waits

    def _admit(self, event: Event, now: int, view: ClusterView) -> Iterator[Event]:
        """Let a pod wait that was submitted, unless it has gates or the rest of its gang is missing."""
        pod, intake = event.subject, self.intake
        if not (intake.ungated(pod) if event.kind == UNGATED else intake.submitted(pod, view)):
            return
        gang = intake.gang(pod, view)
        if gang < 0 or self._gangs is None:
            self._line[pod] = -1
            return
        for until in intake.patience(gang, now):
            yield Event(until, OVERDUE, gang)
        pods = [pod] if gang in self._line.values() else self._gangs.admit(pod, gang, view)
        self._line.update(dict.fromkeys(pods, gang))

    def _give_up(self, gang: int, now: int) -> Iterator[Fact]:
        """End a gang that has waited for too long: its pods will not run."""
        pods = self.intake.overdue(gang, now)
        if pods is None:
            return
        pods += [pod for pod, of in self._line.items() if of == gang]
        for pod in pods:
            self._line.pop(pod, None)
            yield PodEnded(pod, succeeded=False, reason=GANG_TIMEOUT)

    # decisions

    def _decide(self, now: int, view: ClusterView) -> Iterator[Plan | Event | Fact]:
        """Place pod by pod, ask, and carry the answer out or begin to wait for it."""
        start, before, waiting = time.perf_counter(), self._evaluator.scored, list(self._line)
        decisions = 0
        if self._policy.pod_by_pod:
            for unit in self._units(view):
                decisions += len(unit)
                yield from self._try(unit, view)
        decision = Decision([], Plan())
        if now < self._next:
            if self._timer != self._next:
                self._timer = self._next
                yield Event(self._next, ASK)
        else:
            self._stirred = False
            answered = self._answer(now, view)
            decisions += answered is not None
            decision = Decision(list(self._line), Plan() if answered is None else answered)
        charge = self._profile.decision_time
        if charge is None or not decisions or self._ran_before(waiting, now):
            yield from self._conclude(decision, now, view)
            return
        scored = self._evaluator.scored - before
        self._busy, self._began = decision, now
        yield Event(now + charge.of(decisions, scored, time.perf_counter() - start), DECIDED)

    def _ran_before(self, pods: list[int], now: int) -> bool:
        """Say whether some pods were placed before the run began."""
        return now == 0 and self._initial is not None and bool(self._initial[pods].all())

    def _answer(self, now: int, view: ClusterView) -> Plan | None:
        """Return what a solver decides, if the policy asks one."""
        ask = self._asked(view, list(self._line))
        if ask is None:
            return None
        self._next = now + self._every
        self.decisions += len(ask.pods)
        return answer(ask, self._cluster, profile=self._profile, least=self._least, seed=self._seed)

    def _asked(self, view: ClusterView, pods: list[int]) -> Ask | None:
        """Return what the policy asks; pods may move that run where they could be placed today."""
        assert self._profile.together is not None
        assert self._ask is not None
        try:
            ask: Ask | None = self._ask(view, tuple(pods))
        except SchedlabError:
            raise
        except Exception as error:
            told = f"ask: {type(error).__name__}: {error}"
            raise PluginError(self._profile.together.name, "(all that wait)", told) from error
        if ask is None or not len(ask.movable):
            return ask
        filters = Filters(self._profile, view)
        node, ending = view.pods.node, view.pods.terminating
        return ask._replace(movable=[row for row in ask.movable if not ending[row] and filters.passed(row)[node[row]]])

    def _units(self, view: ClusterView) -> list[list[int]]:
        """Return the pods that wait, by priority and then as they came, those of a gang together."""
        units: dict[int, list[int]] = {}
        for pod, gang in sorted(self._line.items(), key=lambda each: -view.pod_class(each[0]).priority):
            units.setdefault(gang if gang >= 0 else -1 - pod, []).append(pod)
        return list(units.values())

    def _try(self, unit: Sequence[int], view: ClusterView) -> Iterator[Plan]:
        """Run the cycle of a pod or a gang."""
        gang = self._line[unit[0]]
        need = 1 if gang < 0 or self._gangs is None else self._gangs.need(gang, view)
        self.decisions += len(unit)
        if self._gangs is not None and need > 1:
            evaluator, seed = self._evaluator, self._seed
            yield from self._bind(
                gang_cycle(self._gangs.names[gang], unit, need, evaluator, lambda pod, _: cycle(pod, evaluator, seed)),
                view,
            )
            return
        for pod in unit:
            told = self._told.get(pod) == view.pods.attempt[pod]
            yield from self._bind(cycle(pod, self._evaluator, self._seed, told=told), view)

    # what is done

    def _conclude(self, decision: Decision, now: int, view: ClusterView) -> Iterator[Plan | Event | Fact]:
        """Carry a decision out, and end those who found no node, if nobody may wait."""
        groups = decision.plan.groups
        leaving = [each for group in groups for each in group if isinstance(each, Eviction)]
        if leaving:
            yield Plan(groups[:1])
            if any(view.pods.attempt[each.pod] == each.attempt for each in leaving):  # refused: it no longer holds
                self._stirred = True
                return
            self._moving = frozenset(each.pod for each in leaving)
            yield Event(now, CLEARED, detail=decision.plan._replace(groups=groups[1:]))
        else:
            yield from self._bind(decision.plan, view)
        if self._policy.rejects:
            coming = {each.pod for group in groups for each in group}
            for pod in decision.pods:
                if pod in self._line and pod not in coming:
                    del self._line[pod]
                    yield PodEnded(pod, succeeded=False, reason=REJECTED)

    def _bind(self, plan: Plan, view: ClusterView) -> Iterator[Plan]:
        """Carry a plan out that evicts nobody; who is bound waits no more."""
        self._told.update((pod, int(view.pods.attempt[pod])) for pod, _ in plan.unschedulable)
        if not plan.groups and not plan.unschedulable:
            return
        yield plan
        for group in plan.groups:
            for each in group:
                if view.pods.node[each.pod] == NOWHERE:
                    self._stirred = True  # it no longer held
                elif (gang := self._line.pop(each.pod, -1)) >= 0:
                    self.intake.placed(gang)
