"""A CSV file as columns of distinct texts, read at once, with errors that name file, row and field."""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from schedlab.errors import InputError
from schedlab.workload.units import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_BOM = b"\xef\xbb\xbf"
_SPACES_ONLY = re.compile(rb"(?m)^[ \t]+(?=\r?$)")


@dataclass(frozen=True, eq=False)
class Column:
    """One column: ``values[codes[i]]`` is the text of row i, stripped; values are in order of first appearance."""

    table: Table
    name: str
    codes: NDArray[np.int32]  # (rows,)
    values: list[str]

    def parse(self, convert: Callable[[str], int], empty: int | None = None) -> NDArray[np.int64]:
        """Return every cell as int64 (rows,): ``convert`` runs once a distinct text; ``empty`` stands for no text.

        Raises
        ------
        InputError
            What ``convert`` raises, with the place of the first such cell.
        """
        parsed = np.empty(len(self.values), np.int64)
        for code, text in enumerate(self.values):
            try:
                parsed[code] = empty if empty is not None and not text else convert(text)
            except InputError as error:
                raise self.fault(self.row_of(code), str(error)) from None
        return parsed[self.codes]

    def texts(self) -> list[str]:
        """Return every cell's text (rows,)."""
        return np.array(self.values, object)[self.codes].tolist() if len(self.codes) else []

    def require_distinct(self, noun: str) -> None:
        """Refuse an empty cell and one that stands twice."""
        if "" in self.values:
            raise self.fault(self.row_of(self.values.index("")), "the cell is empty", f"give the {noun} a name")
        if len(self.values) < len(self.codes):
            again = int(np.argmax(self.codes != np.arange(len(self.codes))))
            text = self.values[self.codes[again]]
            first = self.table.row_number(self.row_of(int(self.codes[again])))
            problem = f"the {noun} {quoted(text)} is in row {first} already"
            raise self.fault(again, problem, f"give each {noun} its own name")

    def row_of(self, code: int) -> int:
        """Return the first row that holds ``values[code]``."""
        return int(np.argmax(self.codes == code))

    def fault(self, row: int, problem: str, mend: str | None = None) -> InputError:
        """Return the error for one cell; ``row`` counts from 0."""
        return self.table.fault(problem, row=row, field=self.name, mend=mend)


class Table:
    """A CSV file, plain or gzipped, UTF-8 with or without byte order mark; blank lines are skipped.

    Parameters
    ----------
    path
        The file; a name that ends in .gz is decompressed.
    required, optional
        Column names.
    family
        Says of any other column name whether it is welcome; None: no other is.

    Raises
    ------
    InputError
        The file is missing, truncated or not text, a row is ragged, a column is missing or unknown.
    """

    def __init__(
        self,
        path: Path,
        required: Iterable[str],
        optional: Iterable[str] = (),
        family: Callable[[str], bool] | None = None,
    ) -> None:
        self.path = path
        self._text = self._read()
        self.header = self._check_header(tuple(required), tuple(optional), family)
        self._columns = self._parse()
        self.rows: int = self._columns.num_rows

    def __contains__(self, name: str) -> bool:
        return name in self.header

    def column(self, name: str) -> Column:
        """Return one column, encoded."""
        cells: Any = pc.utf8_trim_whitespace(self._columns.column(self.header.index(name)))
        coded = pa.concat_arrays(cells.chunks or [pa.array([], pa.string())]).dictionary_encode()
        return Column(self, name, coded.indices.to_numpy(), coded.dictionary.to_pylist())

    def fault(
        self, problem: str, *, row: int | None = None, field: str | None = None, mend: str | None = None
    ) -> InputError:
        """Return the error for a place in this file; ``row`` counts from 0, without blank lines."""
        number = None if row is None else self.row_number(row)
        return InputError(problem, file=self.path, row=number, field=field, mend=mend)

    def row_number(self, row: int) -> int:
        """Return the line of a row below the header's line, which is what an editor shows; blank lines count."""
        lines = self._lines()
        header = next(lines)[0]
        return next(line for index, (line, _) in enumerate(lines) if index == row) - header

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells) of each row and the header, by the slow reader that knows the lines."""
        reader, last = csv.reader(io.StringIO(self._text.decode(), newline="")), 0
        try:
            for cells in reader:
                first, last = last + 1, reader.line_num
                if cells:
                    yield first, cells
        except csv.Error as error:
            raise self.fault(f"line {last + 1} is no row of a table ({error})", mend="check its quotes") from None

    def _read(self) -> bytes:
        try:
            data = self.path.read_bytes()
            if self.path.suffix == ".gz":
                data = gzip.decompress(data)
        except FileNotFoundError:
            raise InputError("there is no such file", file=self.path, mend="write it, or name another folder") from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(
                f"the gzip file is truncated or damaged ({error})", file=self.path, mend="copy it again"
            ) from None
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", file=self.path) from None
        data = data.removeprefix(_BOM)
        try:
            data.decode()
            broken = data.find(b"\0")
        except UnicodeDecodeError as error:
            broken = error.start
        if broken >= 0:
            row = data.count(b"\n", 0, broken)
            raise InputError(
                f"byte 0x{data[broken]:02x} is not UTF-8 text",
                file=self.path,
                row=row or None,
                mend="save the file as UTF-8",
            )
        return _SPACES_ONLY.sub(b"", data)

    def _check_header(
        self, required: tuple[str, ...], optional: tuple[str, ...], family: Callable[[str], bool] | None
    ) -> list[str]:
        _, cells = next(self._lines(), (0, []))
        if not cells:
            raise self.fault("the file is empty", mend=f"begin with the header {','.join(required)}")
        header = [cell.strip() for cell in cells]
        known = (*required, *optional)
        for name in header:
            if header.count(name) > 1:
                raise self.fault("the column stands twice", field=name, mend="remove one")
        for name in header:
            if name not in known and not (family and family(name)):
                near = difflib.get_close_matches(name, known, 1)
                known = (*known, "label:KEY", "a resource (ephemeral-storage, DOMAIN/NAME)") if family else known
                mend = f"did you mean {near[0]}?" if near else f"known columns: {', '.join(known)}"
                raise self.fault("unknown column", field=name or "''", mend=mend)
        for name in required:
            if name not in header:
                raise self.fault("the column is missing", field=name, mend=f"add it; the header is {','.join(header)}")
        return header

    def _parse(self) -> Any:
        names = [str(index) for index in range(len(self.header))]
        try:
            first, _ = next(self._lines())
            table = arrow_csv.read_csv(
                pa.BufferReader(self._text),
                read_options=arrow_csv.ReadOptions(use_threads=False, column_names=names, skip_rows=first),
                parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
            )
        except pa.ArrowInvalid as error:
            for row, (_, cells) in enumerate(self._lines(), start=-1):  # -1: the header
                if len(cells) != len(names):
                    problem = f"{len(cells)} cells under a header of {len(names)}"
                    raise self.fault(problem, row=row, mend="give every row one cell a column") from None
            raise self.fault(f"the file is no table ({error})", mend="check its quotes") from None
        return table


def find_table(folder: Path, stem: str) -> Path | None:
    """Return the path of ``stem``.csv or ``stem``.csv.gz in a folder, None if neither is there."""
    both = [path for path in (folder / f"{stem}.csv", folder / f"{stem}.csv.gz") if path.exists()]
    if len(both) > 1:
        raise InputError(f"{both[0].name} and {both[1].name} are both there", file=folder, mend="remove one")
    return both[0] if both else None


def required_table(folder: Path, stem: str) -> Path:
    """Return the path of a table that must be there; reading it says if it is not."""
    return find_table(folder, stem) or folder / f"{stem}.csv"
