"""Service: pods that answer together, and that default spreading keeps apart."""

from typing import Literal

import msgspec

from schedlab.objects.meta import ObjectMeta


class ServiceSpec(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Which pods answer; an empty selector selects none."""

    selector: dict[str, str] = {}


class Service(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Pods of one namespace that answer together."""

    metadata: ObjectMeta
    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)
    api_version: Literal["v1"] = "v1"
    kind: Literal["Service"] = "Service"
