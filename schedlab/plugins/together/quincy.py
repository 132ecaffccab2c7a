"""Quincy: a min-cost flow sends what waits to nodes near its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from schedlab.plugins.api import together
from schedlab.plugins.together.contract import Ask, Rejects, Seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.cluster import ClusterView

Cost = Annotated[int, msgspec.Meta(ge=1, le=10**9, description="of a pod that gets no node")]


@dataclass(frozen=True)
class Quincy:
    """Place what waits at the least cost of locality and of pods left waiting (Isard et al., SOSP 2009, section 4).

    A pod far from its data costs 100 for each step (rack, zone, beyond), and what its preferred node affinity weighs
    where it is not met; it waits rather than cost more than ``unscheduled``, which does not grow here while it waits.
    For pods that differ in nothing scarce but are of one size, the only ones for which a flow is exact.
    """

    unscheduled: Cost = 1000
    every: Seconds = 0.0
    rejects: Rejects = False

    pod_by_pod: ClassVar[bool] = False

    @together(name="quincy")
    def ask(self, view: ClusterView, pending: Sequence[int]) -> Ask | None:
        """Ask about all that waits."""
        return Ask(pending, ("locality",), 1.0, unscheduled=self.unscheduled) if pending else None
