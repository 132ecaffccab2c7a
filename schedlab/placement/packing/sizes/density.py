"""Density: what a pod is worth to the objective ``weight``, by its dominant share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.packing.shares import shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem


def density(problem: Problem) -> NDArray[np.float64]:
    """Return float64 (C,)."""
    size: NDArray[np.float64] = problem.weight / np.maximum(shares(problem).max(axis=1), 1e-12)
    return size
