"""A pod's inter-pod affinity terms, and the namespaces that each means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.cluster.derived.selection import ALL, Namespaces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.cluster.registry import Objects, ObjectsView
    from schedlab.objects import Pod, PodAffinityTerm

AFFINITY, ANTI, PREFERRED = "affinity", "anti-affinity", "preferred"  # required, required, with a weight of either sign


def own(pod: Pod) -> Iterator[tuple[str, PodAffinityTerm, int]]:
    """Yield the terms of a pod: role, term and weight, which is negative for preferred anti-affinity."""
    affinity = pod.spec.affinity
    if affinity is None:
        return
    for part, role, sign in ((affinity.pod_affinity, AFFINITY, 1), (affinity.pod_anti_affinity, ANTI, -1)):
        if part is not None:
            for term in part.required:
                yield role, term, 1
            for each in part.preferred:
                yield PREFERRED, each.pod_affinity_term, sign * each.weight


def namespaces(term: PodAffinityTerm, own: str, objects: Objects | ObjectsView) -> Namespaces:
    """Return the namespaces that a bound pod's term means; ``own`` is that pod's.

    Without any the term means its own. A namespace without an object has no labels.
    """
    selector = term.namespace_selector
    names = frozenset(term.namespaces)
    if selector is None:
        return Namespaces(names or frozenset([own]))
    known = {each.metadata.name: each.metadata.labels for each in objects.all("Namespace")}
    names |= {name for name, labels in known.items() if selector.matches(labels)}
    return Namespaces(names, frozenset(known) if selector.matches({}) else None)


def namespaces_incoming(
    term: PodAffinityTerm, own: str, objects: Objects | ObjectsView, *, lenient: bool
) -> Namespaces:
    """Return the namespaces that a pending pod's term means.

    The scheduler merges those that the selector matches into the named ones, so that one without an object is met by
    an empty selector only. ``lenient`` is the defect of v1.34.1 (kubernetes/kubernetes#141563): it goes on to ask the
    selector about a namespace without labels, so that one of negative requirements only means every namespace.
    """
    selector = term.namespace_selector
    if selector is None:
        return namespaces(term, own, objects)
    empty = not (selector.match_labels or selector.match_expressions)
    if empty or (lenient and selector.matches({})):
        return ALL
    return Namespaces(namespaces(term, own, objects).names)
