"""By type: equal nodes side by side, types as the problem has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem


def by_type(problem: Problem) -> NDArray[np.float64]:
    """Return float64 (N,)."""
    return problem.type_of.astype(np.float64)
