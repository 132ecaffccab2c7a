"""ChangeLog: which nodes changed, and in what, since a reader last looked."""

from __future__ import annotations

from array import array

# column groups: labels, taints, capacity; requests of bound pods; measured usage; when its pods began to run
SPEC, USED, USAGE, STARTED = 1, 2, 4, 8
GROUPS = (SPEC, USED, USAGE, STARTED)
Cursor = tuple[int, ...]  # a place in the log: epoch, and the length of each group's part


class ChangeLog:
    """Node columns touched, in order, apart for each column group, so that a reader of one need not pass the others.

    ``epoch`` counts the changes after which node positions or resource rows mean something else (a node came or
    went, a resource was added); a reader holding an older epoch starts afresh. ``specs`` counts the changes of
    nodes' specs, comings and goings included, ``objects`` those in the object registry.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.specs = 0
        self.objects = 0
        self.spec, self.used, self.usage, self.started = (array("i") for _ in GROUPS)
        self._parts = {SPEC: self.spec, USED: self.used, USAGE: self.usage, STARTED: self.started}

    def touch(self, group: int, node: int) -> None:
        """Note that a column group of the node at this position changed."""
        self.specs += group == SPEC
        self._parts[group].append(node)

    def restructure(self) -> None:
        """Note that positions or rows changed their meaning; older entries are dropped."""
        self.epoch += 1
        self.specs += 1
        for part in self._parts.values():
            del part[:]

    def cursor(self) -> Cursor:
        """Return the present end of the log, to be given to `since` later."""
        return self.epoch, len(self.spec), len(self.used), len(self.usage), len(self.started)

    def since(self, cursor: Cursor, groups: int = SPEC | USED | USAGE) -> set[int] | None:
        """Return the positions touched in any of ``groups`` since ``cursor``; None: all of them may have."""
        epoch, *starts = cursor
        if epoch != self.epoch:
            return None
        touched: set[int] = set()
        for (group, part), start in zip(self._parts.items(), starts, strict=True):
            if group & groups:
                touched.update(part[start:])
        return touched
