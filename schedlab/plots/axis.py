"""What stands along an axis: the unit of a metric or of a column of samples, and the time of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.errors import InputError
from schedlab.metrics import unit_of
from schedlab.metrics.columns import GPU_MILLI
from schedlab.plots.style import time_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from schedlab.record import Run

POINTS = 300
SCALES = {"bytes": (2.0**30, "GiB"), "count": (1.0, ""), "ratio": (1.0, "")}
AMOUNTS = {
    "cpu": (1e3, "cores"),
    "memory": (2.0**30, "GiB"),
    "ephemeral-storage": (2.0**30, "GiB"),
    GPU_MILLI: (1e3, ""),
}


def unit(metric: str, percent: str = "%") -> tuple[float, str]:
    """Return (what one unit of the axis is in the metric's, the axis' label); ``percent`` are hundredths of a share."""
    try:
        found: str = unit_of(metric)
    except InputError:  # a metric that is not the package's
        return 1.0, metric.replace(".", " ")
    per_unit, name = (0.01, percent) if found == "fraction" else SCALES.get(found, (1.0, found))
    return per_unit, metric.replace(".", " ") + (f" ({name})" if name else "")


def amount_unit(column: str) -> tuple[float, str]:
    """Return the same for a column of samples, such as ``used.cpu``; the label is the unit alone."""
    return AMOUNTS.get(column.partition(".")[2], (1.0, ""))


def mean_over_time(
    groups: Mapping[str, Sequence[Run]], sampled: Callable[[Run], tuple[NDArray[np.int64], NDArray[np.float64]]]
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]], str]:
    """Return (times, mean of each group at these times, the times' unit).

    At each time those runs of a group count that have not ended; NaN where there are none.

    Parameters
    ----------
    groups
        Name to runs.
    sampled
        Of a run, times in microseconds and the values that hold from them on.
    """
    end = max((run.end for group in groups.values() for run in group), default=0)
    grid = np.linspace(0, end, POINTS)
    per_unit, name = time_unit(end / 1e6)
    means = {group: _mean(_at(grid, run.end, *sampled(run)) for run in runs) for group, runs in groups.items()}
    return grid / 1e6 / per_unit, means, name


def _at(
    grid: NDArray[np.float64], end: int, time: NDArray[np.int64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the latest value at each time of a grid; NaN before the first and after the end."""
    if not len(time):
        return np.full(len(grid), np.nan)
    row = np.searchsorted(time, grid, side="right") - 1
    found: NDArray[np.float64] = np.where((row >= 0) & (grid <= end), values[np.maximum(row, 0)], np.nan)
    return found


def _mean(curves: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    block = np.array(list(curves))
    known = np.isfinite(block)
    mean = np.where(known, block, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    found: NDArray[np.float64] = np.where(known.any(axis=0), mean, np.nan)
    return found
