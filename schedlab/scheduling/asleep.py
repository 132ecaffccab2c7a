"""Asleep: the groups of the queue that fit nowhere, and what may change that."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from schedlab.scoring.hopes import ClassSet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from schedlab.cluster.log import Cursor
    from schedlab.scheduling.group import Group

NEVER = (-1, 0, 0, 0)  # a cursor of no epoch
Hints = frozenset[str] | None  # kinds of changes; None: any


class Sleepers:
    """Groups with the same hints. What is known of them holds up to one place in the log.

    Attributes
    ----------
    firm
        Whether they were rejected by filters whose verdict holds on every node that does not change.
    heard
        The times at which something happened that would have had them tried again, microseconds.
    unheard
        When something last happened that is no reason to try them now but, in the end, to flush them; microseconds.
    flush
        When those of them that were put aside before are to be flushed, microseconds; past or None: no time is set.
    """

    __slots__ = ("by_class", "classes", "cursor", "firm", "flush", "heard", "unheard")

    def __init__(self, firm: bool) -> None:
        self.firm = firm
        self.by_class: dict[int, dict[Group, None]] = {}  # in the order in which they fell asleep
        self.classes = ClassSet()
        self.cursor: Cursor = NEVER
        self.heard = array("q")
        self.unheard = -1
        self.flush: int | None = None

    def __iter__(self) -> Iterator[Group]:
        return (group for groups in self.by_class.values() for group in groups)

    def add(self, group: Group, cursor: Cursor) -> None:
        """Add a group; that the others' cursor is older only means that it is looked at sooner."""
        if not self.by_class:
            self.cursor = cursor
        if group.cls not in self.by_class:
            self.by_class[group.cls] = {}
            self.classes.add(group.cls)
        self.by_class[group.cls][group] = None
        for cohort in group.cohorts:
            cohort.heard = len(self.heard)

    def drop(self, group: Group) -> None:
        """Remove a group."""
        groups = self.by_class[group.cls]
        del groups[group]
        if not groups:
            del self.by_class[group.cls]
            self.classes.drop(group.cls)


class Asleep:
    """All groups that sleep, by their hints; ``group in asleep`` and ``len(asleep)`` work.

    Parameters
    ----------
    heard
        The kinds of changes that may wake firm groups without hints.

    Attributes
    ----------
    pods
        How many pods these groups have.
    open
        The firm groups without hints.
    """

    def __init__(self, heard: frozenset[str] = frozenset()) -> None:
        self._heard = heard
        self.open = Sleepers(firm=True)
        self._kinds: dict[tuple[Hints, bool], Sleepers] = {(None, True): self.open}
        self._bed: dict[Group, Sleepers] = {}
        self.pods = 0

    def __len__(self) -> int:
        return len(self._bed)

    def __contains__(self, group: Group) -> bool:
        return group in self._bed

    def __iter__(self) -> Iterator[Sleepers]:
        return (sleepers for sleepers in list(self._kinds.values()) if sleepers.by_class)

    def bed(self, group: Group) -> Sleepers | None:
        """Return with whom a group sleeps, None if it does not."""
        return self._bed.get(group)

    @property
    def firm(self) -> bool:
        """Whether all who sleep are firm."""
        return not any(sleepers.by_class for sleepers in self._kinds.values() if not sleepers.firm)

    def add(self, group: Group, hints: Hints, cursor: Cursor, *, firm: bool) -> None:
        """Put a group to sleep, or change its hints; ``cursor`` is what its verdict knew of the log."""
        if group in self._bed:
            self.drop(group)
        kind = hints, firm
        if kind not in self._kinds:
            self._kinds[kind] = Sleepers(firm)
        self._bed[group] = self._kinds[kind]
        self._kinds[kind].add(group, cursor)
        self.pods += len(group)

    def drop(self, group: Group) -> None:
        """Let a group sleep no more."""
        self._bed.pop(group).drop(group)
        self.pods -= len(group)

    def concerned(self, changes: Collection[str]) -> tuple[list[Sleepers], list[Sleepers]]:
        """Return those that a change of one of these kinds may wake, and the others."""
        found: tuple[list[Sleepers], list[Sleepers]] = [], []
        for (hints, firm), sleepers in self._kinds.items():
            if sleepers.by_class:
                heard = self._heard if hints is None and firm else hints
                found[heard is not None and heard.isdisjoint(changes)].append(sleepers)
        return found
