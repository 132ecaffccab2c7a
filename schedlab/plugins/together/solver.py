"""Solver: all that waits is placed at once, as well as can be proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from schedlab.plugins.api import together
from schedlab.plugins.together.contract import Ask, Objective, Rejects, Seconds, Work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.cluster import ClusterView


@dataclass(frozen=True)
class Solver:
    """Place what waits by the best placement that a solver finds; running pods stay where they are.

    The optimum of each batch is a policy, no bound: it may be worse in the end than what places pods one by one.
    """

    objective: Objective = "priority+nodes"
    work: Work = 1.0
    every: Seconds = 10.0
    rejects: Rejects = False

    pod_by_pod: ClassVar[bool] = False

    @together(name="solver")
    def ask(self, view: ClusterView, pending: Sequence[int]) -> Ask | None:
        """Ask about all that waits."""
        return Ask(pending, tuple(self.objective.split("+")), self.work) if pending else None
