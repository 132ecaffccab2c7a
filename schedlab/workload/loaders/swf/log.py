"""The log itself: header comments and one job a line, 18 fields and, in some logs, more; read and checked."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from schedlab.errors import InputError
from schedlab.workload.units import MAX_TIME, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ENDINGS = (".swf", ".swf.gz")
FIELDS = (
    *("job number", "submit time", "wait time", "run time", "allocated processors", "average CPU time"),
    *("used memory", "requested processors", "requested time", "requested memory", "status", "user", "group"),
    *("executable", "queue", "partition", "preceding job", "think time"),
)
_TIMES = ("submit time", "run time", "requested time")
_WHOLE = (
    *("job number", "allocated processors", "requested processors", "status", "user", "queue", "preceding job"),
    "requested memory",
)
_EXTENDED = len(FIELDS) + 3  # CERIT-SC and MetaCentrum add placement, queue and node specification
_MEND = "copy the file again"
_KEY = re.compile(r";\s*(\w+):\s*(.*?)\s*$")


def stem(path: Path) -> str:
    """Return the name of a log without its ending."""
    return next((path.name.removesuffix(end) for end in reversed(ENDINGS) if path.name.endswith(end)), path.name)


@dataclass(frozen=True, eq=False)
class Log:
    """The jobs of a log, (J,) each, as they stand there; times in us, counted from the first submission.

    Attributes
    ----------
    header
        What the comments say by key, the first of a key.
    line
        The line of each job in the file, from 1.
    origin
        The first submit time, as the file counts, s.
    queue, spec
        Of an extended line the name of the queue and the node specification, else the number of the queue (empty: not
        known) and nothing.
    extended
        Whether the line is extended: then memory is bytes of the whole job, not KB a processor.
    """

    path: Path
    header: dict[str, str]
    line: NDArray[np.int64]
    origin: float
    numbers: dict[str, NDArray[np.int64]]
    queue: list[str]
    spec: list[str]
    extended: NDArray[np.bool_]

    def __getitem__(self, field: str) -> NDArray[np.int64]:
        return self.numbers[field]

    def fault(self, job: int, field: str, problem: str, mend: str = _MEND) -> InputError:
        """Return the error for a field of a job."""
        return InputError(problem, file=self.path, row=int(self.line[job]), field=field, mend=mend)


def read_log(path: Path) -> Log:
    """Read a log; rows are named by their lines.

    Raises
    ------
    InputError
        The file is missing, damaged or empty, a line has fewer than 18 fields, or one that is used is no number or out
        of bounds.
    """
    header: dict[str, str] = {}
    lines: list[int] = []
    rows: list[list[str]] = []
    for number, text in enumerate(_text(path).splitlines(), start=1):
        if text.lstrip().startswith(";"):
            if key := _KEY.match(text.lstrip()):
                header.setdefault(key[1], key[2])
            continue
        cells = text.split()
        if not cells:
            continue
        if len(cells) < len(FIELDS):
            problem = f"{len(cells)} fields, and a job has {len(FIELDS)}"
            raise InputError(problem, file=path, row=number, mend=_MEND)
        lines.append(number)
        rows.append(cells)
    if not rows:
        raise InputError("there are no jobs", file=path, mend="give a log in the Standard Workload Format")
    line = np.array(lines, np.int64)
    columns = dict(zip(FIELDS, zip(*(cells[: len(FIELDS)] for cells in rows), strict=True), strict=True))
    numbers = {name: _numbers(path, line, name, columns[name]) for name in (*_TIMES, *_WHOLE)}
    extended = [len(cells) >= _EXTENDED and cells[18].startswith("{") for cells in rows]
    queues = zip(rows, extended, numbers["queue"].tolist(), strict=True)
    origin = float(numbers["submit time"].min())
    numbers["submit time"] = numbers["submit time"] - origin
    return Log(
        path,
        header,
        line,
        origin,
        {name: _bounded(path, line, name, values) for name, values in numbers.items()},
        [cells[19] if more else str(int(queue)) if queue >= 0 else "" for cells, more, queue in queues],
        [cells[20] if more else "" for cells, more in zip(rows, extended, strict=True)],
        np.array(extended, np.bool_),
    )


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"the gzip file is truncated or damaged ({error})", file=path, mend="copy it again") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=path, mend="name another file") from None


def _numbers(path: Path, line: NDArray[np.int64], name: str, cells: tuple[str, ...]) -> NDArray[np.float64]:
    try:
        found = np.array(cells, np.float64)
    except ValueError:
        found = np.array([float(cell) if _is_number(cell) else np.nan for cell in cells])
    wrong = ~np.isfinite(found)
    if name in _WHOLE:
        wrong |= found % 1 != 0
    if wrong.any():
        row = int(np.argmax(wrong))
        problem = f"{quoted(cells[row])} is no {'whole ' if name in _WHOLE else ''}number"
        raise InputError(problem, file=path, row=int(line[row]), field=name, mend=_MEND)
    return found


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _bounded(path: Path, line: NDArray[np.int64], name: str, values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return numbers as integers, times in us."""
    scaled = np.rint(values * 1e6) if name in _TIMES else values
    wrong = scaled > MAX_TIME
    if wrong.any():
        row = int(np.argmax(wrong))
        problem = f"{values[row]:g} is too large" + (" (285 years)" if name in _TIMES else "")
        raise InputError(problem, file=path, row=int(line[row]), field=name, mend=_MEND)
    return np.maximum(scaled, -1).astype(np.int64)  # what is negative is not known
