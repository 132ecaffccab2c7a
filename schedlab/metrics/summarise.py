"""The summary of a run: every metric's numbers under stable names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from schedlab.metrics.catalogue import choose
from schedlab.metrics.catalogue import metrics as standard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schedlab.metrics.contract import Metric
    from schedlab.record import Run


def summary(run: Run, *, host: bool = True, metrics: Iterable[str | Metric[Any]] = ()) -> pd.Series[Any]:
    """Return the run's metrics under stable names such as ``util.cpu`` and ``wait.p95``.

    Parameters
    ----------
    run
        What was recorded; ``run.trimmed(warmup)`` leaves the warm-up out.
    host
        Include the numbers that depend on the machine's speed (``pods_per_s``); without them, equal
        runs have equal summaries.
    metrics
        More metrics, beside the package's: as in `choose`.

    Returns
    -------
    pandas.Series
        Python numbers (dtype object), named after the scheduler. ``wait.p95`` is a lower bound where
        ``wait.p95.censored`` is True.

    Raises
    ------
    InputError
        If one of ``metrics`` is unknown.
    SchedlabError
        If a metric fails; the line names it and the run.
    """
    shared = replace(run)  # what metrics work out of it for one another goes when it goes
    values: dict[str, Any] = {}
    for item in (standard() | choose(metrics)).values():
        if host or not item.host:
            values |= item.entries(shared)
    return pd.Series(values, dtype=object, name=str(run.manifest["scheduler"]))
