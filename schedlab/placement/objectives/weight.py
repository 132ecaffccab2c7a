"""Most weight placed, such as milli of devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.level import level

if TYPE_CHECKING:
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem


def weight(problem: Problem) -> tuple[Problem, list[Level]]:
    """Return one level: the sum of `Problem.weight` over the pods placed."""
    return problem, [level(problem, "weight", pod=np.where(problem.phantom, 0, problem.weight))]
