"""The counting bound: every pod where it is worth most, every node at its best; nothing has a size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem


def counting(problem: Problem, level: Level) -> int:
    """Return a bound of a level."""
    form, sense = level.form, level.sense
    fits = problem.most() > 0
    pod = np.where(fits, sense * form.pod, 0).max(axis=1, initial=0)
    least = np.where(fits, sense * form.pod, np.iinfo(np.int64).min).max(axis=1, initial=np.iinfo(np.int64).min)
    required = np.where(fits.any(axis=1) & (least < 0), least * problem.required, 0)  # must be placed, at a loss
    total = int(pod @ problem.count) + int(required.sum()) + int(np.maximum(sense * form.node, 0) @ problem.size)
    worst = np.maximum(sense * form.move, 0)
    return sense * (total + int((worst @ problem.current) @ problem.size))
