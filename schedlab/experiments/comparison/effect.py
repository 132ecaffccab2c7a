"""How large a difference is against its own spread."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def effect_size(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Cohen's d_z (mean / standard deviation of the paired differences) of each row, without its bias.

    The factor is Hedges' (1981, Journal of Educational Statistics 6, equation 6e), for n - 1 degrees of freedom.
    It is 0 for n = 2, where the effect cannot be estimated: NaN. Equal differences have no spread: infinite, or 0
    if they are 0.

    Parameters
    ----------
    differences
        (rows, n), n at least 2.
    """
    freedom = differences.shape[1] - 1
    if freedom < 2:
        return np.full(len(differences), np.nan)
    log_ratio = math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2)
    factor = math.exp(log_ratio) / math.sqrt(freedom / 2)
    mean, spread = differences.mean(axis=1), differences.std(axis=1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        size: NDArray[np.float64] = factor * mean / spread
    return np.where(mean == 0, 0.0, size)
