"""Node: what a machine offers, and what marks it."""

from typing import Literal

import msgspec

from schedlab.objects.meta import ObjectMeta
from schedlab.objects.quantity import Quantity
from schedlab.objects.taints import Taint

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
RACK = "topology.kubernetes.io/rack"


class NodeSpec(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What an operator decides about a node."""

    unschedulable: bool = False
    taints: list[Taint] = []


class ContainerImage(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An image on a node's disk, under all its names; size in bytes."""

    names: list[str] = []
    size_bytes: int = 0


class NodeStatus(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a node has and what of it pods may use; without `allocatable`, all of its `capacity`."""

    capacity: dict[str, Quantity] = {}
    allocatable: dict[str, Quantity] = {}
    images: list[ContainerImage] = []

    def __post_init__(self) -> None:
        if self.capacity and not self.allocatable:  # the API server's default
            msgspec.structs.force_setattr(self, "allocatable", dict(self.capacity))


class Node(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A machine."""

    metadata: ObjectMeta
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)
    api_version: Literal["v1"] = "v1"
    kind: Literal["Node"] = "Node"
