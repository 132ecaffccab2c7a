"""Fewest moves of running pods, each at its cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.level import level

if TYPE_CHECKING:
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem


def moves(problem: Problem) -> tuple[Problem, list[Level]]:
    """Return one level: the sum of `Problem.move_cost` over the pods that leave their node."""
    return problem, [level(problem, "moves", move=problem.move_cost, sense=-1)]
