"""Plots: functions of one Run or several that give a matplotlib Axes, one figure per file.

They build a ``matplotlib.figure.Figure`` of their own and touch no pyplot state, so they work headless
and in worker threads; ``axes.figure.savefig(...)`` writes the picture.
"""

from schedlab.plots.anytime import anytime
from schedlab.plots.distribution import distribution
from schedlab.plots.divergence import divergence
from schedlab.plots.gap import gap
from schedlab.plots.heatmap import heatmap
from schedlab.plots.intervals import intervals
from schedlab.plots.pareto import pareto
from schedlab.plots.queue import queue
from schedlab.plots.replicates import replicates
from schedlab.plots.style import svg
from schedlab.plots.timeline import timeline
from schedlab.plots.utilisation import utilisation_over_time
from schedlab.plots.waiting import waiting_time

__all__ = [
    "anytime",
    "distribution",
    "divergence",
    "gap",
    "heatmap",
    "intervals",
    "pareto",
    "queue",
    "replicates",
    "svg",
    "timeline",
    "utilisation_over_time",
    "waiting_time",
]
