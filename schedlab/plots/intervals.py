"""Differences from a baseline with their intervals, and the band in which they do not matter: a forest plot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from schedlab.errors import InputError
from schedlab.plots.axis import unit
from schedlab.plots.style import COLOURS, GREY, GRID, INK, broken, label, new_axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# a mark for each verdict, so that none is told by its colour alone
MARKS = {
    "better": ("^", COLOURS[0]),
    "worse": ("v", COLOURS[1]),
    "equivalent": ("s", COLOURS[2]),
    "undecided": ("o", GREY),
    "lower": ("<", INK),
    "higher": (">", INK),
}
SINGLE = ("D", GREY)
OPEN = {"": (), "at most": (-1,), "at least": (1,), "unknown": (-1, 1)}  # sides that lower bounds leave open


def intervals(differences: pd.DataFrame) -> Axes:
    """Plot the differences of one metric from one baseline, a row a scheduler (and trace), their margins behind.

    A side that lower bounds leave open has an arrow. Differences over one replicate are hollow and have
    no interval. Over several traces, differences are shares of the baseline's mean.

    Parameters
    ----------
    differences
        Rows of a comparison: metric, trace, scheduler, difference, low, high, bound, margin, mean_baseline,
        verdict.

    Raises
    ------
    InputError
        The rows are of several metrics, or there are none.
    """
    known = differences[differences["difference"].notna()]
    names = known["metric"].unique()
    if len(names) != 1:
        raise InputError(f"differences of {len(names)} metrics", mend="choose the rows of one metric")
    traces = known["trace"].nunique()
    of_baseline = 1.0, f"{names[0].replace('.', ' ')} (% of the baseline)"
    per_unit, name = of_baseline if traces > 1 else unit(names[0], "percentage points")
    rows = known.to_dict("records")
    shown = [broken(f"{row['scheduler']}" + (f", {row['trace']}" if traces > 1 else "")) for row in rows]
    lines = max(text.count("\n") + 1 for text in shown)
    axes = new_axes(height=1.2 + (0.14 + 0.19 * lines) * max(len(known), 2))
    for place, row in enumerate(rows):
        scale = abs(row["mean_baseline"]) / 100 if traces > 1 else per_unit
        if scale:
            numbers = {key: row[key] / scale for key in ("difference", "low", "high", "margin")}
            _row(axes, place, numbers, row["verdict"], OPEN[row["bound"]])
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_yticks(range(len(shown)), shown, parse_math=False)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    label(axes, f"difference in {name}", "")
    return axes


def _row(axes: Axes, place: int, found: dict[str, float], verdict: str, sides: tuple[int, ...]) -> None:
    """Draw one difference: the margin's band, the interval, arrows to the open sides, the mark."""
    marker, colour = MARKS.get(verdict, SINGLE)
    middle, low, high, margin = (found[key] for key in ("difference", "low", "high", "margin"))
    axes.fill_betweenx([place - 0.36, place + 0.36], -margin, margin, color=GRID, linewidth=0)
    if not math.isnan(low):
        ends = [middle if math.isinf(end) else end for end in (low, high)]
        axes.plot(ends, [place] * 2, color=colour, linewidth=2.4, solid_capstyle="butt")
    for sign in sides:
        axes.annotate(
            "", (middle, place), xytext=(sign * 60, 0), textcoords="offset points", annotation_clip=False,
            arrowprops={"arrowstyle": "<|-", "color": colour, "linestyle": ":", "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip
    face = "white" if verdict not in MARKS else colour
    axes.plot(middle, place, marker, color=colour, markerfacecolor=face, markersize=8, markeredgecolor=colour)
