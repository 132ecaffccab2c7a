"""CSINode: which storage drivers run on a node, and how many volumes of each it takes."""

from typing import Literal

import msgspec

from schedlab.objects.meta import ObjectMeta


class VolumeNodeResources(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How many volumes; None is no limit."""

    count: int | None = None


class CSINodeDriver(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A driver on the node."""

    name: str
    node_id: str = msgspec.field(default="", name="nodeID")
    topology_keys: list[str] = []
    allocatable: VolumeNodeResources | None = None


class CSINodeSpec(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The drivers on the node."""

    drivers: list[CSINodeDriver] = []


class CSINode(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The storage side of the node of the same name."""

    metadata: ObjectMeta
    spec: CSINodeSpec = msgspec.field(default_factory=CSINodeSpec)
    api_version: Literal["storage.k8s.io/v1"] = "storage.k8s.io/v1"
    kind: Literal["CSINode"] = "CSINode"
