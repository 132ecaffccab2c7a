"""What the pods of each node hold: host ports, disks and claims, by mark."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from numpy.typing import NDArray

Counts = dict["Hashable", int]
NOTHING: Mapping[Hashable, int] = {}


class Holdings:
    """How many pods of each node hold each mark, kept as pods come and go; pods that hold nothing cost nothing.

    Attributes
    ----------
    log
        Positions of nodes whose holdings changed, in order.
    epoch
        Counts the changes after which positions mean something else; the log begins anew.
    """

    MOST = 1000  # marks of which a row is kept; then all begin anew

    def __init__(self) -> None:
        self.log = array("i")
        self.epoch = 0
        self._on: dict[int, Counts] = {}
        self._where: dict[Hashable, dict[int, int]] = {}  # the same the other way round
        self._rows: dict[Hashable, NDArray[np.int64]] = {}  # of marks that were asked for
        self._nodes = 0

    def of(self, mark: Hashable) -> NDArray[np.int64]:
        """Return int64 (N,), how many pods of each node hold a mark."""
        row = self._rows.get(mark)
        if row is None:
            if len(self._rows) >= self.MOST:
                self._rows.clear()
            row = self._rows[mark] = np.zeros(self._nodes, np.int64)
            for position, count in self._where.get(mark, {}).items():
                row[position] = count
        return row

    def anywhere(self, mark: Hashable) -> bool:
        """Return whether a pod on any node holds a mark."""
        return mark in self._where

    def on(self, position: int) -> Mapping[Hashable, int]:
        """Return how many pods of a node hold what."""
        return self._on.get(position, NOTHING)

    def held(self) -> Iterable[int]:
        """Return the positions of the nodes whose pods hold anything."""
        return self._on.keys()

    def change(self, position: int, marks: Iterable[Hashable], by: int) -> None:
        """Add a pod's marks to a node, or take them away."""
        on = self._on.setdefault(position, {})
        for mark in marks:
            count = on.get(mark, 0) + by
            where = self._where.setdefault(mark, {})
            if count:
                on[mark] = where[position] = count
            else:
                del on[mark], where[position]
                if not where:
                    del self._where[mark]
            if mark in self._rows:
                self._rows[mark][position] = count
        if not on:
            del self._on[position]
        self.log.append(position)

    def resize(self, nodes: int) -> None:
        """Take note of how many nodes there are now; new ones hold nothing."""
        self._nodes = nodes
        self._rows.clear()
        self.epoch += 1
        del self.log[:]

    def move(self, source: int, to: int) -> None:
        """Move what a node holds to another position, where nothing is held."""
        if (counts := self._on.pop(source, None)) is not None:
            self._on[to] = counts
            for mark in counts:
                where = self._where[mark]
                where[to] = where.pop(source)
