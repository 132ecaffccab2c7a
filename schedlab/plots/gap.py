"""How far policies are from a proven bound, at each load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.plots.style import GREY, label, legend, new_axes, stroke

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def gap(distances: pd.DataFrame, slack: pd.Series | None = None) -> Axes:
    """Plot a curve a policy: its distance from the bound, 0 at the bottom.

    Parameters
    ----------
    distances
        Shares of the bound, (loads, policies); the index are loads in per cent.
    slack
        By load, how loose the bound is at most: the area in which the best possible lies.
    """
    axes = new_axes()
    loads = distances.index.to_numpy(float)
    lines: list[Artist] = []
    names = [str(name) for name in distances]
    for index, name in enumerate(distances):
        lines += axes.plot(loads, 100 * distances[name], marker="o", markersize=4, **stroke(index))
    if slack is not None:
        loose = slack.reindex(distances.index).to_numpy(float)
        lines.append(axes.fill_between(loads, 0, 100 * loose, color=GREY, alpha=0.35, linewidth=0))
        names.append("not settled")
    axes.set_xticks(loads)
    axes.set_ylim(bottom=0)
    label(axes, "asked for (% of the cluster)", "below the bound (%)")
    legend(axes, lines, names)
    return axes
