"""Cheapest: least cost for their size first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.packing.shares import node_sizes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem


def cheapest(problem: Problem) -> NDArray[np.float64]:
    """Return float64 (N,)."""
    cost: NDArray[np.float64] = problem.cost[problem.type_of] / np.maximum(node_sizes(problem), 1e-12)
    return cost
