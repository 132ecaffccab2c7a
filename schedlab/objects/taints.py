"""Taints repel pods from a node, tolerations let them in all the same."""

from collections.abc import Iterable
from typing import Literal

import msgspec

Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class Taint(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A mark on a node."""

    key: str
    effect: Effect
    value: str = ""
    time_added: str | None = None


class Toleration(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a pod tolerates: an empty key stands for all keys, an empty effect for all effects."""

    key: str = ""
    operator: Literal["", "Equal", "Exists"] = ""
    value: str = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""
    toleration_seconds: int | None = None

    def tolerates(self, taint: Taint) -> bool:
        """Whether the toleration covers the taint (``Toleration.ToleratesTaint``); the seconds play no part."""
        if self.effect and self.effect != taint.effect:
            return False
        if self.key and self.key != taint.key:
            return False
        return self.operator == "Exists" or self.value == taint.value


def tolerates(tolerations: Iterable[Toleration], taint: Taint) -> bool:
    """Whether any of the tolerations covers the taint."""
    return any(toleration.tolerates(taint) for toleration in tolerations)
