"""The master problem over a pool: its relaxation with duals, and its integer optimum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from schedlab.placement.columns.quiet import quiet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.columns.pool import Pool
    from schedlab.placement.coupling import Coupling
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Relaxed:
    """An optimum of the relaxation: its value, the duals of rows (rows,) and types (T,), and the shares (K,)."""

    value: float
    duals: Floats
    nodes: Floats
    shares: Floats


def uppers(problem: Problem, coupling: Coupling) -> list[int]:
    """Return what is left of each row's upper side when all nodes are empty."""
    return [row.upper - row.form.empty(problem) for row in coupling.rows]


class Master:
    """Choose contents for nodes: max sense * form, subject to the coupling rows and the nodes of each type.

    A row may be broken at ``penalty`` a unit in the relaxation, so that it always has a solution.
    """

    def __init__(self, problem: Problem, level: Level, coupling: Coupling, pool: Pool) -> None:
        self._problem, self._level, self._coupling, self._pool = problem, level, coupling, pool
        self._matrix = np.zeros((len(coupling.rows) + len(problem.capacity), 0), np.int64)
        self._worth = np.zeros(0, np.int64)
        self._upper = np.array(uppers(problem, coupling) + problem.size.tolist(), float)
        self.penalty = 1.0 + 4.0 * max(
            1, int(np.abs(level.form.pod).max(initial=0)), int(np.abs(level.form.node).max(initial=0))
        )

    def _refresh(self) -> None:
        known, pool = self._matrix.shape[1], self._pool
        if known == len(pool):
            return
        new = np.arange(known, len(pool))
        types = np.zeros((len(self._problem.capacity), len(new)), np.int64)
        types[pool.kind[new], np.arange(len(new))] = 1
        rows = pool.rows(self._coupling.rows, new)
        self._matrix = np.concatenate([self._matrix, np.concatenate([rows, types])], axis=1)
        self._worth = np.concatenate([self._worth, self._level.sense * pool.worth(self._level.form, new)])

    def _extras(self) -> NDArray[np.float64]:
        found = np.zeros((len(self._upper), len(self._coupling.extras)))
        for number, row in enumerate(self._coupling.rows):
            for extra, coefficient in row.extras.items():
                found[number, extra] = coefficient
        return found

    def relax(
        self, which: Ints | None = None, fixed: Ints | None = None, barred: Bools | None = None
    ) -> Relaxed | None:
        """Solve the relaxation over some columns, or all; None if it has no solution, or the LP solver fails.

        ``fixed`` (K,): how many nodes of each column there are at least; of those ``barred`` (K,) there are no more.
        """
        self._refresh()
        columns = np.arange(self._matrix.shape[1]) if which is None else which
        broken = np.flatnonzero(self._upper < 0)  # what nothing at all would break
        slack = np.zeros((len(self._upper), len(broken)))
        slack[broken, np.arange(len(broken))] = -1
        matrix = sparse.csc_array(
            np.concatenate([self._matrix[:, columns], self._extras(), slack], axis=1).astype(float)
        )
        extras = self._coupling.extras
        cost = np.concatenate(
            [-self._worth[columns].astype(float), np.zeros(len(extras)), np.full(len(broken), self.penalty)]
        )
        low = np.zeros(len(columns)) if fixed is None else fixed[columns].astype(float)
        high = [None] * len(columns) if barred is None else np.where(barred[columns], low, np.inf).tolist()
        ranges: list[tuple[float, float | None]] = list(zip(low.tolist(), high, strict=True))
        ranges += [(float(a), float(b)) for a, b in extras] + [(0.0, None)] * len(broken)
        found = linprog(cost, A_ub=matrix, b_ub=self._upper, bounds=ranges, method="highs")
        if found.status != 0:
            return None
        duals = np.maximum(-found.ineqlin.marginals, 0.0)
        shares = np.zeros(self._matrix.shape[1])
        shares[columns] = found.x[: len(columns)]
        rows = len(self._coupling.rows)
        return Relaxed(-float(found.fun), duals[:rows], duals[rows:], shares)

    def room_for(self, fixed: Ints) -> Bools:
        """Return bool (K,), whether one more node of each column is still possible beside those that are fixed.

        Rows that nothing at all would break are no matter: what they ask for may come later.
        """
        self._refresh()
        left = self._upper - self._matrix @ fixed
        possible: Bools = ((self._matrix <= left[:, None]) | (self._upper < 0)[:, None]).all(axis=0)
        return possible

    def reduced(self, relaxed: Relaxed) -> Floats:
        """Return float64 (K,), what a unit of each column would add to the relaxation's value."""
        self._refresh()
        worth: Floats = self._worth - np.concatenate([relaxed.duals, relaxed.nodes]) @ self._matrix
        return worth

    def parts(self, which: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Return the matrix of some columns and the extras, the rows' upper sides, and the columns' worth and most."""
        self._refresh()
        matrix = np.concatenate([self._matrix[:, which], self._extras().astype(np.int64)], axis=1)
        most = self._problem.size[self._pool.kind[which]]
        return matrix, self._upper.astype(np.int64), self._worth[which], most

    @property
    def extras(self) -> list[tuple[int, int]]:
        """The ranges of the extra variables."""
        return self._coupling.extras

    def integer(self, which: Ints, seconds: float | None, nodes: int) -> Ints | None:
        """Return int64 (K,), how many nodes get each column in the best integer solution found; None: none was.

        ``nodes`` limits the search tree.
        """
        self._refresh()
        extras = self._coupling.extras
        matrix = np.concatenate([self._matrix[:, which], self._extras()], axis=1).astype(float)
        cost = np.concatenate([-self._worth[which] / self._level.lattice, np.zeros(len(extras))])
        low = np.concatenate([np.zeros(len(which)), [a for a, _ in extras]])
        high = np.concatenate([self._problem.size[self._pool.kind[which]], [b for _, b in extras]])
        options = {"node_limit": nodes, "mip_rel_gap": 0.0}
        if seconds is not None:
            options["time_limit"] = max(seconds, 0.05)
        with quiet():
            found = milp(
                cost,
                constraints=LinearConstraint(sparse.csc_array(matrix), -np.inf, self._upper),
                bounds=Bounds(low, high),
                integrality=np.ones(len(cost)),
                options=options,
            )
        if found.x is None or not math.isfinite(found.fun):
            return None
        chosen = np.zeros(self._matrix.shape[1], np.int64)
        chosen[which] = np.rint(found.x[: len(which)]).astype(np.int64)
        return chosen
