"""ChangeLog: which nodes changed, and in what, since a reader last looked."""

from __future__ import annotations

from array import array

SPEC, USED, USAGE = 1, 2, 4  # column groups: labels, taints, capacity; requests of bound pods; measured usage


class ChangeLog:
    """Node columns touched, in order.

    ``specs`` counts the changes of nodes' specs, comings and goings included. ``epoch`` counts the changes after
    which node positions or resource rows mean something else (a node came or went, a resource was added); a reader
    holding an older epoch starts afresh.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.specs = 0
        self._groups = array("b")
        self._nodes = array("i")

    def touch(self, group: int, node: int) -> None:
        """Note that a column group of the node at this position changed."""
        self.specs += group & SPEC
        self._groups.append(group)
        self._nodes.append(node)

    def restructure(self) -> None:
        """Note that positions or rows changed their meaning; older entries are dropped."""
        self.epoch += 1
        self.specs += 1
        del self._groups[:], self._nodes[:]

    def cursor(self) -> tuple[int, int]:
        """Return the present end of the log, to be given to `since` later."""
        return self.epoch, len(self._nodes)

    def since(self, cursor: tuple[int, int], groups: int = SPEC | USED | USAGE) -> set[int] | None:
        """Return the positions touched in any of ``groups`` since ``cursor``; None: all of them may have."""
        epoch, start = cursor
        if epoch != self.epoch:
            return None
        return {node for group, node in zip(self._groups[start:], self._nodes[start:], strict=True) if group & groups}
