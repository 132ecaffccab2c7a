"""StatefulSet: the owner of pods with names and volumes of their own."""

from typing import Literal

import msgspec

from schedlab.objects.meta import ObjectMeta
from schedlab.objects.selectors import LabelSelector


class StatefulSetSpec(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Which pods it owns."""

    selector: LabelSelector | None = None


class StatefulSet(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The owner of like pods, told by a selector."""

    metadata: ObjectMeta
    spec: StatefulSetSpec = msgspec.field(default_factory=StatefulSetSpec)
    api_version: Literal["apps/v1"] = "apps/v1"
    kind: Literal["StatefulSet"] = "StatefulSet"
