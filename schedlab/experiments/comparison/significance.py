"""The paired test, and its correction for the number of comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EQUAL = 1e-12  # a spread below this share of the differences is rounding


def p_values(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the two-sided p of the hypothesis that the mean difference of each row is 0.

    Student's paired t-test. Where all n differences are equal and not 0, t is not defined: two counts that differ
    by 1 both times prove little. There p is that of the sign-flip test, 2^(1-n); where all are 0 it is 1.

    Parameters
    ----------
    differences
        (rows, n), n at least 2.
    """
    from scipy.stats import ttest_1samp

    n = differences.shape[1]
    largest = np.abs(differences).max(axis=1)
    equal = np.ptp(differences, axis=1) <= EQUAL * largest
    p = np.where(largest > 0, 2.0 ** (1 - n), 1.0)
    if not equal.all():
        p[~equal] = ttest_1samp(differences[~equal], 0.0, axis=1).pvalue
    return p


def corrected(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p-values adjusted after Benjamini and Hochberg (1995); NaN stays and does not count.

    Of the differences that are called real at level a, the share a is expected to be none.
    """
    from scipy.stats import false_discovery_control

    adjusted = np.full_like(p, np.nan)
    known = np.isfinite(p)
    if known.any():
        adjusted[known] = false_discovery_control(p[known])
    return adjusted
