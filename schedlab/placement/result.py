"""Result: what a solver gives: a placement, how good it is, and how good any could be."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schedlab.cluster import Plan
    from schedlab.placement.certificate import Certificate
    from schedlab.placement.ledger import Entry


class Status(enum.StrEnum):
    """How a solve ended."""

    OPTIMAL = "OPTIMAL"  # every level's value equals its bound
    FEASIBLE = "FEASIBLE"  # a placement, not proven optimal
    BOUND_ONLY = "BOUND_ONLY"  # no placement, but a bound
    INFEASIBLE = "INFEASIBLE"  # proven that there is none
    LIMIT = "LIMIT"  # a limit came before anything was found
    ERROR = "ERROR"  # a method failed and left nothing


@dataclass(frozen=True)
class Result:
    """What `solve` returns.

    Attributes
    ----------
    status, reason
        How it ended, and why it went no further.
    method
        The methods that gave the placement and the bounds.
    objective, bound
        By level: values of the placement, and what no placement can beat while the levels before are at their best
        (None: not known). Both in the order of `levels`.
    kinds
        What proves each bound: trivial, aggregated LP, column generation, CP-SAT.
    senses
        By level: 1 if more is better, -1 if less is.
    placement
        The node and the devices, (device, milli) each, of each pod that got a node.
    unplaced
        Names of the pods that got none.
    plan
        What `Cluster.apply` takes, where the problem was made of a cluster; else None.
    certificates
        By level; None where the bound is of another kind.
    trace
        Incumbents and bounds as they came.
    wall, cpu, work
        Seconds, and units of work (`schedlab.placement.budget`).
    memory
        Peak, bytes.
    """

    status: Status
    reason: str
    problem: str
    levels: tuple[str, ...]
    senses: tuple[int, ...]
    objective: tuple[int, ...] | None
    bound: tuple[int | None, ...]
    kinds: tuple[str, ...]
    method: str
    placement: dict[str, tuple[str, tuple[tuple[int, int], ...]]]
    unplaced: tuple[str, ...]
    certificates: tuple[Certificate | None, ...]
    trace: tuple[Entry, ...]
    wall: float
    cpu: float
    work: float
    memory: int
    seed: int
    plan: Plan | None = field(default=None, repr=False)

    @property
    def decides(self) -> int:
        """The level that tells how good the placement is: the first whose bound is not its value, or else the last."""
        values = self.objective or (None,) * len(self.levels)
        pairs = enumerate(zip(values, self.bound, strict=True))
        return next((index for index, (value, bound) in pairs if value is None or value != bound), len(self.levels) - 1)

    @property
    def gap(self) -> float | None:
        """How far that level is from its bound, as a share of the larger; 0: all levels are proven; None: unknown."""
        bound = self.bound[self.decides]
        if self.objective is None or bound is None:
            return None
        value = self.objective[self.decides]
        return abs(bound - value) / max(abs(bound), abs(value), 1)
