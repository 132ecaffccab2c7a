"""Kernel: traced expressions as code, for many nodes with buffers that are used again, and for one node.

The vector code makes one ufunc call an operation, always with a buffer to write to; the scalar code is a Python
function of a node's position. Both are bit for bit what the plug-in computes. The source is made from operation
names and numbers only.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schedlab.cluster.pod_views import ClassView
    from schedlab.scoring.trace import Graph

INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "greater": ">", "greater_equal": ">=", "less": "<",
    "less_equal": "<=", "equal": "==", "not_equal": "!=", "logical_and": "and", "logical_or": "or",
}  # fmt: skip
CALLS = {
    "negative": "-{0}", "logical_not": "not {0}", "floor": "floor({0})", "ceil": "ceil({0})", "trunc": "trunc({0})",
    "absolute": "abs({0})", "sqrt": "sqrt({0})",
    "minimum": "{0} if {0} < {1} else {1}", "maximum": "{0} if {0} > {1} else {1}",
    "where": "{1} if {0} else {2}", "ratio": "{0} / {1} if {1} else 0.0",
}  # fmt: skip


def _ratio(a: Any, b: Any, out: Any) -> None:
    out.fill(0.0)
    np.divide(a, b, out=out, where=b != 0)


def _where(condition: Any, a: Any, b: Any, out: Any) -> None:
    np.copyto(out, b)
    np.copyto(out, a, where=condition)


NAMES: dict[str, Any] = {name: getattr(np, name) for name in (*INFIX, "negative", "logical_not", "floor", "ceil",
                         "trunc", "absolute", "sqrt", "minimum", "maximum")}  # fmt: skip
NAMES |= {"ratio": _ratio, "where": _where}
SCALARS = {"floor": math.floor, "ceil": math.ceil, "trunc": math.trunc, "sqrt": math.sqrt, "abs": abs}


class Kernel(NamedTuple):
    """Code for some expressions of a graph.

    Attributes
    ----------
    columns
        (name, row) of each node row it reads; ``("row", j)`` is the j-th row that the caller brings.
    parameters
        Expressions of the pod alone: a number for each class.
    vector
        ``vector(rows, parameters, floats, truths)`` -> a row for each output; the last ones written stay in the
        buffers.
    scalar
        ``scalar(position, rows, parameters)`` -> a number for each output.
    floats, truths
        How many buffers of each kind the vector code needs.
    leaves, steps, outputs
        The expressions behind ``columns``, what is computed, in order, and what comes out.
    """

    graph: Graph
    columns: tuple[tuple[str, int], ...]
    parameters: tuple[int, ...]
    vector: Callable[..., tuple[Any, ...]]
    scalar: Callable[..., tuple[Any, ...]]
    floats: int
    truths: int
    leaves: tuple[int, ...]
    steps: tuple[int, ...]
    outputs: tuple[int, ...]

    def values(self, pod: ClassView) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return the parameters for a class: as 0-d arrays for the vector code, as Python numbers for the scalar."""
        numbers = [np.asarray(self.graph.value(each, pod)) for each in self.parameters]
        return tuple(numbers), tuple(number.item() for number in numbers)


class _Buffers:
    """Which buffer holds which expression; one is free again after its last use."""

    def __init__(self, kind: str) -> None:
        self.kind, self.count, self._free = kind, 0, list[str]()

    def take(self) -> str:
        if self._free:
            return self._free.pop()
        self.count += 1
        return f"{self.kind}{self.count - 1}"

    def give(self, name: str) -> None:
        self._free.append(name)


def compile_kernel(graph: Graph, outputs: Sequence[int]) -> Kernel:
    """Make the code for some expressions, at least one; each output that is not one row of nodes becomes one."""
    needed = _needed(graph, outputs)
    columns = [number for number in needed if graph.local[number] and graph.all[number].op in ("column", "row")]
    parameters = [number for number in needed if not graph.local[number]]
    steps = [number for number in needed if graph.local[number] and graph.all[number].op not in ("column", "row")]
    names = {number: f"c{i}" for i, number in enumerate(columns)} | {n: f"p{i}" for i, n in enumerate(parameters)}
    vector, floats, truths = _vector(graph, steps, outputs, dict(names))
    source = "\n".join(
        ["def vector(rows, parameters, floats, truths):", *_unpack("c", "rows", len(columns)),
         *_unpack("p", "parameters", len(parameters)), *_unpack("f", "floats", floats),
         *_unpack("t", "truths", truths), *vector, "def scalar(n, rows, parameters):",
         *_unpack("c", "rows", len(columns)), *_unpack("p", "parameters", len(parameters)),
         *_scalar(graph, columns, steps, outputs, names)]
    )  # fmt: skip
    space: dict[str, Any] = {**{f"v_{name}": function for name, function in NAMES.items()}, **SCALARS}
    exec(compile(source, "<kernel>", "exec"), space)
    leaves = tuple((graph.all[each].args[0], graph.all[each].args[1]) for each in columns)
    numbers = tuple(columns), tuple(steps), tuple(outputs)
    return Kernel(graph, leaves, tuple(parameters), space["vector"], space["scalar"], floats, truths, *numbers)


def _needed(graph: Graph, outputs: Sequence[int]) -> list[int]:
    """Return what the outputs are made of, in order; what is the same for all nodes is not taken apart."""
    found: set[int] = set()
    todo = list(outputs)
    while todo:
        number = todo.pop()
        if number in found:
            continue
        found.add(number)
        expression = graph.all[number]
        if graph.local[number] and expression.op not in ("column", "row"):
            todo.extend(expression.args)
    return sorted(found)


def _unpack(letter: str, what: str, count: int) -> list[str]:
    return [f"    {', '.join(f'{letter}{i}' for i in range(count))}, = {what}"] if count else []


def _vector(
    graph: Graph, steps: list[int], outputs: Sequence[int], names: dict[int, str]
) -> tuple[list[str], int, int]:
    last = {arg: at for at, number in enumerate(steps) for arg in graph.all[number].args}
    buffers = {False: _Buffers("f"), True: _Buffers("t")}
    lines = []
    for at, number in enumerate(steps):
        op, args = graph.all[number]
        dying = {arg for arg in args if last[arg] == at and arg in steps and arg not in outputs}
        taken = [names[arg] for arg in args]
        if op not in ("ratio", "where"):  # these write before they have read all
            for arg in dying:
                buffers[graph.truth[arg]].give(names[arg])
        names[number] = buffers[graph.truth[number]].take()
        lines.append(f"    v_{op}({', '.join(taken)}, out={names[number]})")
        if op in ("ratio", "where"):
            for arg in dying:
                buffers[graph.truth[arg]].give(names[arg])
    lines.append(f"    return {', '.join(names[number] for number in outputs)},")
    return lines, buffers[False].count, buffers[True].count


def _scalar(
    graph: Graph, columns: list[int], steps: list[int], outputs: Sequence[int], names: dict[int, str]
) -> list[str]:
    text = {**names, **{number: f"x{i}" for i, number in enumerate(columns)}}
    lines = [f"    x{i} = c{i}[n]" for i in range(len(columns))]
    for i, number in enumerate(steps):
        op, args = graph.all[number]
        taken = [text[arg] for arg in args]
        text[number] = f"y{i}"
        lines.append(f"    y{i} = " + (f" {INFIX[op]} ".join(taken) if op in INFIX else CALLS[op].format(*taken)))
    lines.append(f"    return {', '.join(text[number] for number in outputs)},")
    return lines
