"""PersistentVolume: a piece of storage, from where it can be reached, and whose it is."""

from typing import Any, Literal

import msgspec

from schedlab.objects.meta import ObjectMeta
from schedlab.objects.quantity import Quantity
from schedlab.objects.selectors import NodeSelector


class ObjectReference(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The claim that a volume is promised or bound to."""

    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""


class CSIPersistentVolumeSource(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The driver of a volume, and the driver's name for it."""

    driver: str
    volume_handle: str
    read_only: bool = False


class VolumeNodeAffinity(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """From which nodes a volume can be reached."""

    required: NodeSelector | None = None


class PersistentVolumeSpec(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a volume is; the disks of old clouds are kept as they are written."""

    capacity: dict[str, Quantity] = {}
    access_modes: list[str] = []
    storage_class_name: str = ""
    volume_mode: str = "Filesystem"
    volume_attributes_class_name: str | None = None
    claim_ref: ObjectReference | None = None
    node_affinity: VolumeNodeAffinity | None = None
    csi: CSIPersistentVolumeSource | None = None
    gce_persistent_disk: dict[str, Any] | None = None
    aws_elastic_block_store: dict[str, Any] | None = None
    azure_disk: dict[str, Any] | None = None


class PersistentVolumeStatus(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How far a volume has come: only one that is ``Available`` can be bound to a claim that it does not name."""

    phase: str = ""


class PersistentVolume(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A piece of storage."""

    metadata: ObjectMeta
    spec: PersistentVolumeSpec = msgspec.field(default_factory=PersistentVolumeSpec)
    status: PersistentVolumeStatus = msgspec.field(default_factory=PersistentVolumeStatus)
    api_version: Literal["v1"] = "v1"
    kind: Literal["PersistentVolume"] = "PersistentVolume"
