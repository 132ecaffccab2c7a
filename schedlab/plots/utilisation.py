"""Utilisation of the scarcest resource over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.metrics import scarcest
from schedlab.metrics.columns import column, resources
from schedlab.plots.axis import mean_over_time
from schedlab.plots.style import by_scheduler, label, legend, new_axes, stroke

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from schedlab.record import Run


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
    short = resource or scarcest(run for group in groups.values() for run in group)

    def share(run: Run) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        name = resources(run)[short]
        alloc = column(run, "samples", f"alloc.{name}").astype(np.float64)
        return column(run, "samples", "time"), column(run, "samples", f"used.{name}") / np.where(
            alloc > 0, alloc, np.nan
        )

    time, means, unit = mean_over_time(groups, share)
    axes = new_axes()
    lines = [axes.plot(time, mean, **stroke(index))[0] for index, mean in enumerate(means.values())]
    least = min((np.nanmin(mean, initial=1.0) for mean in means.values()), default=1.0)
    axes.set_xlim(0, time[-1] or 1)
    axes.set_ylim(max(0.0, np.floor(10 * least - 0.5) / 10), max(1.0, axes.get_ylim()[1]))
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    label(axes, f"simulated time ({unit})", f"{short} requested")
    legend(axes, lines, list(groups))
    return axes
