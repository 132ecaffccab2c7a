"""One number of the summary per scheduler, with the spread of its replicates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from schedlab.metrics import summary
from schedlab.plots.axis import unit
from schedlab.plots.style import COLOURS, GREY, INK, broken, by_scheduler, label, new_axes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

    from schedlab.record import Run


def replicates(runs: Run | Iterable[Run], metric: str) -> Axes:
    """Plot a summary metric: a dot a run, a stroke at the mean, a line from least to greatest.

    Schedulers are sorted by the mean, the smallest on top. Runs whose number is unknown (NaN) are left out.
    """
    values = {
        name: [value for run in group if math.isfinite(value := float(summary(run)[metric]))]
        for name, group in by_scheduler(runs).items()
    }
    values = {name: found for name, found in values.items() if found}
    means = {name: sum(found) / len(found) for name, found in values.items()}
    order = sorted(means, key=lambda name: (means[name], name))
    per_unit, axis = unit(metric)
    names = [broken(name) for name in order]
    lines = max((name.count("\n") + 1 for name in names), default=1)
    axes = new_axes(height=1.1 + (0.11 + 0.2 * lines) * max(len(order), 2))
    for row, name in enumerate(order):
        found = [value / per_unit for value in values[name]]
        axes.plot([min(found), max(found)], [row, row], color=COLOURS[0], linewidth=2, solid_capstyle="round")
        axes.plot(means[name] / per_unit, row, "|", color=INK, markersize=16, markeredgewidth=2.5)
        axes.plot(found, [row] * len(found), "o", color=COLOURS[0], markersize=6, markeredgecolor="white")
    axes.set_yticks(range(len(order)), names, parse_math=False)
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="x")
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    label(axes, axis, "")
    return axes
