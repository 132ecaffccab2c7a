"""Misfits: pods that no node can hold, even one with nothing more than it has now, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.workload.templates import written

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
    for name, asked, left in zip(problem.resources, problem.demand[cls].tolist(), room.tolist(), strict=True):
        if asked > left:
            return f"it asks for {name}={written(name, asked)} and no node has more than {written(name, left)} left"
    return "no node has all it asks for"
