"""Events: plain records at a simulated time, and the kinds that controllers answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.cluster import ClusterView, Plan
    from schedlab.cluster.facts import Fact

# What the engine tells; the subject is a pod unless said.
SUBMITTED = "submitted"  # a pod, or its next attempt, wants a node
BOUND = "bound"
STARTED = "started"
EVICTED = "evicted"  # detail is the reason
LOST = "lost"  # its node went away
RELEASED = "released"  # a pod holds nothing any more
DELETED = "deleted"  # a bound pod is to end; detail is the `Eviction`
ROOM = "room"  # a node (uid) joined, was uncordoned, or its spec changed
PRESSURE = "pressure"  # a node (uid) uses more memory than it has to give
MEASURED = "measured"  # a pod's usage changed; only told if somebody listens
# What controllers ask of the engine.
FINISH = "finish"  # this running pod is over then, unless something happens to it before; detail: why it fails
MOVED = "moved"  # a pod reads data from afar; detail is (bytes, distance)
# What anybody may tell the scheduler.
UNGATED = "ungated"  # a pod's scheduling gates are gone
# What the scheduler tells itself.
RETRY = "retry"  # a group of the queue, the detail, is to be tried again
FLUSH = "flush"  # some have been put aside for long
DECIDED = "decided"  # the decision under way is made
ASK = "ask"  # the policy that places pods together may ask again
CLEARED = "cleared"  # who was to be evicted is; detail is the `Plan` of those who come
OVERDUE = "overdue"  # a gang has waited for as long as it may
GANG_TIMEOUT = "GangTimeout"  # the reason why its pods are over then


class Event(NamedTuple):
    """Something at a time (microseconds): a kind, whom it concerns, and detail that the kind defines."""

    time: int
    kind: str
    subject: int = -1
    detail: Any = None


class Controller(Protocol):
    """Anything in the loop that answers events.

    ``handle`` may yield plans and facts, which the engine applies at once, so that the view is up to date when it
    goes on, and events, now or later.
    """

    phase: ClassVar[int]  # the place within an instant, below

    @property
    def kinds(self) -> frozenset[str]:
        """The events it answers."""
        ...

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Plan | Fact | Event]:
        """Answer the events of one instant."""
        ...


# Completions release first of all; then, as often as there is something to answer, the first of these that has:
NODES, WORKLOADS, USAGE, SCHEDULING, KUBELETS = range(5)
