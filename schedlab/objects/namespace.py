"""Namespace: what pods live in; affinity terms select it by its labels."""

from typing import Literal

import msgspec

from schedlab.objects.meta import ObjectMeta


class Namespace(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A name space of pods, claims and services."""

    metadata: ObjectMeta
    api_version: Literal["v1"] = "v1"
    kind: Literal["Namespace"] = "Namespace"
