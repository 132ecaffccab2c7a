"""Misfits: pods that no node can hold, even one with nothing more than it has now, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from schedlab.placement.problem import Problem


def misfits(problem: Problem) -> dict[int, str]:
    """Return the classes whose pods fit nowhere, by sizes and compatibility, each with the reason in words."""
    none = ~problem.most().any(axis=1) & (problem.count > 0) & ~problem.phantom
    return {cls: why_nowhere(problem, cls) for cls in np.flatnonzero(none).tolist()}


def why_nowhere(problem: Problem, cls: int) -> str:
    """Return in words what keeps a class off every node."""
    if not problem.compatible[cls].any():
        return "no node is compatible with it"
    room = problem.capacity[problem.compatible[cls]].max(axis=0)
    for resource, name in enumerate(problem.resources):
        if problem.demand[cls, resource] > room[resource]:
            return f"it asks for {problem.demand[cls, resource]} {name} and no node has more than {room[resource]} left"
    return "no node has all it asks for"
