"""The pods that default spreading keeps apart: those of the pod's services and of its controller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schedlab.objects.selectors import LabelSelector, LabelSelectorRequirement, has_labels

if TYPE_CHECKING:
    from schedlab.cluster.registry import ObjectsView

KINDS = ("Service", "ReplicationController", "ReplicaSet", "StatefulSet")


def default_selector(pod: Any, objects: ObjectsView) -> LabelSelector:
    """Return the conjunction of the selectors of all that selects or owns the pod (helper.DefaultSelector).

    Parameters
    ----------
    pod
        The pod's class: its namespace, labels and controller.
    objects
        The object registry.

    Returns
    -------
    LabelSelector
        Empty if nothing does.
    """
    labels: dict[str, str] = {}
    for service in objects.all("Service", pod.namespace):
        if has_labels(service.spec.selector, pod.labels):
            labels |= service.spec.selector
    owner = pod.controller
    found = None if owner is None else objects.get(owner.kind, pod.namespace, owner.name)
    if found is None or not found.spec.selector:
        return LabelSelector(match_labels=labels)
    if owner.kind == "ReplicationController":
        return LabelSelector(match_labels=labels | found.spec.selector)
    return both(labels, found.spec.selector)


def both(labels: dict[str, str], selector: LabelSelector) -> LabelSelector:
    """Return the selector that demands some labels and whatever ``selector`` demands."""
    demanded = [LabelSelectorRequirement(key, "In", [value]) for key, value in selector.match_labels.items()]
    return LabelSelector(match_labels=labels, match_expressions=[*demanded, *selector.match_expressions])
