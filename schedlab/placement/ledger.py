"""Ledger: the best assignment and the best bounds so far; it lets nothing in that is wrong, and nothing get worse."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from schedlab.errors import SchedlabError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from schedlab.placement.budget import Budget
    from schedlab.placement.certificate import Certificate
    from schedlab.placement.level import Level
    from schedlab.placement.problem import Problem

    Ints = NDArray[np.int64]
    Check = Callable[[Problem, Ints], Sequence[str]]


KNOWN = ("best", "values", "by", "bounds", "kinds", "certificates", "trace", "refused")


class Entry(NamedTuple):
    """A step of the trace: when, what was found and by which method; a value or a bound of one level, or of all."""

    seconds: float
    work: float
    kind: str  # "value" or "bound"
    level: int  # of a bound; of a value, the first that got better
    values: tuple[int, ...]
    by: str


class Ledger:
    """What is known of a problem's levels.

    Parameters
    ----------
    check
        Says what is wrong with an assignment, int64 (C, N); an assignment with anything wrong is refused.
    on_incumbent
        Called with the ledger for every better assignment, after it was checked, and every better bound.
    """

    def __init__(
        self,
        problem: Problem,
        levels: Sequence[Level],
        budget: Budget,
        check: Check,
        on_incumbent: Callable[[Ledger], None] | None = None,
    ) -> None:
        self.problem, self.levels, self.budget = problem, tuple(levels), budget
        self.best: Ints | None = None
        self.values: tuple[int, ...] | None = None
        self.by = ""
        self.bounds: list[int | None] = [None] * len(levels)
        self.kinds = [""] * len(levels)
        self.certificates: list[Certificate | None] = [None] * len(levels)
        self.trace: list[Entry] = []
        self.refused: list[str] = []  # what the check said of assignments that a method offered
        self._check, self._told = check, on_incumbent
        self._lock = threading.RLock()

    @property
    def open(self) -> int:
        """The first level whose optimum is not proven; as many as there are levels: all are."""
        for index, bound in enumerate(self.bounds):
            if self.values is None or bound != self.values[index]:
                return index
        return len(self.levels)

    def offer(self, assignment: Ints, by: str) -> bool:
        """Take an assignment, int64 (C, N), if it is right and better than the best; return whether it was."""
        values = tuple(level.form.of(self.problem, assignment) for level in self.levels)
        with self._lock:
            first = self._improves(values)
            if first is None:
                return False
            if wrong := self._check(self.problem, assignment):
                self.refused.append(f"{by}: {wrong[0]}")
                return False
            for index in range(first + 1):
                self._agree(self.levels[index], values[index], self.bounds[index])
            self.best, self.values, self.by = assignment.copy(), values, by
            self.trace.append(Entry(self.budget.elapsed, self.budget.work, "value", first, values, by))
            if self._told is not None:
                self._told(self)
            return True

    def _improves(self, values: tuple[int, ...]) -> int | None:
        """Return the first level on which values beat those of the best; None: they don't."""
        if self.values is None:
            return 0
        for index, (level, new, old) in enumerate(zip(self.levels, values, self.values, strict=True)):
            if new != old:
                return index if level.better(new, old) else None
        return None

    def bound(self, index: int, value: float, kind: str, certificate: Certificate | None = None) -> bool:
        """Take a proven bound of a level, the levels before it being at their optimum; return whether it was taken.

        It is if it is better, or no worse and the first with a certificate.
        """
        with self._lock:
            if index > self.open:
                return False  # true only once the levels before are settled
            level, old = self.levels[index], self.bounds[index]
            new = level.rounded(value)
            if self.values is not None:
                self._agree(level, self.values[index], new)
            certifies = certificate is not None and self.certificates[index] is None and new == old
            if old is not None and not (level.better(old, new) or certifies):
                return False
            self.bounds[index], self.kinds[index], self.certificates[index] = new, kind, certificate
            self.trace.append(Entry(self.budget.elapsed, self.budget.work, "bound", index, (new,), kind))
            if self._told is not None:
                self._told(self)
            return True

    def state(self) -> dict[str, Any]:
        """Return what is known, to be told to another process."""
        with self._lock:
            known = {name: getattr(self, name) for name in KNOWN}
            return {name: list(each) if isinstance(each, list) else each for name, each in known.items()} | {
                "work": self.budget.work,
                "cpu": time.process_time() - self.budget.cpu,
            }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what another process knows and has checked."""
        for name in KNOWN:
            setattr(self, name, state[name])
        self.budget.work, self.budget.cpu_elsewhere = state["work"], state["cpu"]
        if self._told is not None:
            self._told(self)

    def _agree(self, level: Level, value: int, bound: int | None) -> None:
        if bound is not None and level.better(value, bound):
            raise SchedlabError(
                f"{level.name}: a placement of {value} beats the proven bound {bound}; one of them is wrong"
            )
