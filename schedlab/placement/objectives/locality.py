"""Least distance of pods to what they read, want or prefer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.level import level

if TYPE_CHECKING:
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem


def locality(problem: Problem) -> tuple[Problem, list[Level]]:
    """Return one level: the sum of `Problem.locality` over the pods placed."""
    return problem, [level(problem, "locality", pod=problem.locality, sense=-1)]
