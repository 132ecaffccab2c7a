"""Weighted: the sum of a pod's shares, each times the demand for that resource (Panigrahy et al., 2011, FFDAvgSum)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.packing.shares import shares

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem


def weighted(problem: Problem) -> NDArray[np.float64]:
    """Return float64 (C,)."""
    share = shares(problem)
    size: NDArray[np.float64] = share @ (problem.count * ~problem.phantom @ share)
    return size
