"""Columns derived from node columns, kept, and brought up to date on the nodes that changed."""

from __future__ import annotations

import functools
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.log import SPEC
from schedlab.cluster.node_views import GROUP_OF, LocalNodes, ScopeError, StaticNodes, Subset, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from numpy.typing import NDArray

    from schedlab.cluster.log import ChangeLog, Cursor

FREE = frozenset({"uid", "rank", "label", "code"})  # the same until a node comes, goes or is relabelled
KNOWN = (StaticNodes.__annotations__.keys() | LocalNodes.__annotations__.keys() | GROUP_OF.keys()) - FREE
CELLS = 8_000_000  # float64 numbers kept: 64 MB
AUDITS, EVERY = 8, 256  # a column's first patches are held against all nodes, then one in so many


class Column:
    """A function of a node's own columns, whose answer for all nodes is kept with the cluster.

    Parameters
    ----------
    function
        ``f(nodes, *parameters)`` gives (N,) or (D, N); parameters are hashable.
    reads
        The columns that it reads; it sees no others.
    """

    def __init__(self, function: Callable[..., Any], reads: Iterable[str]) -> None:
        self.function, self.reads = function, frozenset([reads] if isinstance(reads, str) else reads)
        self.name = function.__name__
        if unknown := sorted(self.reads - KNOWN - FREE):
            raise ValueError(f"column {self.name} reads {unknown[0]!r}; name some of {', '.join(sorted(KNOWN))}")
        self.groups = functools.reduce(int.__or__, (GROUP_OF.get(name, SPEC) for name in self.reads), SPEC)
        functools.update_wrapper(self, function)

    def __call__(self, nodes: Any, *parameters: Hashable) -> NDArray[Any]:
        """Return the column for these nodes, read-only."""
        note = getattr(nodes, "note", None)
        if note is not None:  # somebody keeps what is computed from this
            note(self.groups)
        answer: NDArray[Any] = nodes.derived(self, *parameters)
        return answer

    def compute(self, nodes: Any, parameters: tuple[Hashable, ...]) -> NDArray[Any]:
        """Return the column for these nodes, computed now."""
        answer = np.asarray(self.function(_Declared(nodes, self), *parameters))
        if answer.ndim not in (1, 2) or answer.shape[-1] != len(nodes) or answer.dtype.kind not in "bif":
            text = f"{answer.dtype} of shape {answer.shape} for {len(nodes)} nodes; give numbers (N,) or (D, N)"
            raise ValueError(f"column {self.name} gave {text}")
        return answer


class _Declared:
    """Nodes of which only the declared columns are seen."""

    def __init__(self, nodes: Any, column: Column) -> None:
        self._nodes, self._column = nodes, column

    def __len__(self) -> int:
        return len(self._nodes)

    def __getattr__(self, name: str) -> Any:
        if name not in self._column.reads and name not in FREE:
            known = name in KNOWN
            mend = f"add {name!r} to its reads" if known else "it is to read a node's own columns only"
            raise ScopeError(f"column {self._column.name} may not see nodes.{name}: {mend}")
        return getattr(self._nodes, name)

    def derived(self, column: Column, *parameters: Hashable) -> NDArray[Any]:
        """Return another column, which reads nothing more."""
        for name in column.reads - FREE:
            getattr(self, name)
        answer: NDArray[Any] = self._nodes.derived(column, *parameters)
        return answer


class _Kept:
    """A kept column and what it knew."""

    __slots__ = ("cursor", "seen", "values")

    values: NDArray[Any]
    seen: NDArray[Any]

    def __init__(self, values: NDArray[Any], cursor: Cursor) -> None:
        self.renew(values, cursor)

    def renew(self, values: NDArray[Any], cursor: Cursor) -> None:
        """Take other values over; those shown before stay as they are."""
        self.values, self.cursor = np.array(values), cursor
        self.seen = frozen(self.values)


class Kept:
    """The derived columns of a cluster; those that were not asked for longest make room."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._whole: set[Column] = set()  # their last bits hang on how many nodes they see
        self._patches: Counter[Column] = Counter()  # whatever the parameters

    def of(self, column: Column, parameters: tuple[Hashable, ...], nodes: Any, log: ChangeLog) -> NDArray[Any]:
        """Return a column for all nodes, up to date and read-only.

        ``nodes`` are all nodes, as the one who asks sees them.

        Raises
        ------
        ScopeError
            If the column reads what it does not declare, what ``nodes`` do not show, or the other nodes.
        """
        for name in column.reads:
            getattr(nodes, name)
        key = (column, parameters, tuple(map(type, parameters)))
        kept = self._known.get(key)
        cursor = log.cursor()
        if kept is None:
            kept = self._known[key] = _Kept(column.compute(nodes, parameters), cursor)
            while len(self._known) > 1 and sum(each.values.size for each in self._known.values()) > CELLS:
                self._known.popitem(last=False)
        elif kept.cursor != cursor:
            self._known.move_to_end(key)
            touched = log.since(kept.cursor, column.groups)
            if touched is None or 4 * len(touched) > len(nodes) or (touched and column in self._whole):
                kept.renew(column.compute(nodes, parameters), cursor)
            elif touched:
                self._patch(kept, sorted(touched), column, parameters, nodes)
            kept.cursor = cursor
        return kept.seen

    def _patch(
        self, kept: _Kept, touched: list[int], column: Column, parameters: tuple[Hashable, ...], nodes: Any
    ) -> None:
        where = np.array(touched + touched[-1:] * (-len(touched) % 8))  # whole vector registers; never one node alone
        part = column.compute(Subset(nodes, where), parameters)
        fits = part.shape[:-1] == kept.values.shape[:-1] and part.dtype == kept.values.dtype
        if fits:
            kept.values[..., where] = part
        self._patches[column] += 1
        if fits and self._patches[column] > AUDITS and self._patches[column] % EVERY:
            return
        whole = column.compute(nodes, parameters)
        if fits and not np.array_equal(whole, kept.values, equal_nan=True):
            if whole.shape != kept.values.shape or not np.allclose(whole, kept.values, 1e-9, 1e-9, equal_nan=True):
                raise ScopeError(f"column {column.name}: a node's value changes with the other nodes")
            self._whole.add(column)
        if not fits or column in self._whole:
            kept.renew(whole, kept.cursor)
