"""ReplicationController: the owner of like pods from before ReplicaSets."""

from typing import Literal

import msgspec

from schedlab.objects.meta import ObjectMeta


class ReplicationControllerSpec(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Which pods it owns."""

    selector: dict[str, str] = {}


class ReplicationController(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The owner of like pods, told by labels."""

    metadata: ObjectMeta
    spec: ReplicationControllerSpec = msgspec.field(default_factory=ReplicationControllerSpec)
    api_version: Literal["v1"] = "v1"
    kind: Literal["ReplicationController"] = "ReplicationController"
