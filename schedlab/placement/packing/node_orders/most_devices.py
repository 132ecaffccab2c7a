"""Most devices: nodes with many devices first, by the milli that they have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem


def most_devices(problem: Problem) -> NDArray[np.float64]:
    """Return float64 (N,)."""
    return -np.array([float(sum(room)) for room in problem.devices])[problem.type_of]
