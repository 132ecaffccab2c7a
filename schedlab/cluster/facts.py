"""Facts: what happened to the cluster, as opposed to what somebody decided; given to `Cluster.update`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from schedlab.objects import AnyObject, Node


class NodeAdded(NamedTuple):
    """A node joins, empty."""

    node: Node


class NodeRemoved(NamedTuple):
    """A node is gone; its pods are lost."""

    name: str


class NodeCordoned(NamedTuple):
    """A node's ``spec.unschedulable`` was set or cleared."""

    name: str
    unschedulable: bool


class NodeUpdated(NamedTuple):
    """A node's labels, taints, capacity or other spec changed: the node of that name is now this one."""

    node: Node


class PodQueued(NamedTuple):
    """An attempt of a pod is submitted now."""

    pod: int


class PodStarted(NamedTuple):
    """A bound pod runs."""

    pod: int


class PodTerminating(NamedTuple):
    """A bound pod was asked to end, by a scheduler that preempted it or else; until it does it holds what it holds."""

    pod: int
    preempted: bool = False


class PodNominated(NamedTuple):
    """A pending pod is to get a node once there is room, or with None no longer; being bound or over ends it too."""

    pod: int
    node: str | None


class PodEnded(NamedTuple):
    """A pod is over; ``succeeded`` tells Succeeded from Failed, and ``reason`` why it failed.

    Bound or not, it holds nothing any more.
    """

    pod: int
    succeeded: bool
    reason: str = ""


class PodKilled(NamedTuple):
    """An attempt of a bound pod was made to end, for a reason such as ``Preempted``; it returns as the next one."""

    pod: int
    reason: str


class UsageSampled(NamedTuple):
    """A running pod now uses this much: millicores, bytes."""

    pod: int
    cpu: float
    memory: float


class ObjectChanged(NamedTuple):
    """An object other than a node or pod was added, or is now this one."""

    object: AnyObject


class ObjectRemoved(NamedTuple):
    """An object other than a node or pod is gone."""

    kind: str
    namespace: str
    name: str


Fact = (
    NodeAdded | NodeRemoved | NodeCordoned | NodeUpdated | PodQueued | PodStarted | PodEnded | UsageSampled
    | PodKilled | PodTerminating | PodNominated | ObjectChanged | ObjectRemoved
)  # fmt: skip
