"""Least cost of the nodes in use; those with pods that stay are paid for anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.level import level

if TYPE_CHECKING:
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem


def cost(problem: Problem) -> tuple[Problem, list[Level]]:
    """Return one level: the sum of `Problem.cost` over the nodes that the pods use."""
    return problem, [level(problem, "cost", node=np.where(problem.occupied, 0, problem.cost), sense=-1)]
