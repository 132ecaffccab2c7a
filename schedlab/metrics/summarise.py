"""The summary of a run: every marked metric, found in this package's modules."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import pandas as pd

from schedlab import metrics as package
from schedlab.metrics.contract import Metric

if TYPE_CHECKING:
    from schedlab.record import Run


def metrics() -> dict[str, Metric[Any]]:
    """Return the summary's metrics by name, those that depend on the host last."""
    found: list[Metric[Any]] = []
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        members = vars(importlib.import_module(info.name)).values()
        found += [item for item in members if isinstance(item, Metric) and item.__module__ == info.name]
    return {item.__name__: item for item in sorted(found, key=lambda item: item.host)}


def summary(run: Run, *, host: bool = True) -> pd.Series[Any]:
    """Return the run's metrics under stable names such as ``util.cpu`` and ``wait.p95``.

    Parameters
    ----------
    run
        What was recorded.
    host
        Include the numbers that depend on the machine's speed (``pods_per_s``); without them, equal
        runs have equal summaries.

    Returns
    -------
    pandas.Series
        Python numbers (dtype object), named after the scheduler. ``wait.p95`` is a lower bound where
        ``wait.p95.censored`` is True.
    """
    values: dict[str, Any] = {}
    for name, item in metrics().items():
        if item.host and not host:
            continue
        measured = item(run)
        if not isinstance(measured, pd.Series):
            values[name] = measured
            continue
        values |= {f"{name}.{index}" if index else name: value for index, value in measured.to_dict().items()}
    return pd.Series(values, dtype=object, name=str(run.manifest["scheduler"]))
