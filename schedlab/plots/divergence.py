"""How two runs of one workload part: which share of the pods got another node, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.metrics.diff import Diff, diff
from schedlab.plots.style import COLOURS, GREY, INK, label, new_axes, time_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from schedlab.record import Run

POINTS = 400


def divergence(a: Run, b: Run, found: Diff | None = None) -> Axes:
    """Plot the share of the pods placed so far, by both runs, that got another node; the first divergence is marked.

    Parameters
    ----------
    a, b
        Runs of one workload.
    found
        Their `diff`, if it is there already.

    Raises
    ------
    InputError
        They are not of one workload.
    """
    found = found or diff(a, b)
    times, share = found.over_time()
    end = max(a.end, b.end)
    per_unit, unit = time_unit(end / 1e6)
    axes = new_axes()
    if len(times):
        grid = np.linspace(times[0], max(end, times[-1]), POINTS)
        at = np.searchsorted(times, grid, side="right") - 1
        axes.plot(grid / 1e6 / per_unit, share[at], color=COLOURS[0], linewidth=2)
    axes.set_xlim(0, end / 1e6 / per_unit or 1)
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(lambda part, _: f"{100 * part:g} %")
    if found.first is not None:
        at_first = found.first.time / 1e6 / per_unit
        axes.axvline(at_first, color=COLOURS[1], linewidth=1.6, linestyle=(0, (4, 1.5)), clip_on=False)
        axes.annotate(
            f"first divergence: {found.first.pod}", (at_first, 0.05), xytext=(6, 0), textcoords="offset points",
            color=INK, fontsize=11, parse_math=False, bbox={"color": "white", "alpha": 0.8, "pad": 1},
        )  # fmt: skip
    else:
        axes.text(
            0.5, 0.5, "all decisions are the same", transform=axes.transAxes, ha="center", color=GREY, fontsize=12
        )
    label(axes, f"simulated time ({unit})", "pods placed elsewhere, so far")
    return axes
