"""PriorityClass: a name for a priority."""

from typing import Annotated, Literal

import msgspec

from schedlab.objects.meta import ObjectMeta

HIGHEST = 1_000_000_000  # of a class that is not the system's
SYSTEM_PREFIX = "system-"


class PriorityClass(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A priority, and whether pods that have it preempt others; `global_default` is for pods that name no class."""

    metadata: ObjectMeta
    value: Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
    global_default: bool = False
    preemption_policy: Literal["PreemptLowerPriority", "Never"] = "PreemptLowerPriority"
    description: str = ""
    api_version: Literal["scheduling.k8s.io/v1"] = "scheduling.k8s.io/v1"
    kind: Literal["PriorityClass"] = "PriorityClass"


# the classes that every cluster has
SYSTEM = {
    name: PriorityClass(metadata=ObjectMeta(name=name), value=value)
    for name, value in (("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000))
}


def problem_with(each: PriorityClass) -> tuple[str, str, str] | None:
    """Return what an API server refuses of a class: problem, field and mend; None: nothing."""
    name = each.metadata.name
    if name.startswith(SYSTEM_PREFIX):
        known = SYSTEM.get(name)
        if known is None:
            return f"names that begin with {SYSTEM_PREFIX} are the system's", ".metadata.name", "name it otherwise"
        if (each.value, each.global_default) != (known.value, False):
            return (
                f"of the system's own the value is {known.value}, and it is no default",
                ".value",
                "leave the class out",
            )
    elif each.value > HIGHEST:
        return f"{each.value} is above {HIGHEST}, the highest that a user's class may have", ".value", "lower it"
    return None
