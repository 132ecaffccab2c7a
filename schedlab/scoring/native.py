"""Native: the kernel of a profile as C, where there is a compiler and the kernel is used often enough to be worth it.

The same traced expressions, one loop over nodes, IEEE double precision without contraction: bit for bit the NumPy
kernel. A machine without ``cc`` loses speed and nothing else.
"""

from __future__ import annotations

import ctypes
import functools
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schedlab.scoring.kernel import Kernel

FLAGS = ("-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
LONG = 48  # steps of a kernel from which on vectorising it takes the compiler longer than it gains
SECONDS = 30  # for the compiler
OPERATIONS = {
    "add": "{0} + {1}", "subtract": "{0} - {1}", "multiply": "{0} * {1}", "divide": "{0} / {1}", "greater": "{0} > {1}",
    "greater_equal": "{0} >= {1}", "less": "{0} < {1}", "less_equal": "{0} <= {1}", "equal": "{0} == {1}",
    "not_equal": "{0} != {1}", "logical_and": "{0} & {1}", "logical_or": "{0} | {1}",
    "negative": "-{0}", "logical_not": "!{0}", "floor": "floor({0})", "ceil": "ceil({0})", "trunc": "trunc({0})",
    "absolute": "fabs({0})", "sqrt": "sqrt({0})",
    "minimum": "{0} < {1} ? {0} : {1}", "maximum": "{0} > {1} ? {0} : {1}",
    "where": "{0} ? {1} : {2}", "ratio": "{1} != 0 ? {0} / {1} : 0.0",
}  # fmt: skip
TYPES = {"f": "double", "i": "int64_t", "b": "uint8_t"}


class Bound:
    """A compiled kernel with the arrays that it reads: node rows and a class's parameters.

    A call writes ``bad`` and the scores, -inf where bad (``lows``: the same with +inf), of all nodes or of some, and
    returns how many scores of nodes that are not bad are not finite.
    """

    def __init__(self, library: Any, rows: Sequence[Any], parameters: Sequence[float]) -> None:
        self.library = library
        self._all, self._some = library.all_nodes, library.some_nodes
        self._rows = (ctypes.c_void_p * max(1, len(rows)))(*(row.ctypes.data for row in rows))
        self._keep = rows
        self._parameters = (ctypes.c_double * max(1, len(parameters)))(*map(float, parameters))

    @property
    def addresses(self) -> tuple[int, int]:
        """Where the addresses of the rows are, and the parameters."""
        return ctypes.addressof(self._rows), ctypes.addressof(self._parameters)

    def fill(self, nodes: int, target: Any) -> int:
        """Write all nodes."""
        count: int = self._all(nodes, self._rows, self._parameters, *target)
        return count

    def patch(self, where: Any, target: Any) -> int:
        """Write the nodes at some positions, an ``array('i')``."""
        address, length = where.buffer_info()
        count: int = self._some(length, ctypes.c_void_p(address), self._rows, self._parameters, *target)
        return count


def target(bad: Any, values: Sequence[Any], lows: dict[int, Any]) -> tuple[Any, Any, Any]:
    """Return a row's arrays as the compiled code takes them."""
    scores = (ctypes.c_void_p * len(values))(*(each.ctypes.data for each in values))
    least = (ctypes.c_void_p * len(values))(
        *(lows[at].ctypes.data if at in lows else None for at in range(len(values)))
    )
    return ctypes.c_void_p(bad.ctypes.data), scores, least


def bind(kernel: Kernel, rows: Sequence[Any], parameters: Sequence[float], lows: Sequence[int]) -> Bound | None:
    """Return a kernel as compiled code for some node rows; None if it cannot be compiled here."""
    kinds = tuple(row.dtype.kind for row in rows)
    if any(not row.flags.c_contiguous for row in rows):
        return None
    library = _library(_source(kernel, kinds, lows), "-O1" if len(kernel.steps) > LONG else "-O3")
    return None if library is None else Bound(library, rows, parameters)


def _source(kernel: Kernel, kinds: Sequence[str], lows: Sequence[int]) -> str:
    graph = kernel.graph
    names = {
        number: f"(double)c{at}[j]" if kinds[at] == "i" else f"c{at}[j]" for at, number in enumerate(kernel.leaves)
    }
    for at, number in enumerate(kernel.parameters):
        names[number] = f"(p{at} != 0)" if graph.truth[number] else f"p{at}"
    lines = []
    for at, number in enumerate(kernel.steps):
        op, args = graph.all[number]
        kind = "int" if graph.truth[number] else "double"
        lines.append(f"{kind} y{at} = {OPERATIONS[op].format(*(names[arg] for arg in args))};")
        names[number] = f"y{at}"
    bad, *scores = (names[number] for number in kernel.outputs)
    filters = [*lines, f"if (!{bad}) return 1;"]  # what only scores need, the compiler drops
    lines.append(f"int reject = {bad}; bad[j] = reject;")
    for at, score in enumerate(scores):
        lines.append(f"double s{at} = {score}; wrong += !reject & !(fabs(s{at}) <= DBL_MAX);")
        lines.append(f"o{at}[j] = reject ? -INFINITY : s{at};")
        if at in lows:
            lines.append(f"l{at}[j] = reject ? INFINITY : s{at};")
    # Arguments, because the compiler trusts ``restrict`` nowhere else, and without it does not vectorise.
    columns = [(f"const {TYPES[kind]}", f"c{at}", f"rows[{at}]") for at, kind in enumerate(kinds)]
    outputs = [("double", f"o{at}", f"out[{at}]") for at in range(len(scores))]
    outputs += [("double", f"l{at}", f"low[{at}]") for at in lows]
    loops = "".join(
        _loop(name, head, at, lines, [("uint8_t", "bad", "bad"), *columns, *outputs], len(kernel.parameters))
        for name, head, at in (("all_nodes", "int64_t n", "i"), ("some_nodes", "int64_t n, const int *at", "at[i]"))
    )
    return "#include <float.h>\n#include <math.h>\n#include <stdint.h>\n" + loops + _classes(
        filters, columns, len(kernel.parameters)
    )  # fmt: skip


Arrays = Sequence[tuple[str, str, str]]  # type, name within the loop, expression outside


def _loop(name: str, head: str, position: str, lines: Sequence[str], arrays: Arrays, parameters: int) -> str:
    """Return the function that runs a kernel over nodes."""
    given = ", ".join([*(f"{kind} *restrict {each}" for kind, each, _ in arrays), *_numbers("double p{}", parameters)])
    passed = ", ".join([*(what for *_, what in arrays), *_numbers("p[{}]", parameters)])
    return (
        f"static __attribute__((noinline)) int64_t {name}_loop({head}, {given}) {{\n"
        f"  int wrong = 0;\n  for (int64_t i = 0; i < n; i++) {{\n    int64_t j = {position};\n    "
        + "\n    ".join(lines)
        + f"\n  }}\n  return wrong;\n}}\nint64_t {name}({head}, void **rows, const double *p, uint8_t *bad, "
        f"double **out, double **low) {{\n  return {name}_loop(n, {'at, ' if 'at' in head else ''}{passed});\n}}\n"
    )


def _classes(lines: Sequence[str], columns: Arrays, parameters: int) -> str:
    """Return the function that tells which classes pass on one of some nodes."""
    given = "".join([*(f", {kind} *{each}" for kind, each, _ in columns), *_numbers(", double p{}", parameters)])
    passed = "".join([*(f", {what}" for *_, what in columns), *_numbers(", p[{}]", parameters)])
    return (
        f"static int fits_one(int64_t n, const int *at{given}) {{\n"
        "  for (int64_t i = 0; i < n; i++) {\n    int64_t j = at[i];\n    "
        + "\n    ".join(lines)
        + "\n  }\n  return 0;\n}\n"
        "int64_t some_classes(int64_t count, const uint8_t *asked, const uint8_t *mine, int64_t n, const int *at, "
        "void ***all, double **numbers, uint8_t *fits) {\n"
        "  int64_t found = 0;\n  for (int64_t k = 0; k < count; k++) if (asked[k] & mine[k]) {\n"
        "    void **rows = all[k]; const double *p = numbers[k];\n"
        f"    if (fits_one(n, at{passed})) {{ fits[k] = 1; found++; }}\n  }}\n  return found;\n}}\n"
    )


def _numbers(form: str, count: int) -> list[str]:
    return [form.format(at) for at in range(count)]


@functools.cache
def _library(source: str, level: str) -> Any:
    """Compile and load; None if there is no compiler that can."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory(prefix="schedlab-") as folder:
        code, made = Path(folder) / "kernel.c", Path(folder) / "kernel.so"
        code.write_text(source)
        try:
            subprocess.run(
                [compiler, level, *FLAGS, "-o", made, code, "-lm"], check=True, capture_output=True, timeout=SECONDS
            )
            library = ctypes.CDLL(str(made))
        except (OSError, subprocess.SubprocessError):
            return None
    pointers = [ctypes.c_void_p] * 5
    library.all_nodes.argtypes = [ctypes.c_int64, *pointers]
    library.some_nodes.argtypes = [ctypes.c_int64, ctypes.c_void_p, *pointers]
    library.some_classes.argtypes = [ctypes.c_int64, *pointers[:2], ctypes.c_int64, *pointers[:4]]
    for function in (library.all_nodes, library.some_nodes, library.some_classes):
        function.restype = ctypes.c_int64
    return library
