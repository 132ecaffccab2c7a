"""Repack: pods go one by one, and every so often nodes with few pods are emptied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec
import numpy as np

from schedlab.plugins.api import together
from schedlab.plugins.together.contract import Ask, Seconds, Work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.cluster import ClusterView

Moves = Annotated[int, msgspec.Meta(ge=1, description="pods that may move at a time")]


@dataclass(frozen=True)
class Repack:
    """Move at most so many pods at a time so that the fewest nodes are in use, and no more of them than that needs.

    The pods that may move are those of the nodes with the fewest, whole nodes as long as the budget lasts: a node that
    holds more than the budget cannot be emptied. What pods on other nodes could do by making room is left out.
    """

    moves: Moves = 20
    work: Work = 1.0
    every: Seconds = 3600.0

    pod_by_pod: ClassVar[bool] = True
    rejects: ClassVar[bool] = False

    @together(name="repack")
    def ask(self, view: ClusterView, pending: Sequence[int]) -> Ask | None:
        """Ask about the pods of the nodes with the fewest."""
        bound = view.pods.node[: len(view.pods)]
        count = np.bincount(bound[bound >= 0], minlength=len(view.nodes("node")))
        order = np.lexsort((view.nodes("node").rank, count))
        order = order[count[order] > 0]
        order = order[np.cumsum(count[order]) <= self.moves]
        rows = [row for position in order.tolist() for row in view.pods_on(position).tolist()]
        return Ask((), ("nodes", "moves"), self.work, rows) if rows else None
