"""Given: as the problem has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem


def given(problem: Problem) -> NDArray[np.float64]:
    """Return float64 (N,)."""
    return np.zeros(len(problem.type_of))
