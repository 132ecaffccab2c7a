"""Schedulers compared: paired by replicate, with intervals, tests corrected for their number, and verdicts."""

from schedlab.experiments.comparison.compare import Comparison, compare
from schedlab.experiments.comparison.difference import Difference
from schedlab.experiments.comparison.means import Line, Mean, means
from schedlab.experiments.comparison.ranks import Ranks
from schedlab.experiments.comparison.ties import TieSpread

__all__ = ["Comparison", "Difference", "Line", "Mean", "Ranks", "TieSpread", "compare", "means"]
