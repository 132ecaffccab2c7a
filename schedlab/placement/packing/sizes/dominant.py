"""Dominant: the largest of a pod's shares of what all nodes offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.packing.shares import shares

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem


def dominant(problem: Problem) -> NDArray[np.float64]:
    """Return float64 (C,)."""
    size: NDArray[np.float64] = shares(problem).max(axis=1)
    return size
