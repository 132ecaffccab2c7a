"""Most pods placed, tier by tier: of two placements, the one that places more of the highest priority wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.level import level

if TYPE_CHECKING:
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem


def priority(problem: Problem) -> tuple[Problem, list[Level]]:
    """Return a level for each priority, the highest first."""
    tiers = np.unique(problem.priority[~problem.phantom])[::-1].tolist()
    return problem, [
        level(problem, f"priority {tier}", pod=(problem.priority == tier) & ~problem.phantom) for tier in tiers
    ]
