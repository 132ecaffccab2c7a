"""The scheduler: takes pods from the queue and runs a cycle for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from schedlab.cluster.log import SPEC, USAGE, USED
from schedlab.cluster.pods import NOWHERE
from schedlab.errors import PluginError
from schedlab.scheduling.cycle import cycle
from schedlab.scheduling.queue import Queue
from schedlab.scoring import Evaluator, Profile
from schedlab.scoring.evaluation import local
from schedlab.sim.events import BOUND, MEASURED, RELEASED, RETRY, ROOM, SCHEDULING, SUBMITTED, Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView, Plan
    from schedlab.cluster.log import Cursor

CHANGE = {RELEASED: "release", BOUND: "bind", ROOM: "node", MEASURED: "usage"}  # what filters call it in wake_on
ALSO = {RELEASED: "usage"}  # what left used something
RETRIES = 100_000  # timers in a row that may go off while nothing changes; a run without a horizon ends then


class Scheduler:
    """Runs a profile over the queue whenever a pod arrives or something frees up.

    Where filters of scope static or node reject every node, one verdict serves a pod class: the class is tried again
    only after something changed, and then first on the nodes that changed. Otherwise the pod that was rejected is tried
    by itself from then on, whenever anything happens, or, where all filters declare what they read of a pod, its class.
    Where the profile orders the queue, each pod is tried by itself.

    What failed is tried again only after a change that one of its rejecters names, or when their time to retry has
    come. Rejecters are the filters that were the first to reject some node: while all of them hold, it fits nowhere.
    """

    phase: ClassVar[int] = SCHEDULING

    def __init__(self, profile: Profile, view: ClusterView, seed: int = 0) -> None:
        self._evaluator = Evaluator(profile, view)
        self._order, self._view, self._last_key = profile.order, view, _NO_KEY
        self._by_class = profile.order is None
        self.queue = Queue(self._key if profile.order else None)
        self._seed = seed
        self.decisions = 0  # cycles run
        named = frozenset[str]().union(*(plugin.wake_on or () for plugin in profile.filters))
        self.kinds = frozenset({SUBMITTED, RELEASED, ROOM}) | {kind for kind in CHANGE if CHANGE[kind] in named}
        if any(plugin.retry_after for plugin in profile.filters):
            self.kinds |= {RETRY}
        self._groups = SPEC | USED | (USAGE if "usage" in named else 0)
        self._hints: dict[int, frozenset[str]] = {}  # group of the queue -> what may change its verdict; else anything
        steady = (plugin.wake_on or () for plugin in profile.filters if local(plugin))
        self._heard = frozenset({"release", "node"}).union(*steady)  # what wakes firm groups, if not less does
        self._firm = set[int]()  # sleeping groups whose verdict holds on nodes that do not change
        self._timers: dict[int, int] = {}  # group -> when it is to be tried again, at the latest
        self._still: tuple[Cursor | None, int] = None, 0  # the log, and timers gone off since it was so

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Plan | Event]:
        """Queue what arrived, wake what may fit now, and schedule until nothing more can be placed."""
        queue = self.queue
        for event in batch:
            if event.kind == SUBMITTED:
                cls = view.pod_class(event.subject)
                queue.push(event.subject, cls.index if self._by_class else event.subject, cls.priority, now)
        woken, changed = self._wake_changed(batch, view) if queue.asleep else (set[int](), _NONE)
        if self._timers:
            woken -= self._wake_due(now, batch, view)
        while (head := queue.peek()) is not None:
            self.decisions += 1
            plan = cycle(head, self._evaluator, self._seed)
            yield plan
            if view.pods.node[head] == NOWHERE:
                yield from self._fail(plan, now, view)
                continue
            self._forget(queue.take(), woken)
            if len(changed):  # one pod less room there: the others' hopes may be gone
                woken -= queue.asleep.keys()
                self._settle(woken, changed, view)

    def _fail(self, plan: Plan, now: int, view: ClusterView) -> Iterator[Event]:
        """Put the group that was tried to sleep, and set its timer."""
        firm = bool(plan.unschedulable) and self._evaluator.firm
        group = self.queue.fail(view.log.cursor(), apart=self._by_class and not (firm or self._evaluator.by_class))
        (self._firm.add if firm else self._firm.discard)(group)
        rejecters = self._evaluator.rejecters if plan.unschedulable else ()
        named = [plugin.wake_on for plugin in rejecters if plugin.wake_on is not None]
        self._hints.pop(group, None)
        if named and len(named) == len(rejecters):
            self._hints[group] = frozenset[str]().union(*named)
        after = [plugin.retry_after for plugin in rejecters if plugin.retry_after]
        if after and self._still[1] < RETRIES:
            due = now + min(after)
            if self._timers.get(group, due + 1) > due:  # one timer is enough: it sets the next
                self._timers[group] = due
                yield Event(due, RETRY, group)

    def _forget(self, group: int, woken: set[int]) -> None:
        """Drop what is known of a group of which a pod was placed."""
        self._timers.pop(group, None)
        self._hints.pop(group, None)
        if group < 0 or not self._by_class:
            woken.discard(group)
            self._firm.discard(group)

    def _wake_due(self, now: int, batch: list[Event], view: ClusterView) -> set[int]:
        """Wake the groups whose timers go off now, and return them."""
        due = {event.subject for event in batch if event.kind == RETRY and self._timers.get(event.subject) == now}
        if due:
            cursor, count = self._still
            self._still = view.log.cursor(), count + len(due) if cursor == view.log.cursor() else 0
        for group in due:
            del self._timers[group]
            if group in self.queue.asleep:
                self.queue.wake(group)
        return due

    def _wake_changed(self, batch: list[Event], view: ClusterView) -> tuple[set[int], NDArray[np.int64]]:
        """Wake the groups that may fit now; return them and the nodes that changed, none if too many did."""
        kinds = {event.kind for event in batch if event.kind != RETRY}
        queue, count = self.queue, len(view.nodes("static"))
        if not kinds or (kinds == {SUBMITTED} and (self._evaluator.by_class or queue.asleep.keys() <= self._firm)):
            return set(), _NONE
        changes = {each[kind] for each in (CHANGE, ALSO) for kind in kinds if kind in each}
        groups = {group for group in queue.asleep if self._hears(group, changes)}
        firm = groups & self._firm
        if kinds == {SUBMITTED}:  # which makes room nowhere
            groups, firm = groups - firm, set()
        changed = set[int]()
        for cursor in {queue.asleep[group] for group in firm}:
            since = view.log.since(cursor, self._groups)
            changed |= set(range(count)) if since is None else since
        for group in groups:
            queue.wake(group)
        if 4 * len(changed) > count:
            return firm, _NONE
        positions = np.fromiter(changed, np.int64, len(changed))
        self._settle(firm, positions, view)
        return firm - queue.asleep.keys(), positions

    def _hears(self, group: int, changes: set[str]) -> bool:
        """Return whether some changes could change the verdict on a sleeping group, as far as filters say."""
        hint = self._hints.get(group, self._heard if group in self._firm else None)
        return hint is None or not hint.isdisjoint(changes)

    def _settle(self, groups: set[int], positions: NDArray[np.int64], view: ClusterView) -> None:
        """Put those groups back to sleep that fit on none of the nodes that changed since they failed."""
        classes = {group: self._class_of(group, view) for group in groups}
        distinct = sorted(set(classes.values()))
        hopeful = self._evaluator.could_fit(distinct, positions) if classes and len(positions) else set()
        for group, cls in classes.items():
            if cls not in hopeful:
                self.queue.sleep(group, view.log.cursor())
                self._hints.pop(group, None)  # other filters may be the first to reject now

    def _class_of(self, group: int, view: ClusterView) -> int:
        """Return the class of a group of the queue: it is a class, or a pod."""
        if self._by_class and group >= 0:
            return group
        return int(view.pods.cls[-1 - group if group < 0 else group])

    def _key(self, pod: int) -> Any:
        """Return a pod's place in the queue as the profile orders it."""
        plugin, view = self._order, self._view
        assert plugin is not None
        assert plugin.order is not None
        try:
            key = plugin.order(view.pod(pod).shown_to(plugin.name, oracle=plugin.oracle), view.now)
            other = key if self._last_key is _NO_KEY else self._last_key
            if not (key < other or key >= other):  # or it raises
                raise ValueError(f"{key!r:.60} does not sort with {other!r:.60}")
        except Exception as error:
            text = f"key: {type(error).__name__}: {error}"
            raise PluginError(plugin.name, view.pods.name(pod), text, time=view.now) from error
        self._last_key = key
        return key


_NO_KEY: Any = object()
_NONE: NDArray[np.int64] = np.zeros(0, np.int64)
