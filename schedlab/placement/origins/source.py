"""Source: a problem with the cluster that it is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from schedlab.cluster import Cluster
    from schedlab.placement.problem import Problem


class Source(NamedTuple):
    """A problem, the cluster for `schedlab.placement.origins.plans.plan_of`, and remarks on what was left out."""

    problem: Problem
    cluster: Cluster
    notes: tuple[str, ...] = ()
