"""Trace: ask a plug-in once with symbols for arrays, and learn the expression that it computes for each node.

A plug-in of scope node is elementwise over nodes, so its expression for one node is all there is to know. The
symbols stand for rows: ``nodes.used`` is R of them, ``nodes.rank`` one. What cannot be followed (labels, Python
objects, reductions over nodes) raises `Untraceable`, and the plug-in is called with arrays as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from schedlab.cluster.pod_views import ClassView

BLOCKS = ("allocatable", "used", "limits", "usage")  # (R, N), rows also by resource name
DEVICES = ("devices", "pool")  # (D, N)
COLUMNS = ("rank", "uid", "unschedulable")  # (N,)
OPS = {
    np.add: "add", np.subtract: "subtract", np.multiply: "multiply", np.true_divide: "divide", np.negative: "negative",
    np.floor: "floor", np.ceil: "ceil", np.trunc: "trunc", np.absolute: "absolute", np.sqrt: "sqrt",
    np.minimum: "minimum", np.maximum: "maximum", np.greater: "greater", np.greater_equal: "greater_equal",
    np.less: "less", np.less_equal: "less_equal", np.equal: "equal", np.not_equal: "not_equal",
    np.logical_and: "logical_and", np.logical_or: "logical_or", np.logical_not: "logical_not",
    np.bitwise_and: "logical_and", np.bitwise_or: "logical_or", np.invert: "logical_not",
}  # fmt: skip
TRUTHS = frozenset(("greater", "greater_equal", "less", "less_equal", "equal", "not_equal",
                    "logical_and", "logical_or", "logical_not"))  # fmt: skip


class Untraceable(Exception):
    """The plug-in does something that no expression over one node says."""


class Expression(NamedTuple):
    """A node of the graph: an operation on others, or a leaf (``column``, ``pod``, ``constant``, ``row``)."""

    op: str
    args: tuple[Any, ...]


class Guard(NamedTuple):
    """An ``if`` on the pod that the trace took; the expression holds for classes that take the same way."""

    expression: int
    outcome: bool


class Graph:
    """Expressions, each once; an expression is its number, and stands behind those it uses."""

    def __init__(self, pod: ClassView) -> None:
        self.pod = pod
        self.all: list[Expression] = []
        self.local: list[bool] = []  # whether it differs between nodes
        self.truth: list[bool] = []
        self.guards: list[Guard] = []
        self._known: dict[tuple[Any, ...], int] = {}

    def leaf(self, op: str, *args: Any, truth: bool = False) -> int:
        """Return a leaf."""
        return self._intern(Expression(op, args), op in ("column", "row"), truth)

    def constant(self, value: Any) -> int:
        """Return a constant."""
        truth = isinstance(value, (bool, np.bool_))
        return self.leaf("constant", bool(value) if truth else float(value), truth=truth)

    def apply(self, op: str, *args: int) -> int:
        """Return an operation on expressions."""
        if op == "logical_not" and self.all[args[0]].op == "logical_not":
            return int(self.all[args[0]].args[0])
        truths = [self.truth[arg] for arg in args]
        if op in ("add", "multiply") and all(truths):  # as NumPy does
            op = "logical_or" if op == "add" else "logical_and"
        if (op.startswith("logical") and not all(truths)) or (op in ("subtract", "negative") and all(truths)):
            raise Untraceable(f"{op} of these types")
        truth = op in TRUTHS or (op in ("minimum", "maximum", "where") and all(truths[-2:]))
        return self._intern(Expression(op, args), any(self.local[arg] for arg in args), truth)

    def _intern(self, expression: Expression, local: bool, truth: bool) -> int:
        key = (*expression, truth)
        if key not in self._known:
            self._known[key] = len(self.all)
            self.all.append(expression)
            self.local.append(local)
            self.truth.append(truth)
        return self._known[key]

    def value(self, number: int, pod: ClassView) -> Any:
        """Return the value of an expression that is the same for all nodes, for a pod class."""
        op, args = self.all[number]
        if op == "constant":
            return args[0]
        if op == "pod":
            found: Any = getattr(pod, args[0])
            return found if args[1] is None else np.asarray(found)[args[1], 0]
        values = [self.value(arg, pod) for arg in args]
        if op == "ratio":
            return values[0] / values[1] if values[1] else 0.0
        return getattr(np, op)(*values)


class Traced:
    """A symbol for an array: some rows over nodes (k, N), or, ``flat``, one row (N,)."""

    __slots__ = ("flat", "graph", "index", "rows")

    def __init__(self, graph: Graph, rows: Iterable[int], *, flat: bool, index: Any = None) -> None:
        self.graph, self.rows, self.flat, self.index = graph, list(rows), flat, index

    def __getattr__(self, name: str) -> Any:
        raise Untraceable(name)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise Untraceable("an array is wanted")

    def __len__(self) -> int:
        if self.flat:
            raise Untraceable("the number of nodes")
        return len(self.rows)

    def __iter__(self) -> Iterator[Traced]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        (row,) = self.rows if len(self.rows) == 1 else (None,)
        if row is None or self.graph.local[row]:
            raise Untraceable("an if on nodes")
        outcome = bool(self.graph.value(row, self.graph.pod))
        self.graph.guards.append(Guard(row, outcome))
        return outcome

    def __getitem__(self, key: Any) -> Traced:
        if self.flat:
            if key == 0 and not self.graph.local[self.rows[0]]:
                return self  # the one value of a pod's row
            raise Untraceable("a part of the nodes")
        if isinstance(key, tuple):
            if len(key) != 2 or key[1] not in (slice(None), Ellipsis):
                raise Untraceable("a part of the nodes")
            key = key[0]
        if isinstance(key, str):
            row = None if self.index is None else self.index.get(key)
            zero = self.graph.constant(0.0)
            return Traced(self.graph, [zero if row is None or row >= len(self.rows) else self.rows[row]], flat=True)
        if isinstance(key, (int, np.integer)):
            return Traced(self.graph, [self.rows[int(key)]], flat=True)
        if isinstance(key, slice):
            return Traced(self.graph, self.rows[key], flat=False)
        if isinstance(key, list) and all(isinstance(each, int) for each in key):
            return Traced(self.graph, [self.rows[each] for each in key], flat=False)
        raise Untraceable(f"index {key!r}")

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.flat or not isinstance(key, int):
            raise Untraceable(f"index {key!r}")
        self.rows[key] = self.graph.constant(value)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc not in OPS:
            raise Untraceable(ufunc.__name__)
        if method == "reduce" and options.pop("axis", 0) == 0 and not options:
            return self._fold(OPS[ufunc])
        if method != "__call__" or options:
            raise Untraceable(f"{ufunc.__name__}.{method}")
        return combine(self.graph, OPS[ufunc], *inputs)

    def __array_function__(self, function: Any, _: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if function is np.where and len(args) == 3 and not options:
            return combine(self.graph, "where", *args)
        name = {np.sum: "sum", np.any: "any", np.all: "all", np.max: "max", np.min: "min", np.mean: "mean"}
        if function in name and len(args) == 1:
            return getattr(self, name[function])(**options)
        raise Untraceable(function.__name__)

    def _fold(self, op: str) -> Traced:
        """Reduce over rows, in NumPy's order."""
        if self.flat or not self.rows:
            raise Untraceable("a reduction over nodes")
        result = self.rows[0]
        for row in self.rows[1:]:
            result = self.graph.apply(op, result, row)
        return Traced(self.graph, [result], flat=True)

    def _over(self, axis: Any, op: str) -> Traced:
        pods_own = axis is None and not any(self.graph.local[row] for row in self.rows)
        if axis != 0 and not pods_own:
            raise Untraceable("a reduction over nodes")
        return self if self.flat and pods_own else self._fold(op)

    def sum(self, axis: Any = None) -> Traced:
        """Return the sum over rows."""
        if any(self.graph.truth[row] for row in self.rows):
            raise Untraceable("a count")
        return self._over(axis, "add")

    def mean(self, axis: Any = None) -> Traced:
        """Return the mean over rows."""
        return combine(self.graph, "divide", self.sum(axis), float(len(self.rows)))

    def any(self, axis: Any = None) -> Traced:
        """Return whether any row holds."""
        return self._over(axis, "logical_or")

    def all(self, axis: Any = None) -> Traced:
        """Return whether all rows hold."""
        return self._over(axis, "logical_and")

    def max(self, axis: Any = None) -> Traced:
        """Return the largest of the rows."""
        return self._over(axis, "maximum")

    def min(self, axis: Any = None) -> Traced:
        """Return the smallest of the rows."""
        return self._over(axis, "minimum")

    def ratio(self, a: Any, b: Any) -> Traced:
        """Return `schedlab.ratio` of two operands, of which this is one."""
        return combine(self.graph, "ratio", a, b)


def _operator(op: str, *, swapped: bool = False) -> Callable[..., Traced]:
    def apply(self: Traced, *other: Any) -> Traced:
        return combine(self.graph, op, *((*other, self) if swapped else (self, *other)))

    return apply


for _name, _op in {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "and": "logical_and", "or": "logical_or",
}.items():  # fmt: skip
    setattr(Traced, f"__{_name}__", _operator(_op))
    setattr(Traced, f"__r{_name}__", _operator(_op, swapped=True))
for _name, _op in {
    "neg": "negative", "abs": "absolute", "invert": "logical_not", "lt": "less", "le": "less_equal", "gt": "greater",
    "ge": "greater_equal", "eq": "equal", "ne": "not_equal",
}.items():  # fmt: skip
    setattr(Traced, f"__{_name}__", _operator(_op))


def combine(graph: Graph, op: str, *inputs: Any) -> Traced:
    """Apply an operation row by row, broadcasting as NumPy does."""
    sides = [_symbol(graph, each) for each in inputs]
    count = max(len(side.rows) for side in sides)
    if any(len(side.rows) not in (1, count) for side in sides):
        raise Untraceable("shapes that do not broadcast")
    flat = all(side.flat for side in sides)
    rows = [graph.apply(op, *(side.rows[i if len(side.rows) > 1 else 0] for side in sides)) for i in range(count)]
    return Traced(graph, rows, flat=flat)


def _symbol(graph: Graph, value: Any) -> Traced:
    if isinstance(value, Traced):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "bif" or array.ndim > 2 or (array.ndim and array.shape[-1] != 1):
        raise Untraceable(f"a constant of shape {array.shape}")
    return Traced(graph, map(graph.constant, array.ravel().tolist()), flat=array.ndim < 2)


class TracedNodes:
    """The nodes, as symbols."""

    def __init__(self, graph: Graph, nodes: Any) -> None:
        self._graph, self._nodes = graph, nodes

    def __getattr__(self, name: str) -> Any:
        graph = self._graph
        if name == "least":
            return self._nodes.least
        if name not in (*BLOCKS, *COLUMNS, *DEVICES, "used_nonzero"):
            raise Untraceable(f"nodes.{name}")
        column = getattr(self._nodes, name)  # a scope that may not see it says so
        if name in COLUMNS:
            return Traced(graph, [graph.leaf("column", name, 0, truth=name == "unschedulable")], flat=True)
        rows = [graph.leaf("column", name, row) for row in range(len(column))]
        return Traced(graph, rows, flat=False, index=getattr(column, "index", None))

    def __len__(self) -> int:
        raise Untraceable("the number of nodes")


class TracedPod:
    """The pod, as symbols."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def __getattr__(self, name: str) -> Any:
        graph = self._graph
        if name == "priority":
            return Traced(graph, [graph.leaf("pod", name, None)], flat=True)
        if name not in ("requests", "score_requests", "demand", "devices"):
            raise Untraceable(f"pod.{name}")
        vector = getattr(graph.pod, name)
        rows = [graph.leaf("pod", name, row) for row in range(len(vector))]
        return Traced(graph, rows, flat=False, index=getattr(vector, "index", None))


def trace(graph: Graph, function: Callable[..., Any], nodes: Any, *state: Any) -> int:
    """Return the expression that a plug-in's filter or score computes.

    Raises
    ------
    Untraceable
        If it cannot be followed, for whatever reason; calling it with arrays will tell which.
    """
    try:
        answer = function(TracedPod(graph), TracedNodes(graph, nodes), *state)
    except Exception as error:
        raise Untraceable(str(error)) from error
    symbol = _symbol(graph, answer)
    if not symbol.flat and len(symbol.rows) > 1:
        raise Untraceable("not one value for each node")
    return symbol.rows[0]
