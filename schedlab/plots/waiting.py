"""Waiting times: which share of the pods still waits after a given time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.metrics import waits
from schedlab.plots.style import by_scheduler, label, legend, new_axes, stroke

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

    from schedlab.record import Run

POINTS = 400
DECADES = 1e5  # the time axis shows at most five
TICKS = {
    1e-6: "1 µs", 1e-5: "10 µs", 1e-4: "0.1 ms", 1e-3: "1 ms", 1e-2: "10 ms", 0.1: "0.1 s", 1: "1 s", 10: "10 s",
    60: "1 min", 600: "10 min", 3600: "1 h", 86_400: "1 d", 864_000: "10 d", 8_640_000: "100 d",
}  # fmt: skip


def waiting_time(runs: Run | Iterable[Run]) -> Axes:
    """Plot the share of pods still waiting (log) over the time since submission (log), a curve a scheduler.

    Pods that were never placed keep a curve from reaching the bottom; a dot marks their share. Waits
    shorter than the left edge count as over. Runs of one scheduler are pooled. The legend says where there is no curve
    because nobody waits so long.
    """
    pooled = {}
    for name, group in by_scheduler(runs).items():
        parts = [waits(run) for run in group]
        seconds = np.concatenate([part.seconds for part in parts])
        censored = np.concatenate([part.censored for part in parts])
        pooled[name] = (np.sort(seconds[~censored]), len(seconds), seconds.max(initial=0))
    positive = [placed[placed > 0] for placed, _, _ in pooled.values()]
    longest = max((last for _, _, last in pooled.values()), default=0) or 1.0
    shortest = min((float(placed[0]) for placed in positive if len(placed)), default=longest / 1000)
    left = min(max(shortest / 1.2, longest / DECADES), longest / 10)
    grid = np.geomspace(left, longest, POINTS)
    axes = new_axes()
    _scales(axes, left, longest, max(total for _, total, _ in pooled.values()))
    lines, names = [], []
    for index, (name, (placed, total, _)) in enumerate(pooled.items()):
        share = 1 - np.searchsorted(placed, grid, side="right") / max(total, 1)
        lines += axes.step(grid, share, where="post", **stroke(index))
        names.append(name if share[0] > 0 else f"{name} (nobody)")
        if share[-1] > 0:
            axes.plot(grid[-1], share[-1], "o", color=stroke(index)["color"], markersize=5, clip_on=False)
    label(axes, "time since submission", "pods still waiting")
    legend(axes, lines, names)
    return axes


def _scales(axes: Axes, left: float, right: float, pods: int) -> None:
    """Make both axes logarithmic, with ticks in people's units of time and in per cent."""
    axes.set_xscale("log")
    axes.set_yscale("log", nonpositive="clip")
    axes.set_xlim(left, right)
    axes.set_ylim(0.7 / max(pods, 10), 1.0)
    ticks = [tick for tick in TICKS if left <= tick <= right]
    axes.set_xticks(ticks, [TICKS[tick] for tick in ticks])
    axes.xaxis.minorticks_off()
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    axes.yaxis.minorticks_off()
