"""What a policy that places pods together is: when it asks, and what it asks of a solver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.cluster import ClusterView

Work = Annotated[float, msgspec.Meta(gt=0, description="units of work a solve may take, about seconds of a core")]
Seconds = Annotated[float, msgspec.Meta(ge=0, description="between solves at least")]
Rejects = Annotated[bool, msgspec.Meta(description="end pods that get no node, instead of letting them wait")]
Objective = Annotated[str, msgspec.Meta(description="names of objectives, the most important first, joined by +")]


class Ask(NamedTuple):
    """What a solver is to decide.

    Attributes
    ----------
    pods
        Rows of the pending pods to place.
    objective
        Names of `schedlab.placement.objectives`, the most important first.
    work
        Units of work (`schedlab.placement.budget`); never a time, so that the same seed gives the same run.
    movable
        Rows of running pods that may move.
    keep
        Whether these must keep running, somewhere; else they may make room for what the objective puts first.
    unscheduled
        None: `schedlab.placement.solve.solve` decides. Else a min-cost flow does, in which a pod that gets no node
        costs so much, and one that gets a node what the objective ``locality`` says of it.
    """

    pods: Sequence[int]
    objective: tuple[str, ...]
    work: float
    movable: Sequence[int] = ()
    keep: bool = True
    unscheduled: int | None = None


class Together(Protocol):
    """A policy: frozen parameters.

    Attributes
    ----------
    every
        Seconds that lie between two questions at least.
    pod_by_pod
        Whether the profile's filters and scores first place what they can.
    rejects
        Whether pods end, as ``Rejected``, that have no node after that and after the solver's answer.
    """

    every: float
    pod_by_pod: bool
    rejects: bool

    def ask(self, view: ClusterView, pending: Sequence[int]) -> Ask | None:
        """Return what a solver is to decide now, ``pending`` being the rows of all that waits; None: nothing."""
        ...
