"""Columns of a Run as NumPy arrays, and the stretch of time that metrics cover."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Concatenate, NamedTuple, ParamSpec, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from schedlab.record import Run

GPU, GPU_MILLI = "nvidia.com/gpu", "nvidia.com/gpu-milli"
NEVER = np.iinfo(np.int64).max
HOUR = 3600e6  # us

More = ParamSpec("More")
Found = TypeVar("Found")


def kept(function: Callable[Concatenate[Run, More], Found]) -> Callable[Concatenate[Run, More], Found]:
    """Work something out of a run once, for all that need it; so its arrays are made read-only."""

    @functools.wraps(function)
    def once(run: Run, /, *more: More.args, **named: More.kwargs) -> Found:
        key = (function, *more, *named.items())
        if key not in run.kept:
            worked_out = function(run, *more, **named)
            for part in worked_out if isinstance(worked_out, tuple) else (worked_out,):
                if isinstance(part, np.ndarray):
                    part.flags.writeable = False
            run.kept[key] = worked_out
        found: Found = run.kept[key]
        return found

    return once


@kept
def column(run: Run, table: str, name: str, null: int = 0) -> NDArray[Any]:
    """Return a column of numbers as an array, its nulls replaced by ``null``."""
    values = run.tables[table][name]
    filled: NDArray[Any] = (pc.fill_null(values, null) if values.null_count else values).to_numpy()
    return filled


def is_text(run: Run, table: str, name: str, text: str) -> NDArray[np.bool_]:
    """Return which rows of a text column hold ``text``; bool, nulls are False."""
    equal: NDArray[np.bool_] = pc.fill_null(pc.equal(run.tables[table][name], text), False).to_numpy()
    return equal


class Codes(NamedTuple):
    """A column of texts as numbers."""

    code: NDArray[np.int64]  # position in ``texts``; -1: null
    texts: list[str]


@kept
def codes(run: Run, table: str, name: str) -> Codes:
    """Return a column of texts as numbers; texts of the dictionary that no row has may be among them."""
    values = run.tables[table][name].combine_chunks()
    if isinstance(values, pa.ChunkedArray):  # there is no row
        return Codes(np.zeros(0, np.int64), [])
    encoded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    code = pc.fill_null(encoded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return Codes(code, encoded.dictionary.to_pylist())


def window(run: Run) -> tuple[int, int]:
    """Return start and end of the measured time in microseconds: after the warm-up, up to the horizon or the end."""
    return int(run.manifest.get("warmup", 0)), run.end


def hours(run: Run) -> float:
    """Return the length of the measured time in hours."""
    start, end = window(run)
    return (end - start) / HOUR


def within(run: Run, times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which times are in the measured time, both ends included."""
    start, end = window(run)
    return (start <= times) & (times <= end)


def overlap(run: Run, first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the seconds from ``first`` to ``last`` (us) that lie in the measured time."""
    start, end = window(run)
    seconds: NDArray[np.float64] = np.maximum(np.minimum(last, end) - np.maximum(first, start), 0) / 1e6
    return seconds


@kept
def span(run: Run, table: str, first: str, last: str) -> NDArray[np.float64]:
    """Return the seconds from ``first`` to ``last`` within the measured time; null: never came, never left."""
    return overlap(run, column(run, table, first, NEVER), column(run, table, last, NEVER))


@kept
def resources(run: Run) -> dict[str, str]:
    """Return short name -> resource, for the resources that the cluster has at all.

    ``nvidia.com/gpu-milli`` is called ``gpu``. Where it is present, the count of whole devices
    ``nvidia.com/gpu`` is left out: it speaks of the same devices and is blind to shared ones.
    """
    present = [name for name in run.manifest["resources"] if column(run, "nodes", f"alloc.{name}").any()]
    if GPU_MILLI in present and GPU in present:
        present.remove(GPU)
    return {"gpu" if name in (GPU, GPU_MILLI) else name: name for name in present}


@kept
def standing(run: Run) -> NDArray[np.float64]:
    """Return the seconds of the measured time that each sample stands for, until the next one comes.

    Where none lasts, the last one counts for all.
    """
    time = column(run, "samples", "time")
    seconds = overlap(run, time, np.append(time[1:], NEVER))
    if len(time) and not seconds.any():
        seconds[-1] = 1.0
    return seconds
