"""Fewest nodes in use; those with pods that stay are in use anyway and count nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.level import level

if TYPE_CHECKING:
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem


def nodes(problem: Problem) -> tuple[Problem, list[Level]]:
    """Return one level: how many nodes the pods use. Put one that places pods before it."""
    return problem, [level(problem, "nodes", node=~problem.occupied, sense=-1)]
