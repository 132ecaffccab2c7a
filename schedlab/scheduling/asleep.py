"""Asleep: the groups of the queue that fit nowhere, and what may change that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.scoring.hopes import ClassSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schedlab.cluster.log import Cursor

NEVER = (-1, 0, 0, 0)  # a cursor of no epoch
Hints = frozenset[str] | None  # kinds of changes; None: any


class Sleepers:
    """Groups with the same hints. What is known of them holds up to one place in the log."""

    __slots__ = ("by_class", "classes", "cursor")

    def __init__(self) -> None:
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
    """All groups that sleep, by their hints; ``group in asleep`` and ``len(asleep)`` work."""

    def __init__(self) -> None:
        self._kinds: dict[Hints, Sleepers] = {None: Sleepers()}
        self._of: dict[int, tuple[Hints, int]] = {}  # group -> hints, pod class

    def __len__(self) -> int:
        return len(self._of)

    def __contains__(self, group: int) -> bool:
        return group in self._of

    def add(self, group: int, cls: int, hints: Hints, cursor: Cursor) -> None:
        """Put a group of a pod class to sleep, or change its hints; ``cursor`` is what its verdict knew of the log."""
        if group in self._of:
            self.drop(group)
        self._of[group] = hints, cls
        if hints not in self._kinds:
            self._kinds[hints] = Sleepers()
        self._kinds[hints].add(group, cls, cursor)

    def drop(self, group: int) -> None:
        """Let a group sleep no more."""
        hints, cls = self._of.pop(group)
        self._kinds[hints].drop(group, cls)

    def concerned(self, changes: Iterable[str]) -> Iterator[Sleepers]:
        """Yield those that a change of one of these kinds may wake."""
        for hints, sleepers in self._kinds.items():
            if sleepers.by_class and (hints is None or not hints.isdisjoint(changes)):
                yield sleepers

    def settle(self, sleepers: Sleepers, cursor: Cursor) -> None:
        """Note that none of them fits as of now; anything may wake them: other filters may reject first."""
        anything = self._kinds[None]
        if sleepers is anything:
            sleepers.cursor = cursor
            return
        for cls, groups in list(sleepers.by_class.items()):
            for group in list(groups):
                self.add(group, cls, None, cursor)
