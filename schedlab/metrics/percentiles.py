"""Percentiles of values of which some are lower bounds only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from schedlab.metrics.contract import CENSORED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PERCENTILES = (50, 95, 99)


def rank(percent: int, count: int) -> int:
    """Return the place (from 0) of a percentile among ``count`` sorted values: ceil(percent * count / 100) - 1.

    In integers: no rounding error.
    """
    return max(-(-percent * count // 100) - 1, 0)


def censored_percentiles(
    values: NDArray[np.float64], censored: NDArray[np.bool_], percents: Sequence[int] = PERCENTILES
) -> pd.Series[float]:
    """Return for each percentile p the smallest value that p % of the values do not exceed, as ``p50`` and so on.

    Where a percentile would be another one if the censored values were infinite, it is a lower bound and
    ``p50.censored`` is True. Without values all are NaN.
    """
    entries: dict[str, float | bool] = {}
    if len(values):
        places = [rank(percent, len(values)) for percent in percents]
        known = np.partition(values, places)
        longest = np.partition(np.where(censored, np.inf, values), places) if censored.any() else known
        for percent, place in zip(percents, places, strict=True):
            entries[f"p{percent}"] = float(known[place])
            entries[f"p{percent}.{CENSORED}"] = bool(known[place] < longest[place])
    else:
        for percent in percents:
            entries |= {f"p{percent}": float("nan"), f"p{percent}.{CENSORED}": False}
    return pd.Series(entries, dtype=object)
