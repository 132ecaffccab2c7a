"""Metrics: functions of a Run that give a number or a Series, one family per file.

A function marked with `metric` is part of `summary`; nothing else needs an edit.
"""

from schedlab.metrics.contract import Metric, metric
from schedlab.metrics.latency import Waits, waits
from schedlab.metrics.summarise import metrics, summary
from schedlab.metrics.utilisation import scarcest

__all__ = ["Metric", "Waits", "metric", "metrics", "scarcest", "summary", "waits"]
