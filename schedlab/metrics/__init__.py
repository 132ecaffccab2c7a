"""Metrics: functions of a Run that give a number or a Series, one family per file.

A function marked with `metric` is part of `summary`; nothing else needs an edit. `table` says what all of them mean.
"""

from schedlab.metrics.catalogue import better_of, choose, metrics, offered, table, unit_of
from schedlab.metrics.columns import window
from schedlab.metrics.contract import Better, Metric, Unit, metric
from schedlab.metrics.latency import Slowdowns, Waits, slowdowns, waits
from schedlab.metrics.summarise import summary
from schedlab.metrics.utilisation import scarcest

__all__ = [
    "Better",
    "Metric",
    "Slowdowns",
    "Unit",
    "Waits",
    "better_of",
    "choose",
    "metric",
    "metrics",
    "offered",
    "scarcest",
    "slowdowns",
    "summary",
    "table",
    "unit_of",
    "waits",
    "window",
]
