"""The scheduler's queue: how many pods are in it, and how fast they leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.metrics.backlog import bindings, waiting
from schedlab.metrics.columns import column
from schedlab.plots.axis import mean_over_time
from schedlab.plots.style import below, by_scheduler, label, legend, new_axes, stroke

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from schedlab.record import Run

PARTS = ("active", "backoff", "unschedulable", "gated")


def queue(runs: Run | Iterable[Run]) -> Axes:
    """Plot the length of the queue over simulated time, and below it the pods bound per second.

    Of one scheduler, a curve for each part of the queue that is ever used; of several, a curve each of the pods that
    wait for the scheduler, active or backing off. Runs of one scheduler are averaged, at each time over those that have
    not ended. Returns the upper axes.
    """
    groups = by_scheduler(runs)
    upper = new_axes(height=5.6, rows=2)
    lower = below(upper)
    time, lengths, unit = mean_over_time(groups, lambda run: (column(run, "samples", "time"), waiting(run)))
    if len(groups) == 1:
        lengths = _parts(groups)
    lines = [
        upper.plot(time, each, drawstyle="steps-post", **stroke(at))[0] for at, each in enumerate(lengths.values())
    ]
    _, rates, _ = mean_over_time(groups, _rate)
    for at, rate in enumerate(rates.values(), start=len(PARTS) if len(groups) == 1 else 0):
        lower.plot(time, rate, drawstyle="steps-post", **stroke(at))
    for axes in (upper, lower):
        axes.set_xlim(0, time[-1] or 1)
        axes.set_ylim(0, max(axes.get_ylim()[1], 1e-9))
    label(upper, "", "pods in the queue" if len(groups) == 1 else "pods active or backing off")
    label(lower, f"simulated time ({unit})", "pods bound per second")
    legend(upper, lines, list(lengths))
    return upper


def _parts(groups: dict[str, list[Run]]) -> dict[str, NDArray[np.float64]]:
    """Return the mean length of each part of one scheduler's queue, empty ones left out unless all are."""
    found = {}
    for part in PARTS:

        def length(run: Run, part: str = part) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
            return column(run, "samples", "time"), column(run, "samples", f"queue.{part}")

        (found[part],) = mean_over_time(groups, length)[1].values()
    return {part: mean for part, mean in found.items() if np.nansum(mean)} or {"active": found["active"]}


def _rate(run: Run) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the bindings per second from each sample to the next."""
    time = column(run, "samples", "time")
    seconds = np.diff(time) / 1e6
    return time[:-1], np.diff(bindings(run)) / seconds
