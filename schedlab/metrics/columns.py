"""Columns of a Run as NumPy arrays, and the stretch of time that metrics cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.record import Run

GPU, GPU_MILLI = "nvidia.com/gpu", "nvidia.com/gpu-milli"


def column(run: Run, table: str, name: str, null: int = 0) -> NDArray[Any]:
    """Return a column of numbers as an array, its nulls replaced by ``null``."""
    values = run.tables[table][name]
    filled: NDArray[Any] = (pc.fill_null(values, null) if values.null_count else values).to_numpy()
    return filled


def is_text(run: Run, table: str, name: str, text: str) -> NDArray[np.bool_]:
    """Return which rows of a text column hold ``text``; bool, nulls are False."""
    equal: NDArray[np.bool_] = pc.fill_null(pc.equal(run.tables[table][name], text), False).to_numpy()
    return equal


def window(run: Run) -> int:
    """Return the end of the measured time [0, end] in microseconds: the horizon, else the run's end."""
    horizon = run.manifest["horizon"]
    return int(run.manifest["end"] if horizon is None else horizon)


def span(run: Run, table: str, first: str, last: str) -> NDArray[np.float64]:
    """Return the seconds from ``first`` to ``last`` within the measured time; null: never came, never left."""
    end = window(run)
    start, stop = column(run, table, first, end), column(run, table, last, end)
    seconds: NDArray[np.float64] = np.maximum(np.minimum(stop, end) - np.maximum(start, 0), 0) / 1e6
    return seconds


def resources(run: Run) -> dict[str, str]:
    """Return short name -> resource, for the resources that the cluster has at all.

    ``nvidia.com/gpu-milli`` is called ``gpu``. Where it is present, the count of whole devices
    ``nvidia.com/gpu`` is left out: it speaks of the same devices and is blind to shared ones.
    """
    present = [name for name in run.manifest["resources"] if column(run, "nodes", f"alloc.{name}").any()]
    if GPU_MILLI in present and GPU in present:
        present.remove(GPU)
    return {"gpu" if name in (GPU, GPU_MILLI) else name: name for name in present}
