"""Parquet files as the canonical form has them: written with measured settings, read with errors that name the place.

Settings: zstd level 3, row groups of 131,072, delta encoding for times, ids and unique names, byte streams split for
floats, dictionaries for the rest, page index, and a checksum a page, so that a flipped bit does not pass for another
trace.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from schedlab.errors import InputError
from schedlab.workload.canonical.manifest import File, TableFiles
from schedlab.workload.units import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

PART = 4_000_000  # rows a file holds at most
GROUP = 131_072
_TIMES = {"t", "t_submit"}  # of the columns that a table is sorted by
_DELTA = {"t", "t_submit", "duration", "walltime", "deadline", "dt_start", "size"}
_UNIQUE = {("pods", "name"), ("jobs", "name")}
_MEND = "copy the file again, or convert the trace again"


def write_table(folder: Path, name: str, table: pa.Table, sort: list[str]) -> TableFiles:
    """Write one table into a folder, in parts if it is long."""
    parts = {f"{name}.parquet": table}
    if table.num_rows > PART:
        (folder / name).mkdir()
        starts = range(0, table.num_rows, PART)
        parts = {f"{name}/part-{part:05d}.parquet": table.slice(start, PART) for part, start in enumerate(starts)}
    return TableFiles([_write(folder, path, name, part, sort[0]) for path, part in parts.items()], sort)


def _write(folder: Path, path: str, name: str, table: pa.Table, by: str) -> File:
    encoding = {field.name: found for field in table.schema if (found := _encoding(name, field))}
    with (folder / path).open("wb") as file:
        pq.write_table(
            table,
            file,
            compression="zstd",
            compression_level=3,
            row_group_size=GROUP,
            use_dictionary=[field.name for field in table.schema if field.name not in encoding],
            column_encoding=encoding,
            write_page_index=True,
            write_page_checksum=True,
        )
    times = table.column(by) if by in _TIMES and table.num_rows else None
    span = () if times is None else (times[0].as_py(), times[-1].as_py())
    return File(path, table.num_rows, sha256(folder / path), *span)


def _encoding(table: str, field: pa.Field) -> str | None:
    if pa.types.is_floating(field.type):
        return "BYTE_STREAM_SPLIT"
    if field.name in _DELTA or field.name.endswith("_id"):
        return "DELTA_BINARY_PACKED"
    return "DELTA_BYTE_ARRAY" if (table, field.name) in _UNIQUE else None


def sha256(path: Path) -> str:
    """Return a file's sha256 in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, eq=False)
class Stored:
    """A table that was read: its columns, checked as they are asked for."""

    path: Path
    table: pa.Table

    @property
    def rows(self) -> int:
        """How many there are."""
        return int(self.table.num_rows)

    def __contains__(self, name: str) -> bool:
        return name in self.table.column_names

    def numbers(self, name: str, low: int, high: int, null: int | None = None) -> NDArray[np.int64]:
        """Return a column of integers between ``low`` and ``high``, (rows,); ``null`` stands for none.

        Raises
        ------
        InputError
            The column is missing or of another type, or a cell is empty or out of range.
        """
        cells = self._column(name, pa.int64(), null is not None)
        found: NDArray[np.int64] = cells.fill_null(low if null is None else null).to_numpy()
        bad = (found < low) | (found > high)
        if null is not None:
            bad &= cells.is_valid().to_numpy()
        self.refuse(bad, name, lambda row: f"{found[row]} is not between {low} and {high}")
        return found

    def floats(self, name: str) -> NDArray[np.float32]:
        """Return a column of finite numbers of at least 0, (rows,)."""
        found: NDArray[np.float32] = self._column(name, pa.float32()).to_numpy()
        self.refuse(~(np.isfinite(found) & (found >= 0)), name, lambda row: f"{found[row]} is no amount")
        return found

    def flags(self, name: str) -> NDArray[np.bool_]:
        """Return a column of truth values, (rows,)."""
        found: NDArray[np.bool_] = self._column(name, pa.bool_()).to_numpy()
        return found

    def texts(self, name: str, *, distinct: bool = False) -> list[str]:
        """Return a column of texts, (rows,)."""
        found: list[str] = self._column(name, pa.string()).to_pylist()
        if distinct:
            again = pd.Series(found, dtype=object).duplicated().to_numpy()
            self.refuse(again, name, lambda row: f"{quoted(found[row])} stands twice")
        return found

    def number_rows(self, name: str) -> None:
        """Refuse a column that does not number the rows from 0."""
        found = self.numbers(name, 0, max(0, self.rows - 1))
        self.refuse(found != np.arange(self.rows), name, lambda row: f"{found[row]} is not the number of the row")

    def refuse(self, bad: NDArray[np.bool_], name: str, problem: Any) -> None:
        """Raise the error of the first bad cell of a column, if there is one; ``problem`` is called with its row."""
        if bad.any():
            row = int(np.argmax(bad))
            raise self.fault(problem(row), row, name)

    def fault(self, problem: str, row: int | None = None, field: str | None = None) -> InputError:
        """Return the error for a place in this table; ``row`` counts from 0."""
        return InputError(problem, file=self.path, row=None if row is None else row + 1, field=field, mend=_MEND)

    def _column(self, name: str, kind: pa.DataType, nullable: bool = False) -> Any:
        if name not in self:
            raise self.fault("the column is missing", field=name)
        column = self.table.column(name)
        try:
            cells: Any = column.cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise self.fault(f"the column holds {column.type}, not {kind}", field=name) from None
        if cells.null_count and not nullable:
            self.refuse(cells.is_null().to_numpy(), name, lambda _: "the cell is empty")
        return cells


def read_table(folder: Path, name: str, stored: TableFiles, columns: Iterable[str]) -> Stored:
    """Read some columns of a table, those that are there.

    Raises
    ------
    InputError
        A file is missing or damaged, its columns differ from those of the others, or it has another number of rows than
        the manifest says.
    """
    parts = [_read(folder / file.path, file, columns) for file in stored.files]
    path = folder / (stored.files[0].path if len(parts) == 1 else name)
    if not parts:
        raise InputError("the manifest names no file of this table", file=path, mend=_MEND)
    try:
        return Stored(path, pa.concat_tables(parts, promote_options="default"))
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise InputError(f"the parts have different columns ({error})", file=path, mend=_MEND) from None


def _read(path: Path, told: File, columns: Iterable[str]) -> pa.Table:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            here = set(file.schema_arrow.names)
            table = file.read([name for name in columns if name in here])
            rows = file.metadata.num_rows
    except FileNotFoundError:
        raise InputError("there is no such file", file=path, mend=_MEND) from None
    except MemoryError:  # of Arrow, too, whose errors are otherwise about the file
        raise
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"the file is damaged ({error})", file=path, mend=_MEND) from None
    if rows != told.rows:
        raise InputError(f"the file has {rows} rows, and the manifest says {told.rows}", file=path, mend=_MEND)
    return table
