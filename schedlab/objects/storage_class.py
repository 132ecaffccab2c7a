"""StorageClass: how volumes of a class come to be, when and where."""

from typing import Literal

import msgspec

from schedlab.objects.meta import ObjectMeta


class TopologySelectorLabelRequirement(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One condition: the label has one of the values."""

    key: str
    values: list[str] = []


class TopologySelectorTerm(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A conjunction of conditions on a node's labels; without any it matches nothing."""

    match_label_expressions: list[TopologySelectorLabelRequirement] = []


class StorageClass(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A kind of storage; ``WaitForFirstConsumer`` leaves the place of a volume to the scheduler.

    The API server makes an absent mode ``Immediate``.
    """

    metadata: ObjectMeta
    provisioner: str = ""
    volume_binding_mode: Literal["Immediate", "WaitForFirstConsumer"] | None = None
    allowed_topologies: list[TopologySelectorTerm] = []
    api_version: Literal["storage.k8s.io/v1"] = "storage.k8s.io/v1"
    kind: Literal["StorageClass"] = "StorageClass"
