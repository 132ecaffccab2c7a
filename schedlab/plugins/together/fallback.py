"""Fallback: pods go one by one, and where some find no node a solver rearranges what runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec
import numpy as np

from schedlab.plugins.api import together
from schedlab.plugins.together.contract import Ask, Rejects, Seconds, Work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.cluster import ClusterView

Freed = Annotated[int, msgspec.Meta(ge=1, description="nodes whose pods may move, those with the most room first")]


@dataclass(frozen=True)
class Fallback:
    """Where pods are left pending, place as many as can be of each priority in turn, then with the fewest moves.

    Pods that run may move, and make room for those of higher priority (Christensen, Giallorenzo, Mauro, Priority
    Matters, arXiv 2511.08373, 2025).
    """

    work: Work = 1.0
    every: Seconds = 60.0
    nodes: Freed = 10
    rejects: Rejects = False

    pod_by_pod: ClassVar[bool] = True

    @together(name="fallback")
    def ask(self, view: ClusterView, pending: Sequence[int]) -> Ask | None:
        """Ask about all that waits and what runs on the nodes with the most room."""
        if not pending:
            return None
        nodes = view.nodes("node")
        room = 1 - np.divide(nodes.used, nodes.allocatable, out=np.ones_like(nodes.used), where=nodes.allocatable > 0)
        order = np.lexsort((nodes.rank, -room.sum(axis=0)))[: self.nodes]
        rows = [row for position in np.sort(order).tolist() for row in view.pods_on(position).tolist()]
        return Ask(pending, ("priority", "moves"), self.work, rows, keep=False)
