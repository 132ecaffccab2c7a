"""Pool: the contents of nodes that are known to be possible, each one a column of the master problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from schedlab.placement.coupling import Row
    from schedlab.placement.level import Form
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]


class Pool:
    """Columns, each a node type and how many pods of each class a node of it holds.

    Attributes
    ----------
    kind
        int64 (K,).
    content
        int64 (C, K).
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._known: set[tuple[int, bytes]] = set()
        self._kinds: list[int] = []
        self._contents: list[Ints] = []
        self._packed = (np.zeros(0, np.int64), np.zeros((len(problem.count), 0), np.int64))

    def __len__(self) -> int:
        return len(self._kinds)

    @property
    def kind(self) -> Ints:
        """int64 (K,)."""
        return self._pack()[0]

    @property
    def content(self) -> Ints:
        """int64 (C, K)."""
        return self._pack()[1]

    def _pack(self) -> tuple[Ints, Ints]:
        known = len(self._packed[0])
        if known < len(self._kinds):
            kind = np.concatenate([self._packed[0], np.array(self._kinds[known:], np.int64)])
            content = np.concatenate([self._packed[1], np.stack(self._contents[known:], axis=1)], axis=1)
            self._packed = kind, content
        return self._packed

    def add(self, kind: int, content: Ints) -> bool:
        """Take a column; return whether it is new."""
        key = (kind, content.astype(np.int32).tobytes())
        if key in self._known:
            return False
        self._known.add(key)
        self._kinds.append(kind)
        self._contents.append(content.astype(np.int64))
        return True

    def harvest(self, assignment: Ints) -> int:
        """Take what each node of an assignment, int64 (C, N), holds; return how many columns are new."""
        both = np.vstack([self._problem.type_of, assignment])
        return sum(self.add(int(column[0]), column[1:]) for column in np.unique(both, axis=1).T)

    def worth(self, form: Form, which: Ints | slice = slice(None)) -> Ints:
        """Return int64 (K,), what each column, or some, adds to a form's value, as against an empty node."""
        problem, kind, content = self._problem, self.kind[which], self.content[:, which]
        value: Ints = np.einsum("ck,ck->k", form.pod[:, kind], content)
        if form.node.any():
            value = value + form.node[kind] * (content[~problem.phantom] > 0).any(axis=0)
        if form.move.any():
            value = value - form.move @ np.minimum(problem.current[:, kind], content)
        return value

    def rows(self, rows: Iterable[Row], which: Ints | slice = slice(None)) -> Ints:
        """Return int64 (rows, K), what each column adds to each row."""
        content = self.content[:, which]
        found = np.zeros((len(list(rows)), content.shape[1]), np.int64)
        for number, row in enumerate(rows):
            match row.what:
                case ("count", int(cls)):
                    found[number] = content[cls]
                case ("required" | "placed", int(cls)):
                    found[number] = -content[cls]
                case _:
                    found[number] = self.worth(row.form, which)
        return found
