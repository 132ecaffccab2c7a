"""Most pods placed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.level import level

if TYPE_CHECKING:
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem


def pods(problem: Problem) -> tuple[Problem, list[Level]]:
    """Return one level: how many pods are placed."""
    return problem, [level(problem, "pods", pod=~problem.phantom)]
