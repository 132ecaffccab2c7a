"""The distribution of a quantity over pods: which share of them has at most so much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.metrics import waits
from schedlab.plots.style import by_scheduler, label, legend, new_axes, stroke

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from matplotlib.axes import Axes

    from schedlab.record import Run

POINTS = 400
WIDE = 10.0  # greatest / tenth percentile of what is above 0, from which the axis is logarithmic
DECADES = 1e6


def distribution(
    runs: Run | Iterable[Run],
    measured: Callable[[Run], Any] = waits,
    name: str = "waiting time (s)",
    least: float = 0.0,
) -> Axes:
    """Plot the empirical distribution function of a quantity per pod, a curve a scheduler.

    Runs of one scheduler are pooled. Values that are lower bounds keep a curve from reaching 100 %; a dot marks where
    it ends. The axis is logarithmic where the values spread widely; those left of it count from its left edge on.

    Parameters
    ----------
    measured
        Of a run, (values, which of them are lower bounds), both (P,), as `waits` gives them; None: the run does
        not know, and is left out.
    name
        Of the quantity, for the axis.
    least
        The smallest value that can be; above 0 the axis is logarithmic and begins there.
    """
    pooled = {}
    for scheduler, group in by_scheduler(runs).items():
        parts = [found[:2] for run in group if (found := measured(run)) is not None]
        if parts:
            values, bounds = (np.concatenate(columns) for columns in zip(*parts, strict=True))
            pooled[scheduler] = (np.sort(values[~bounds]), len(values), values.max(initial=0.0))
    most = max((last for _, _, last in pooled.values()), default=0.0) or 1.0
    most = max(most, 2 * least)  # else there is no axis where all have the smallest value
    every = np.concatenate([known for known, _, _ in pooled.values()] or [np.zeros(0)])
    above = every[every > 0]
    logarithmic = least > 0 or (len(above) > 0 and most > WIDE * float(np.quantile(above, 0.1)))
    left = least or (max(float(above.min()) / 1.2, most / DECADES) if logarithmic else 0.0)
    grid = np.geomspace(left, most, POINTS) if logarithmic else np.linspace(left, most, POINTS)
    axes = new_axes()
    lines = []
    lowest = 1.0
    for index, (known, count, _) in enumerate(pooled.values()):
        share = np.searchsorted(known, grid, side="right") / max(count, 1)
        lines += axes.step(grid, share, where="post", **stroke(index))
        lowest = min(lowest, float(share[0]))
        if share[-1] < 1:
            axes.plot(grid[-1], share[-1], "o", color=stroke(index)["color"], markersize=5, clip_on=False)
    if logarithmic:
        _decades(axes)
    axes.set_xlim(left, most)
    axes.set_ylim(np.floor(10 * lowest) / 10 if 0.5 < lowest < 1 else 0, 1.005)
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    label(axes, name, "pods with at most that")
    legend(axes, lines, list(pooled))
    return axes


def _decades(axes: Axes) -> None:
    """Make the axis of the quantity logarithmic, with plain numbers at 1, 2 and 5."""
    from matplotlib.ticker import LogLocator

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.xaxis.minorticks_off()
