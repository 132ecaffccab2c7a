"""DefaultPreemption: how a scheduler looks for nodes on which evicting pods makes room."""

from __future__ import annotations

from typing import Annotated

import msgspec


class DefaultPreemption(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Arguments of the plug-in (kube-scheduler's DefaultPreemptionArgs).

    Of the nodes on which evicting pods could help, the search ends with so many per cent, and at least so many, on
    which it does.

    Attributes
    ----------
    gangs
        Whether a gang that does not fit evicts others, for enough of its pods at once or not at all; kube-scheduler has
        no such argument. Off, gangs evict nobody.
    """

    min_candidate_nodes_percentage: Annotated[int, msgspec.Meta(ge=0, le=100)] = 10
    min_candidate_nodes_absolute: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 100

    gangs: bool = False

    def __post_init__(self) -> None:
        if not (self.min_candidate_nodes_percentage or self.min_candidate_nodes_absolute):
            raise ValueError("minCandidateNodesPercentage cannot be zero at the same time as minCandidateNodesAbsolute")

    def wanted(self, nodes: int) -> int:
        """Return how many candidates of so many nodes end the search (calculateNumCandidates)."""
        share = nodes * self.min_candidate_nodes_percentage // 100
        return min(max(share, self.min_candidate_nodes_absolute), nodes)
