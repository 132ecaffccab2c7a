"""Smallest: small nodes first, by the mean over resources and devices of their share of the largest node's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.packing.shares import node_sizes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem


def smallest(problem: Problem) -> NDArray[np.float64]:
    """Return float64 (N,)."""
    return node_sizes(problem)
