"""Utilisation of the scarcest resource over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.metrics import scarcest
from schedlab.metrics.columns import column, resources
from schedlab.plots.style import by_scheduler, label, legend, new_axes, stroke, time_unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from schedlab.record import Run

POINTS = 300


def utilisation_over_time(runs: Run | Iterable[Run], resource: str | None = None) -> Axes:
    """Plot the requested share of a resource over simulated time, a curve a scheduler.

    Parameters
    ----------
    runs
        Runs of one scheduler are averaged, at each time over those that have not ended.
    resource
        Its short name, as in the summary; None: the one that is used most.
    """
    groups = by_scheduler(runs)
    every = [run for group in groups.values() for run in group]
    short = resource or scarcest(every)
    end = max(run.end for run in every)
    grid = np.linspace(0, end, POINTS)
    per_unit, unit = time_unit(end / 1e6)
    axes = new_axes()
    lines = []
    least = 1.0
    for index, group in enumerate(groups.values()):
        shares = np.array([_sampled(run, resources(run)[short], grid) for run in group])
        known = np.isfinite(shares)
        mean = np.where(known, shares, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        mean = np.where(known.any(axis=0), mean, np.nan)
        least = min(least, np.nanmin(mean, initial=1.0))
        lines += axes.plot(grid / 1e6 / per_unit, mean, **stroke(index))
    axes.set_xlim(0, end / 1e6 / per_unit)
    axes.set_ylim(max(0.0, np.floor(10 * least - 0.5) / 10), max(1.0, axes.get_ylim()[1]))
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    label(axes, f"simulated time ({unit})", f"{short} requested")
    legend(axes, lines, list(groups))
    return axes


def _sampled(run: Run, name: str, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return used / allocatable at the latest sample before each time; NaN before the first and after the end."""
    time = column(run, "samples", "time")
    alloc = column(run, "samples", f"alloc.{name}").astype(np.float64)
    share = column(run, "samples", f"used.{name}") / np.where(alloc > 0, alloc, np.nan)
    row = np.searchsorted(time, grid, side="right") - 1
    inside = (row >= 0) & (grid <= run.end)
    values: NDArray[np.float64] = np.where(inside, share[np.maximum(row, 0)], np.nan)
    return values
