"""Levels: a lexicographic objective is a list of linear forms of an assignment, each to be made most or least."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Form:
    """A linear form of an assignment: so much for each pod on a node, for each node in use, for each pod moved away.

    A node is in use if it holds a pod that is no phantom. A pod has moved away where a node holds fewer of its class
    than now.
    """

    pod: Ints  # (C, T)
    node: Ints  # (T,)
    move: Ints  # (C,)

    def empty(self, problem: Problem) -> int:
        """Return the value where no node holds anything: all pods that run have moved away."""
        return int((self.move @ problem.current) @ problem.size) if self.move.any() else 0

    def of(self, problem: Problem, assignment: Ints) -> int:
        """Return the value of an assignment, int64 (C, N): pods of each class on each node."""
        kind = problem.type_of
        value = int((self.pod[:, kind] * assignment).sum())
        if self.node.any():
            used = (assignment[~problem.phantom] > 0).any(axis=0)
            value += int(self.node[kind][used].sum())
        if self.move.any():
            gone = np.maximum(problem.current[:, kind] - assignment, 0)
            value += int(self.move @ gone.sum(axis=1))
        return value


@dataclass(frozen=True, eq=False)
class Level:
    """One objective: its name, its form, and whether more is better (1) or less (-1)."""

    name: str
    form: Form
    sense: int = 1

    def better(self, value: int, than: int) -> bool:
        """Whether a value beats another."""
        return self.sense * value > self.sense * than

    def widened(self, more: int) -> Level:
        """Return the level of a problem with so many more classes, which count nothing."""
        pod = np.pad(self.form.pod, ((0, more), (0, 0)))
        return Level(self.name, Form(pod, self.form.node, np.pad(self.form.move, (0, more))), self.sense)

    @property
    def lattice(self) -> int:
        """What all values are multiples of; a bound is rounded to it."""
        parts = [np.abs(each).ravel() for each in (self.form.pod, self.form.node, self.form.move)]
        return max(1, int(np.gcd.reduce(np.concatenate(parts))))

    def rounded(self, bound: float) -> int:
        """Return a bound as the tightest value that it still allows: down for the most, up for the least."""
        step = self.lattice
        whole = math.floor(bound) if self.sense > 0 else math.ceil(bound)
        return whole // step * step if self.sense > 0 else -(-whole // step) * step


def level(
    problem: Problem,
    name: str,
    *,
    pod: Ints | Bools | None = None,
    node: Ints | Bools | None = None,
    move: Ints | None = None,
    sense: int = 1,
) -> Level:
    """Return a level whose other coefficients are 0; ``pod`` is (C,) or (C, T)."""
    classes, types = problem.shape
    each = np.zeros(classes, np.int64) if pod is None else np.asarray(pod, np.int64)
    form = Form(
        np.broadcast_to(each[:, None] if each.ndim == 1 else each, (classes, types)),
        np.zeros(types, np.int64) if node is None else np.asarray(node, np.int64),
        np.zeros(classes, np.int64) if move is None else np.asarray(move, np.int64),
    )
    return Level(name, form, sense)
