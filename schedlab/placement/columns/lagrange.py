"""The Lagrangian bound: valid for any duals, under any time limit, and in exact integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from schedlab.placement.certificate import Certificate
from schedlab.placement.columns.master import uppers
from schedlab.placement.coupling import times
from schedlab.placement.level import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.placement.certificate import Priced
    from schedlab.placement.coupling import Coupling
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem

    Floats = NDArray[np.float64]

FINE = 2**22  # what the largest coefficient of a price is scaled to


@dataclass(frozen=True, eq=False)
class Duals:
    """Duals of the rows in units of 1 / scale, and the form that a node's content is worth at them."""

    scale: int
    of: tuple[int, ...]  # by row
    form: Form

    def profit(self, kind: int) -> NDArray[np.int64]:
        """Return int64 (C,), the worth of a pod on a node of a type."""
        worth: NDArray[np.int64] = self.form.pod[:, kind]
        return worth


def rounded(level: Level, coupling: Coupling, duals: Floats) -> Duals:
    """Return duals as integers, in steps that are fine beside the level's own coefficients."""
    form = level.form
    largest = max(1, *(int(np.abs(each).max(initial=0)) for each in (form.pod, form.node, form.move)))
    scale = max(1, FINE // largest)
    whole = np.rint(np.minimum(duals, 2.0**20 * largest) * scale).astype(np.int64)
    worth = times(form, level.sense * scale)
    pod, node, move = worth.pod.copy(), worth.node, worth.move
    for dual, row in zip(whole.tolist(), coupling.rows, strict=True):
        match row.what:
            case _ if not dual:
                continue
            case ("count" | "required" | "placed" as kind, int(cls)):
                pod[cls] -= dual if kind == "count" else -dual
            case _:
                pod -= dual * row.form.pod
                node, move = node - dual * row.form.node, move - dual * row.form.move
    worth = Form(pod, node, move)
    return Duals(scale, tuple(whole.tolist()), worth)


def certificate(
    problem: Problem,
    levels: Sequence[Level],
    index: int,
    values: Sequence[int],
    coupling: Coupling,
    duals: Duals,
    priced: Sequence[Priced],
) -> Certificate:
    """Return the certificate of a level's bound at some duals and the prices at them."""
    level = levels[index]
    total = sum(dual * upper for dual, upper in zip(duals.of, uppers(problem, coupling), strict=True))
    worth = [0] * len(coupling.extras)
    for dual, row in zip(duals.of, coupling.rows, strict=True):
        for extra, coefficient in row.extras.items():
            worth[extra] -= dual * coefficient
    total += sum(max(each * low, each * high) for each, (low, high) in zip(worth, coupling.extras, strict=True))
    total += sum(int(nodes) * each.most for nodes, each in zip(problem.size, priced, strict=True))
    most = total // duals.scale  # of sense * form, which is whole: rounded down
    bound = level.sense * most + level.form.empty(problem)
    rows = tuple((row.what, dual) for row, dual in zip(coupling.rows, duals.of, strict=True) if dual)
    return Certificate(index, duals.scale, rows, tuple(priced), tuple(values), bound)
