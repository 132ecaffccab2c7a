"""Admission: what an API server makes of a pod before any scheduler sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from schedlab.errors import InputError
from schedlab.extensions import nearest
from schedlab.objects.priority_class import SYSTEM

if TYPE_CHECKING:
    from schedlab.cluster.registry import Objects
    from schedlab.objects import Pod
    from schedlab.objects.priority_class import PriorityClass

KIND = "PriorityClass"


def with_priority(pod: Pod, objects: Objects) -> Pod:
    """Return a pod with the priority and preemption policy of its class (the admission plug-in Priority).

    A pod that names none gets those of the global default, of several that of the lowest value, unless it has a
    priority. One that has a priority keeps it where its class is not known: it was admitted with it.

    Raises
    ------
    InputError
        If the class is not known, or the pod contradicts it.
    """
    spec, name = pod.spec, pod.spec.priority_class_name
    found = _named(name, objects) if name else _default(objects)
    if found is None and (not name or spec.priority is not None):
        return pod
    where = f"pod {pod.metadata.key} spec"
    if found is None:
        known = [each.metadata.name for each in objects.all(KIND)] + list(SYSTEM)
        text = f"no PriorityClass with name {name} was found"
        raise InputError(text, field=f"{where}.priorityClassName", mend=nearest(name, known))
    if not name and spec.priority is not None:
        return pod
    name = found.metadata.name
    if spec.priority not in (None, found.value):
        text = f"priority {spec.priority} is given, but PriorityClass {name} has {found.value}"
        raise InputError(text, field=f"{where}.priority", mend="leave it out")
    if spec.preemption_policy not in (None, found.preemption_policy):
        text = f"{spec.preemption_policy} is given, but PriorityClass {name} has {found.preemption_policy}"
        raise InputError(text, field=f"{where}.preemptionPolicy", mend="leave it out")
    more = {"priority": found.value, "preemption_policy": found.preemption_policy, "priority_class_name": name}
    return replace(pod, spec=replace(spec, **more))


def _named(name: str, objects: Objects) -> PriorityClass | None:
    found: PriorityClass | None = objects.get(KIND, "", name)
    return found or SYSTEM.get(name)


def _default(objects: Objects) -> PriorityClass | None:
    defaults = (each for each in objects.all(KIND) if each.global_default)
    return min(defaults, key=lambda each: each.value, default=None)
