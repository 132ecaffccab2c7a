"""Asleep: the groups of the queue that fit nowhere, and what may change that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.scoring.hopes import ClassSet

if TYPE_CHECKING:
    from collections.abc import Collection

    from schedlab.cluster.log import Cursor

NEVER = (-1, 0, 0, 0)  # a cursor of no epoch
Hints = frozenset[str] | None  # kinds of changes; None: any


class Sleepers:
    """Groups with the same hints. What is known of them holds up to one place in the log.

    ``firm`` groups were rejected by filters whose verdict holds on every node that does not change.
    """

    __slots__ = ("by_class", "classes", "cursor", "firm")

    def __init__(self, firm: bool) -> None:
        self.firm = firm
        self.by_class: dict[int, set[int]] = {}  # pod class -> groups
        self.classes = ClassSet()
        self.cursor: Cursor = NEVER

    def add(self, group: int, cls: int, cursor: Cursor) -> None:
        """Add a group; that the others' cursor is older only means that it is looked at sooner."""
        if not self.by_class:
            self.cursor = cursor
        if cls not in self.by_class:
            self.by_class[cls] = set()
            self.classes.add(cls)
        self.by_class[cls].add(group)

    def drop(self, group: int, cls: int) -> None:
        """Remove a group."""
        groups = self.by_class[cls]
        groups.remove(group)
        if not groups:
            del self.by_class[cls]
            self.classes.drop(cls)


class Asleep:
    """All groups that sleep, by their hints; ``group in asleep`` and ``len(asleep)`` work.

    Parameters
    ----------
    heard
        The kinds of changes that may wake firm groups without hints.
    """

    def __init__(self, heard: frozenset[str] = frozenset()) -> None:
        self._heard = heard
        self._kinds: dict[tuple[Hints, bool], Sleepers] = {}
        self._of: dict[int, tuple[int, Sleepers]] = {}  # group -> pod class, and with whom it sleeps

    def __len__(self) -> int:
        return len(self._of)

    def __contains__(self, group: int) -> bool:
        return group in self._of

    @property
    def firm(self) -> bool:
        """Whether all who sleep are firm."""
        return not any(sleepers.by_class for sleepers in self._kinds.values() if not sleepers.firm)

    def add(self, group: int, cls: int, hints: Hints, cursor: Cursor, *, firm: bool) -> None:
        """Put a group of a pod class to sleep, or change its hints; ``cursor`` is what its verdict knew of the log."""
        if group in self._of:
            self.drop(group)
        kind = hints, firm
        if kind not in self._kinds:
            self._kinds[kind] = Sleepers(firm)
        self._of[group] = cls, self._kinds[kind]
        self._kinds[kind].add(group, cls, cursor)

    def drop(self, group: int) -> None:
        """Let a group sleep no more."""
        cls, sleepers = self._of.pop(group)
        sleepers.drop(group, cls)

    def concerned(self, changes: Collection[str]) -> list[Sleepers]:
        """Return those that a change of one of these kinds may wake."""
        found = []
        for (hints, firm), sleepers in self._kinds.items():
            heard = self._heard if hints is None and firm else hints
            if sleepers.by_class and (heard is None or not heard.isdisjoint(changes)):
                found.append(sleepers)
        return found

    def settle(self, sleepers: Sleepers, cursor: Cursor) -> None:
        """Note that none of some firm groups fits as of now. Others may be the first to reject: no hint holds."""
        if sleepers is self._kinds.get((None, True)):
            sleepers.cursor = cursor
            return
        for cls, groups in list(sleepers.by_class.items()):
            for group in list(groups):
                self.add(group, cls, None, cursor, firm=True)
