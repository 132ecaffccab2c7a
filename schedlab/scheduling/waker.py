"""Waker: what happens, and which sleeping groups it gives hope."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from schedlab.cluster.hosting import Hosting
from schedlab.cluster.log import SPEC, USAGE, USED
from schedlab.scheduling.retries import next_flush
from schedlab.scoring.could_fit import could_fit
from schedlab.scoring.hopes import ClassSet

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator

    from schedlab.cluster import ClusterView
    from schedlab.scheduling.asleep import Sleepers
    from schedlab.scheduling.group import Group
    from schedlab.scheduling.preemption import Preemption
    from schedlab.scheduling.queue import Queue
    from schedlab.scoring import Evaluator


NO_NODE = -1  # a uid that no node has


class Waker:
    """Decides which groups of a queue are tried again after a change.

    Where decisions take no time, firm groups of which it is certain that they would fail again are left asleep: the
    queue finds out later what they have missed.

    Attributes
    ----------
    woken
        The firm groups that were given hope at this instant and not placed since.
    where
        The nodes that this hope is founded on; none if they are many.
    nominated
        Firm groups whose pod is nominated for a node, by uid: what happens there is a reason to try them.
    """

    def __init__(self, queue: Queue, evaluator: Evaluator, preemption: Preemption | None, *, lazy: bool) -> None:
        self._queue, self._evaluator, self._preemption, self._lazy = queue, evaluator, preemption, lazy
        filters = evaluator.profile.filters
        self._local = [each for each in filters if each.filter_scope == "node" and each.prepare is None]
        named = frozenset[str]().union(*(plugin.wake_on or () for plugin in evaluator.profile.filters))
        self._groups = SPEC | USED | (USAGE if "usage" in named else 0)
        self.woken: dict[Group, None] = {}
        self.where = array("i")
        self.nominated: dict[Group, int] = {}

    def hear(self, now: int, changes: Collection[str]) -> Iterator[int]:
        """Wake the groups that some kinds of changes may help, and yield the times at which to `flush`."""
        queue, view = self._queue, self._evaluator.view
        concerned, others = queue.asleep.concerned(changes)
        lazy = [each for each in concerned if each.firm and self._lazy]
        for sleepers in concerned:
            if sleepers not in lazy:
                self._wake(list(sleepers), now)
        if lazy:
            self._wake_hopeful(lazy, now, view)
        # who is bound can be evicted again, and no more is free then
        more = any(change != "bind" for change in changes)
        for sleepers in others if changes else ():
            if not (sleepers.firm and self._lazy) or (self._preemption is not None and more):
                sleepers.unheard = now
                if sleepers.flush is None or sleepers.flush < now:
                    yield from self._set_flush(sleepers, now)

    def _wake(self, groups: Iterable[Group], now: int) -> None:
        for group in groups:
            self._queue.wake(group, now)

    def _wake_hopeful(self, firm: list[Sleepers], now: int, view: ClusterView) -> None:
        """Wake the firm groups that may fit on a node that changed since they failed; the others fail again."""
        cursor, count, changed = view.log.cursor(), len(view.nodes("static")), set[int]()
        for sleepers in firm:
            since = view.log.since(sleepers.cursor, self._groups)
            changed |= set(range(count)) if since is None else since
        self.where = array("i") if 4 * len(changed) > count else array("i", changed)
        for sleepers in firm:
            if self.where:
                fit, hopeful = self._hopes(sleepers.classes, self.where)
                some = (group for cls in hopeful for group in sleepers.by_class[cls] if self._may_go(group, fit))
                groups = dict.fromkeys((*some, *self._touched(sleepers, changed)))
            else:
                groups = dict.fromkeys(sleepers if changed else ())
            self._wake(groups, now)
            self.woken |= groups
        self._queue.settle(firm, now, cursor)

    def _touched(self, sleepers: Sleepers, changed: set[int]) -> Iterator[Group]:
        """Yield the groups that are nominated for a node that is gone, or changed so as to matter."""
        for group, uid in self.nominated.items():
            position = self._evaluator.view.position(uid)
            touched = position is None or position in changed
            if touched and self._queue.asleep.bed(group) is sleepers and not self._waits_for(group):
                yield group

    def _waits_for(self, group: Group) -> bool:
        """Return whether a pod is nominated for a node where it does not fit before more of its victims have left."""
        position = self._evaluator.view.position(self.nominated.get(group, NO_NODE))
        if position is None or self._preemption is None:
            return False
        pod = group.cohorts[0].first.pod
        waits = self._preemption.under_way(pod, position)
        return waits and not self._evaluator.fits(pod, np.array([position]))[0]

    def _may_go(self, group: Group, fit: Container[int]) -> bool:
        """Return whether a group of a class with hope has some: one whose victims are on their way evicts no others."""
        return group not in self.nominated or group.cls in fit or not self._waits_for(group)

    def _hopes(self, classes: ClassSet, where: array[int]) -> tuple[list[int], list[int]]:
        """Return the classes that may pass on one of some nodes, and those and more that evicting others may help."""
        found: list[int] = []
        for some, free, claimed in self._apart(classes, where):
            found += self._evaluator.could_fit(some, free) if free else []
            if claimed is not None and (others := some.without(ClassSet(found))):
                found += could_fit(self._local, self._evaluator.view, others, claimed)
        if self._preemption is None or self._preemption.idle:
            return found, found
        others = classes.without(ClassSet(found))
        return found, found + self._preemption.hopeful(others, np.array(where, np.int64))

    def _apart(self, classes: ClassSet, where: array[int]) -> Iterator[tuple[ClassSet, array[int], Hosting | None]]:
        """Yield classes of one priority, the nodes on which none goes before them, and the others with who does."""
        view = self._evaluator.view
        if not view.nominees:
            yield classes, where, None
            return
        by_priority: dict[int, list[int]] = {}
        for cls in classes:
            by_priority.setdefault(int(view.priorities[cls]), []).append(cls)
        for priority, some in by_priority.items():
            guests = view.claims(priority)
            among = None if guests is None else np.isin(guests.positions, np.array(where, np.int64))
            if guests is None or among is None or not among.any():
                yield ClassSet(some), where, None
                continue
            there = guests._replace(positions=guests.positions[among], counts=guests.counts[:, among])
            taken = set(there.positions.tolist())
            free = array("i", (position for position in where if position not in taken))
            yield ClassSet(some), free, Hosting(view.nodes("node"), there)

    def placed(self, group: Group, position: int, now: int) -> None:
        """Note that a pod of a group was placed: one pod less room there, and the others' hopes may be gone.

        If it was nominated for another node, that has room now for pods of no higher priority.
        """
        if group.alone:
            self.woken.pop(group, None)
        left = self._evaluator.view.position(self.nominated.pop(group, NO_NODE))
        self.moved(None if left == position else left, group.priority, now)

    def nominates(self, group: Group, pod: int) -> int | None:
        """Note for which node the pod of a group waits, if for one; return where it did before, if elsewhere."""
        view = self._evaluator.view
        left, position = view.position(self.nominated.pop(group, NO_NODE)), view.nominated(pod)
        if position is not None:
            self.nominated[group] = int(view.nodes("static").uid[position])
        return None if left == position else left

    def moved(self, left: int | None, priority: int, now: int) -> None:
        """Note that a pod of some priority is or will be where it was not, and claims the node at ``left`` no more."""
        if left is not None:
            self._freed(left, priority, now)
        self.look_again(now)

    def ousted(self, pod: int) -> None:
        """Note that another pod took the nomination of a pod, which may now push out others anywhere."""
        for group in self.nominated:
            if group.cohorts and group.cohorts[0].first.pod == pod:
                self.nominated[group] = NO_NODE

    def _freed(self, position: int, priority: int, now: int) -> None:
        """Wake the firm groups that may fit where a claim of some priority is gone, if their turn is still to come."""
        if not self._lazy:
            return
        view = self._evaluator.view
        found: list[Group] = []
        for sleepers in self._queue.asleep:
            if sleepers.firm:
                hopeful = self._hopes(sleepers.classes, array("i", [position]))[1]
                lower = [cls for cls in hopeful if view.priorities[cls] <= priority]
                found += [group for cls in lower for group in sleepers.by_class[cls]]
        found = [group for group in found if self._queue.is_to_come(group, now)]
        for group in found:
            self._queue.wake(group, now, unheard=1)
        if self.where:
            self.woken |= dict.fromkeys(found)
            self.where.append(position)

    def look_again(self, now: int) -> None:
        """Put back those that were woken and have no hope any more, since others took or claimed what there was."""
        if not (self.woken and self.where):
            return
        self.woken = {each: None for each in self.woken if each not in self._queue.asleep}
        fit, hopeful = self._hopes(ClassSet(each.cls for each in self.woken), self.where) if self.woken else ([], [])
        kept = {each for each in self.woken if each.cls in hopeful and self._may_go(each, fit)}
        kept |= {each for each in self.woken if each in self.nominated and not self._waits_for(each)}
        for each in [each for each in self.woken if each not in kept]:
            self.woken.pop(each)
            self._queue.failed(each, now)
            # other filters may reject first now: no hint holds
            self._queue.sleep(each, None, self._evaluator.view.log.cursor(), firm=True)

    def _due(self, sleepers: Sleepers, now: int) -> dict[Group, int]:
        """Return the groups that have not been tried since something happened that they did not hear, and their flush.

        The others are left alone: if they were tried for ever while nothing happens, a run would have no end.
        """
        stamps = {group: self._queue.last_tried(group, now) for group in sleepers}
        return {group: next_flush(stamp) for group, stamp in stamps.items() if stamp <= sleepers.unheard}

    def may_differ(self, group: Group) -> bool:
        """Return whether a pod that joins a group might be placed though the group sleeps.

        Who was bound meanwhile makes no room, evicted or not; but a claim may be gone of which nobody heard.
        """
        sleepers = self._queue.asleep.bed(group)
        if sleepers is None or not sleepers.firm or not self._evaluator.view.nominations:
            return False
        return bool(self._of_hope(sleepers, [group]))

    def _set_flush(self, sleepers: Sleepers, now: int) -> Iterator[int]:
        sleepers.flush = min(self._due(sleepers, now).values(), default=None)
        if sleepers.flush is not None:
            yield sleepers.flush

    def flush(self, now: int) -> Iterator[int]:
        """Wake those that were put aside too long ago, if anything happened since; yield when to do so again."""
        for sleepers in self._queue.asleep:
            if sleepers.flush != now:
                continue
            due = [group for group, time in self._due(sleepers, now).items() if time <= now]
            if sleepers.firm and self._lazy:
                due = self._of_hope(sleepers, due)
            self._wake(due, now)
            yield from self._set_flush(sleepers, now + 1)

    def _of_hope(self, sleepers: Sleepers, groups: list[Group]) -> list[Group]:
        view = self._evaluator.view
        since = view.log.since(sleepers.cursor, self._groups)
        where = array("i", range(len(view.nodes("static"))) if since is None else since)
        hopeful = self._hopes(ClassSet(group.cls for group in groups), where)[1] if where and groups else []
        return [group for group in groups if group.cls in hopeful]
