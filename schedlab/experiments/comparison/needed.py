"""How many more replicates would decide what is undecided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CAP = 1000


def more_replicates(
    n: NDArray[np.int64],
    mean: NDArray[np.float64],
    spread: NDArray[np.float64],
    margin: NDArray[np.float64],
    level: NDArray[np.float64],
    confidence: float,
) -> NDArray[np.int64]:
    """Return the fewest further replicates after which Student's t would decide, CAP + 1 for more than CAP.

    The mean difference and its spread are taken to stay what they are, so it is even odds that so many suffice.

    Parameters
    ----------
    n, mean, spread
        (C,) replicates, mean difference, standard deviation of the differences.
    margin
        (C,) half width of the band of equivalence, which must hold the whole interval.
    level
        (C,) what p must not exceed before its correction.
    confidence
        Of the interval.
    """
    from scipy.stats import t

    def decided(more: NDArray[np.int64]) -> NDArray[np.bool_]:
        count = n + more
        error = spread / np.sqrt(count)
        apart = np.abs(mean) > error * t.ppf(1 - np.minimum(level, 1 - confidence) / 2, count - 1)
        within = np.abs(mean) + error * t.ppf((1 + confidence) / 2, count - 1) <= margin
        either: NDArray[np.bool_] = apart | within
        return either

    low, high = np.zeros_like(n), np.full_like(n, CAP + 1)  # undecided at low; decided at high, or never
    while np.any(high - low > 1):
        middle = (low + high) // 2
        enough = decided(middle)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high
