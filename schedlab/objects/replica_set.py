"""ReplicaSet: the owner of like pods; a Deployment's revision is one."""

from typing import Literal

import msgspec

from schedlab.objects.meta import ObjectMeta
from schedlab.objects.selectors import LabelSelector


class ReplicaSetSpec(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Which pods it owns."""

    selector: LabelSelector | None = None


class ReplicaSet(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The owner of like pods, told by a selector."""

    metadata: ObjectMeta
    spec: ReplicaSetSpec = msgspec.field(default_factory=ReplicaSetSpec)
    api_version: Literal["apps/v1"] = "apps/v1"
    kind: Literal["ReplicaSet"] = "ReplicaSet"
