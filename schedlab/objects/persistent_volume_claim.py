"""PersistentVolumeClaim: a pod's wish for storage, and the volume that it got."""

from typing import Literal

import msgspec

from schedlab.objects.meta import ObjectMeta
from schedlab.objects.quantity import Quantity
from schedlab.objects.selectors import LabelSelector


class VolumeResourceRequirements(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How much is wanted; only ``storage`` counts."""

    requests: dict[str, Quantity] = {}


class PersistentVolumeClaimSpec(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What is wanted; an absent class is not the empty one."""

    access_modes: list[str] = []
    resources: VolumeResourceRequirements = msgspec.field(default_factory=VolumeResourceRequirements)
    storage_class_name: str | None = None
    selector: LabelSelector | None = None
    volume_mode: str = "Filesystem"
    volume_attributes_class_name: str | None = None
    volume_name: str = ""


class PersistentVolumeClaimStatus(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How far a claim has come."""

    phase: str = ""


class PersistentVolumeClaim(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A wish for storage; the annotation ``pv.kubernetes.io/bind-completed`` tells that it is met."""

    metadata: ObjectMeta
    spec: PersistentVolumeClaimSpec = msgspec.field(default_factory=PersistentVolumeClaimSpec)
    status: PersistentVolumeClaimStatus = msgspec.field(default_factory=PersistentVolumeClaimStatus)
    api_version: Literal["v1"] = "v1"
    kind: Literal["PersistentVolumeClaim"] = "PersistentVolumeClaim"
