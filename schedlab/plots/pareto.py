"""Two numbers of the summary against each other: who is better in one without being worse in the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from schedlab.metrics import summary
from schedlab.plots.axis import unit
from schedlab.plots.style import COLOURS, GREY, by_scheduler, label, legend, new_axes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from schedlab.record import Run

    Better = Literal["lower", "higher"]

MARKERS = "osD^vPX"


def pareto(
    runs: Run | Iterable[Run] | pd.DataFrame, x: str, y: str, better: tuple[Better, Better] = ("lower", "lower")
) -> Axes:
    """Plot a point a scheduler, at its means, with lines from least to greatest over its replicates.

    A grey line joins those that no other beats: none is better in one number and as good in the other.

    Parameters
    ----------
    runs
        Runs; or a table with a column ``scheduler`` and the two metrics, a row a run. Rows that do not know both
        numbers are left out.
    x, y
        Summary metrics.
    better
        Which side is better, of x and of y.
    """
    table = _table(runs, x, y) if not isinstance(runs, pd.DataFrame) else runs
    table = table[["scheduler", x, y]].astype({x: "float64", y: "float64"}).dropna()
    units = [unit(metric) for metric in (x, y)]
    groups = {
        str(name): [group[metric].to_numpy() / of[0] for metric, of in zip((x, y), units, strict=True)]
        for name, group in table.groupby("scheduler", sort=False)
    }
    means = np.array([[values.mean() for values in pair] for pair in groups.values()]).reshape(-1, 2)
    axes = new_axes(height=5.0)
    front = means[non_dominated(means, better)]
    front = front[np.lexsort((front[:, 1], front[:, 0]))]
    axes.plot(front[:, 0], front[:, 1], color=GREY, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)
    lines = []
    for index, (across, up) in enumerate(groups.values()):
        at, colour = means[index], COLOURS[index % len(COLOURS)]
        axes.plot([across.min(), across.max()], [at[1]] * 2, color=colour, linewidth=1.2, alpha=0.7)
        axes.plot([at[0]] * 2, [up.min(), up.max()], color=colour, linewidth=1.2, alpha=0.7)
        marker = MARKERS[(index + index // len(COLOURS)) % len(MARKERS)]  # no two alike in the first 49
        lines += axes.plot(*at, marker, color=colour, markersize=9, markeredgecolor="white", linestyle="none", zorder=3)
    names = [f"{name} ({side} is better)" for (_, name), side in zip(units, better, strict=True)]
    label(axes, *names)
    legend(axes, lines, list(groups))
    return axes


def non_dominated(points: NDArray[np.float64], better: tuple[Better, Better] = ("lower", "lower")) -> NDArray[np.bool_]:
    """Return which points (P, 2) no other point dominates: at least as good in both, better in one."""
    cost = points * [1 if side == "lower" else -1 for side in better]
    no_worse = (cost[:, None] <= cost[None]).all(axis=2)
    somewhere = (cost[:, None] < cost[None]).any(axis=2)
    beaten: NDArray[np.bool_] = np.any(no_worse & somewhere, axis=0)
    return ~beaten


def _table(runs: Run | Iterable[Run], *metrics: str) -> pd.DataFrame:
    rows = [(name, summary(run)) for name, group in by_scheduler(runs).items() for run in group]
    return pd.DataFrame([{"scheduler": name, **{metric: found[metric] for metric in metrics}} for name, found in rows])
