"""Node: what a machine offers, and what marks it."""

import math
from typing import Literal

import msgspec

from schedlab.errors import InputError
from schedlab.objects.meta import ObjectMeta
from schedlab.objects.quantity import Quantity
from schedlab.objects.taints import Taint

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
RACK = "topology.kubernetes.io/rack"
PRICE = "schedlab.io/price"  # label or annotation: cost per hour, in a unit of the user's choice


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


def price_per_hour(node: Node) -> float | None:
    """Return what a node costs per hour, as its annotation or label `PRICE` says; None if neither does.

    Raises
    ------
    InputError
        If that is no finite number of at least 0.
    """
    text = node.metadata.annotations.get(PRICE, node.metadata.labels.get(PRICE))
    try:
        return None if text is None else read_price(text)
    except InputError as error:
        raise InputError(f"node {node.metadata.name!r}: {error}", field=PRICE) from None


def read_price(text: str) -> float:
    """Return a price; a bad text raises `InputError` without a place."""
    try:
        price = float(text)
    except ValueError:
        price = math.nan
    if not 0 <= price < math.inf:
        raise InputError(f"{text!r:.60} is no price", mend="write a number of at least 0, such as 0.38")
    return price
