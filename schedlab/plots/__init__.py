"""Plots: functions of one Run or several that give a matplotlib Axes, one figure per file.

They build a ``matplotlib.figure.Figure`` of their own and touch no pyplot state, so they work headless
and in worker threads; ``axes.figure.savefig(...)`` writes the picture.
"""

from schedlab.plots.replicates import replicates
from schedlab.plots.style import svg
from schedlab.plots.utilisation import utilisation_over_time
from schedlab.plots.waiting import waiting_time

__all__ = ["replicates", "svg", "utilisation_over_time", "waiting_time"]
