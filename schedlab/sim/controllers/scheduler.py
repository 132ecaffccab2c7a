"""The scheduler: takes pods from the queue and runs a cycle for each."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, ClassVar

from schedlab.cluster.log import SPEC, USAGE, USED
from schedlab.cluster.pods import NOWHERE
from schedlab.scheduling.asleep import Asleep
from schedlab.scheduling.cycle import cycle
from schedlab.scheduling.queue import Queue
from schedlab.scoring import Evaluator, Profile
from schedlab.scoring.evaluation import local
from schedlab.scoring.hopes import ClassSet
from schedlab.scoring.order import key_of
from schedlab.sim.events import BOUND, MEASURED, RELEASED, RETRY, ROOM, SCHEDULING, SUBMITTED, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
        self._order, self._view = profile.order, view
        self._last_key: Any = None
        self._by_class = profile.order is None
        steady = (plugin.wake_on or () for plugin in profile.filters if local(plugin))
        heard = frozenset({"release", "node"}).union(*steady)
        self.queue = Queue(self._key if profile.order else None, Asleep(heard))
        self._seed = seed
        self.decisions = 0  # cycles run
        named = frozenset[str]().union(*(plugin.wake_on or () for plugin in profile.filters))
        self.kinds = frozenset({SUBMITTED, RELEASED, ROOM}) | {kind for kind in CHANGE if CHANGE[kind] in named}
        if any(plugin.retry_after for plugin in profile.filters):
            self.kinds |= {RETRY}
        self._groups = SPEC | USED | (USAGE if "usage" in named else 0)
        self._timers: dict[int, int] = {}  # group -> when it is to be tried again, at the latest
        self._still: tuple[Cursor | None, int] = None, 0  # the log, and timers gone off since it was so

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Plan | Event]:
        """Queue what arrived, wake what may fit now, and schedule until nothing more can be placed."""
        queue = self.queue
        for event in batch:
            if event.kind == SUBMITTED:
                cls = view.pod_class(event.subject)
                queue.push(event.subject, cls.index if self._by_class else event.subject, cls.priority, now)
        woken, changed = self._wake_changed(batch, view) if len(queue.asleep) else (set[int](), _NONE)
        if self._timers:
            woken -= self._wake_due(now, batch, view)
        while (head := queue.peek()) is not None:
            self.decisions += 1
            plan = cycle(head, self._evaluator, self._seed)
            yield plan
            if view.pods.node[head] == NOWHERE:
                yield from self._fail(head, plan, now, view)
                continue
            group = queue.take()
            self._timers.pop(group, None)
            if group < 0 or not self._by_class:
                woken.discard(group)
            if woken and changed:  # one pod less room there: the others' hopes may be gone
                woken = self._settle(woken, changed, view)

    def _fail(self, pod: int, plan: Plan, now: int, view: ClusterView) -> Iterator[Event]:
        """Put the group that was tried to sleep, and set its timer."""
        firm = bool(plan.unschedulable) and self._evaluator.firm
        alone = self._by_class and not (firm or self._evaluator.by_class)
        group = self.queue.part() if alone else self.queue.head
        rejecters = self._evaluator.rejecters if plan.unschedulable else ()
        named = [plugin.wake_on for plugin in rejecters if plugin.wake_on is not None]
        hints = frozenset[str]().union(*named) if named and len(named) == len(rejecters) else None
        self.queue.asleep.add(group, int(view.pods.cls[pod]), hints, view.log.cursor(), firm=firm)
        after = [plugin.retry_after for plugin in rejecters if plugin.retry_after]
        if after and self._still[1] < RETRIES:
            due = now + min(after)
            if self._timers.get(group, due + 1) > due:  # one timer is enough: it sets the next
                self._timers[group] = due
                yield Event(due, RETRY, group)

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

    def _wake_changed(self, batch: list[Event], view: ClusterView) -> tuple[set[int], array[int]]:
        """Wake the groups that may fit now.

        Returns
        -------
        set, array
            The firm ones among them, and the nodes that changed since they failed, none if too many did.
        """
        kinds = {event.kind for event in batch if event.kind != RETRY}
        asleep, cursor, arrivals = self.queue.asleep, view.log.cursor(), kinds == {SUBMITTED}  # which make no room
        if not kinds or (arrivals and (self._evaluator.by_class or asleep.firm)):
            return set(), _NONE
        changes = {each[kind] for each in (CHANGE, ALSO) for kind in kinds if kind in each}
        concerned = [each for each in asleep.concerned(changes) if not (arrivals and each.firm)]
        count, changed = len(view.nodes("static")), set[int]()
        for sleepers in concerned:
            if sleepers.firm:
                since = view.log.since(sleepers.cursor, self._groups)
                changed |= set(range(count)) if since is None else since
        where = _NONE if 4 * len(changed) > count else array("i", changed)
        woken = set[int]()
        for sleepers in concerned:
            hopeful: Iterable[int] = sleepers.by_class if changed or not sleepers.firm else ()
            if sleepers.firm and where:
                hopeful = self._evaluator.could_fit(sleepers.classes, where)
            groups = [group for cls in hopeful for group in sleepers.by_class[cls]]
            for group in groups:
                self.queue.wake(group)
            if sleepers.firm:
                woken.update(groups)
                asleep.settle(sleepers, cursor)
        return woken, where

    def _settle(self, groups: set[int], where: array[int], view: ClusterView) -> set[int]:
        """Put those firm groups back to sleep that fit on none of the nodes that changed; return the others."""
        asleep = self.queue.asleep
        classes = {group: self._class_of(group, view) for group in groups if group not in asleep}
        hopeful = self._evaluator.could_fit(ClassSet(classes.values()), where) if classes else []
        for group, cls in classes.items():
            if cls not in hopeful:
                asleep.add(group, cls, None, view.log.cursor(), firm=True)  # other filters may reject first now
        return {group for group, cls in classes.items() if cls in hopeful}

    def _class_of(self, group: int, view: ClusterView) -> int:
        """Return the class of a group of the queue: it is a class, or a pod."""
        if self._by_class and group >= 0:
            return group
        return int(view.pods.cls[-1 - group if group < 0 else group])

    def _key(self, pod: int) -> Any:
        """Return a pod's place in the queue as the profile orders it."""
        assert self._order is not None
        self._last_key = key_of(self._order, self._view, pod, self._last_key)
        return self._last_key


_NONE = array("i")
