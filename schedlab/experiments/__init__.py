"""Experiments: suites of runs, carried out, stored, compared and reported."""

from schedlab.experiments.results import Results
from schedlab.experiments.suite import Suite

__all__ = ["Results", "Suite"]
