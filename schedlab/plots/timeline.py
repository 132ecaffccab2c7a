"""Sampled quantities over time: pods pending and running, amounts requested and used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.errors import InputError
from schedlab.extensions import nearest
from schedlab.metrics.columns import column
from schedlab.plots.axis import amount_unit, mean_over_time
from schedlab.plots.style import by_scheduler, label, legend, new_axes, stroke

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

    from schedlab.record import Run


def timeline(runs: Run | Iterable[Run], *columns: str) -> Axes:
    """Plot columns of the samples over simulated time, a curve a scheduler and column.

    Parameters
    ----------
    runs
        Runs of one scheduler are averaged, at each time over those that have not ended.
    columns
        Such as ``pending``, ``running``, ``used.cpu``; all in one unit. None: ``pending``.

    Raises
    ------
    InputError
        A column is none, or the columns have different units.
    """
    groups, wanted = by_scheduler(runs), columns or ("pending",)
    _check([run for group in groups.values() for run in group], wanted)
    per_unit, unit = amount_unit(wanted[0])
    axes = new_axes()
    lines: list[Line2D] = []
    names = []
    for name in wanted:

        def amount(run: Run, name: str = name) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
            return column(run, "samples", "time"), column(run, "samples", name).astype(np.float64) / per_unit

        time, means, time_name = mean_over_time(groups, amount)
        for scheduler, mean in means.items():
            lines += axes.plot(time, mean, drawstyle="steps-post", **stroke(len(lines)))
            names.append(scheduler if len(wanted) == 1 else name if len(groups) == 1 else f"{scheduler}, {name}")
    axes.set_xlim(0, time[-1] or 1)
    counts = not unit and per_unit == 1
    axes.set_ylim(0, max(axes.get_ylim()[1], 1 if counts else 1e-9))
    axes.locator_params(axis="y", integer=counts)
    what = wanted[0].replace(".", " ") if len(wanted) == 1 else ""
    label(axes, f"simulated time ({time_name})", f"{what} ({unit})" if what and unit else what or unit)
    legend(axes, lines, names)
    return axes


def _check(runs: list[Run], wanted: tuple[str, ...]) -> None:
    for run in runs:
        known = [name for name in run.tables["samples"].column_names if name != "time"]
        for name in wanted:
            if name not in known:
                raise InputError(f"there is no sampled column {name!r}", mend=nearest(name, known))
    if len({amount_unit(name) for name in wanted}) > 1:
        raise InputError(f"{', '.join(wanted)} have different units", mend="plot them apart")
