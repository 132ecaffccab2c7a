"""Hopeless: units that were tried in vain, and of which it is certain that they would fail again."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from schedlab.scoring.hopes import ClassSet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schedlab.plugins.backfill.contract import Unit
    from schedlab.scoring import Evaluator


class Hopeless:
    """How many pods of a kind of unit fit at most, as long as no node changes that may take one of them.

    Units whose pods are of one class are a kind, whatever their size; others are if they agree in all classes. Only
    firm verdicts are kept (`Evaluator.firm`): while nothing is released, more that are bound make no room.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator, self._view = evaluator, evaluator.view
        self._numbers: dict[tuple[int, ...], int] = {}  # classes -> kind
        self._most: dict[int, int] = {}  # by kind
        self._kinds: dict[int, set[int]] = {}  # class -> kinds in `_most` with such pods
        self._classes = ClassSet()  # the keys of `_kinds`
        self._cursor = self._view.log.cursor()

    def kind(self, classes: tuple[int, ...]) -> int:
        """Return the kind of a unit with pods of these classes."""
        key = classes[:1] if len(set(classes)) == 1 else classes
        return self._numbers.setdefault(key, len(self._numbers))

    def known(self, kind: int, least: int) -> bool:
        """Return whether a unit of a kind, of which so many must start, would fail again."""
        return self._most.get(kind, least) < least

    def tried(self, kind: int, unit: Unit) -> None:
        """Note that a unit was tried in vain just now."""
        if not self._evaluator.firm:
            return
        self._most[kind] = min(unit.least - 1, self._most.get(kind, unit.least))
        for cls in set(unit.classes):
            self._kinds.setdefault(cls, set()).add(kind)
            self._classes.add(cls)

    def hear(self) -> None:
        """Forget the verdicts that may be others now, nodes having changed since the last call of `settle`."""
        changed = self._view.log.since(self._cursor)
        if changed is None:
            self._forget(list(self._kinds))
        elif changed and self._kinds:
            self._forget(self._evaluator.could_fit(self._classes, array("i", changed)))

    def _forget(self, classes: Iterable[int]) -> None:
        for cls in classes:
            for kind in self._kinds.pop(cls, ()):
                self._most.pop(kind, None)
            self._classes.drop(cls)

    def settle(self) -> None:
        """Take what has happened so far for known: in a pass nothing is released."""
        self._cursor = self._view.log.cursor()
