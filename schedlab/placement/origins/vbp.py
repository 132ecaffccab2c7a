"""Vector bin packing: files of VPSolver's format (Brandao and Pedroso, 2016).

The first line is the number of dimensions, the second the capacity of the bins, the third how many item lines follow;
each of these holds a size per dimension and how many such items there are. All are whole numbers, in any unit.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from schedlab.errors import InputError
from schedlab.placement.problem import LARGEST, problem_of

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem

ITEMS = 1_000_000  # of a file, counting each item by its demand
OBJECTIVE = ("pods", "nodes")


def vbp(path: str | os.PathLike[str]) -> Problem:
    """Return the problem of a file: as many equal bins as there are items, equal items a class.

    The objective that it stands for is `OBJECTIVE`: all items, in the fewest bins.

    Raises
    ------
    InputError
        With the file and the line, if the file cannot be read, a line is missing, too short or too long, a number is
        none, a size is negative or beyond its bin, or a demand is not positive.
    """
    lines = _lines(path)
    width = _row(lines, 0, 1, path)[0]
    if width < 1:
        raise InputError(f"{width} dimensions", file=path, row=1, mend="there is at least one")
    capacity, count = _row(lines, 1, width, path), _row(lines, 2, 1, path)[0]
    for row, amount in ((2, min(capacity)), (3, count)):
        if amount < 0:
            raise InputError(f"a number of {amount}", file=path, row=row, mend="numbers are 0 or more")
    if max(capacity) > LARGEST:
        raise InputError(f"a capacity of {max(capacity)}", file=path, row=2, mend="2^46 is the most")
    if len(lines) != count + 3:
        told = f"{count} items are announced, but {max(0, len(lines) - 3)} lines follow"
        raise InputError(told, file=path, row=3, mend="count the lines of items")
    classes: dict[tuple[int, ...], int] = {}
    class_of: list[int] = []
    for row in range(3, len(lines)):
        *sizes, demand = _row(lines, row, width + 1, path)
        _check_item(sizes, demand, capacity, path, row + 1)
        if len(class_of) + demand > ITEMS:
            raise InputError(f"more than {ITEMS} items", file=path, row=row + 1, mend="scale the demands down")
        class_of += [classes.setdefault(tuple(sizes), len(classes))] * demand
    return _problem(Path(path).stem, capacity, list(classes), np.array(class_of, np.int64))


def _problem(name: str, capacity: list[int], classes: list[tuple[int, ...]], class_of: NDArray[np.int64]) -> Problem:
    items = len(class_of)
    return problem_of(
        name,
        [f"dimension {i + 1}" for i in range(len(capacity))],
        np.array(classes, np.int64).reshape(-1, len(capacity)),
        np.bincount(class_of, minlength=len(classes)),
        [capacity],
        items,
        class_of=class_of,
        nodes=tuple(f"bin-{i + 1}" for i in range(items)),
        pods=tuple(f"item-{i + 1}" for i in range(items)),
    )


def _lines(path: str | os.PathLike[str]) -> list[str]:
    try:
        text = Path(path).read_text(encoding="ascii")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path, mend="name a .vbp file") from error
    except UnicodeDecodeError as error:
        raise InputError("holds other characters than digits", file=path, mend="name a .vbp file") from error
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _row(lines: list[str], row: int, width: int, path: str | os.PathLike[str]) -> list[int]:
    """Return the numbers of a line, which must be so many."""
    if row >= len(lines):
        what = ("the number of dimensions", "the capacity of the bins", "the number of items")[row]
        raise InputError(f"{what} is missing", file=path, row=row + 1, mend="the file is cut short")
    words = lines[row].split()
    if len(words) != width:
        told = f"{len(words)} numbers where {width} belong"
        raise InputError(told, file=path, row=row + 1, mend="items are a size per dimension and a demand")
    for word in words:
        if not word.lstrip("-").isdigit() or len(word) > 30:
            raise InputError(f"{word[:30]!r} is no whole number", file=path, row=row + 1, mend="write digits")
    return [int(word) for word in words]


def _check_item(sizes: list[int], demand: int, capacity: list[int], path: str | os.PathLike[str], row: int) -> None:
    for dimension, (size, most) in enumerate(zip(sizes, capacity, strict=True), start=1):
        if size < 0:
            told, mend = f"a size of {size} in dimension {dimension}", "sizes are 0 or more"
            raise InputError(told, file=path, row=row, mend=mend)
        if size > most:
            told = f"a size of {size} in dimension {dimension}, where a bin holds {most}"
            raise InputError(told, file=path, row=row, mend="leave items out that no bin holds")
    if demand < 1:
        raise InputError(f"a demand of {demand}", file=path, row=row, mend="a demand is 1 or more")
