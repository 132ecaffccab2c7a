"""Largest: the largest of a pod's sizes, each as a fraction of the largest pod's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.packing.shares import shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem


def largest(problem: Problem) -> NDArray[np.float64]:
    """Return float64 (C,)."""
    share = shares(problem)
    top = share.max(axis=0, initial=0.0)
    size: NDArray[np.float64] = (share / np.where(top > 0, top, 1.0)).max(axis=1)
    return size
