"""Objectives, one a file, found by scanning this package: a new one is one file and no other edit.

An objective is a module with a function of its own name, ``f(problem) -> (problem, levels)``: the levels to add to the
lexicographic objective, and the problem, to which it may add phantoms.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, cast

from schedlab.errors import InputError
from schedlab.extensions import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem

    Objective = Callable[[Problem], tuple[Problem, list[Level]]]


def objectives() -> dict[str, Objective]:
    """Return every objective by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: cast("Objective", getattr(importlib.import_module(f"{__name__}.{name}"), name)) for name in names}


def levels_of(problem: Problem, names: Sequence[str]) -> tuple[Problem, tuple[Level, ...]]:
    """Return the problem and the levels of a lexicographic objective.

    Raises
    ------
    InputError
        For no name, an unknown one, or one that stands twice.
    """
    known = objectives()
    if not names or len(set(names)) < len(names):
        raise InputError(f"an objective of {', '.join(names) or 'nothing'}", mend=f"name each once: {', '.join(known)}")
    levels: list[Level] = []
    for name in names:
        if name not in known:
            raise InputError(f"there is no objective {name!r}", mend=nearest(name, known))
        before = len(problem.count)
        problem, more = known[name](problem)
        if len(problem.count) > before:
            levels = [each.widened(len(problem.count) - before) for each in levels]
        levels += more
    return problem, tuple(levels)
