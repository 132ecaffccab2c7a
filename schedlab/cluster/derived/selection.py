"""Selections: which pods a term of a rule means, by namespace and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from schedlab.objects.selectors import LabelSelector

Requirements = tuple[tuple[str, str, tuple[str, ...]], ...]


class Namespaces(NamedTuple):
    """The named ones and, if ``besides`` is not None, all that it does not hold."""

    names: frozenset[str]
    besides: frozenset[str] | None = None

    def hold(self, namespace: str) -> bool:
        """Whether a namespace is among them."""
        return namespace in self.names or (self.besides is not None and namespace not in self.besides)


ALL = Namespaces(frozenset(), frozenset())


class Selection:
    """Pods of some namespaces that a selector matches; an absent selector matches nothing.

    Attributes
    ----------
    kinds
        The kinds of pods that it holds, in the order in which they were met.
    carriers
        The kinds whose own terms mean this selection: (kind, role, topology key, weight).
    """

    __slots__ = ("carriers", "kinds", "namespaces", "selector")

    def __init__(self, selector: LabelSelector | None, namespaces: Namespaces) -> None:
        self.selector, self.namespaces = selector, namespaces
        self.kinds: list[int] = []
        self.carriers: list[tuple[int, str, str, int]] = []

    def holds(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether a pod of this namespace with these labels is meant."""
        return self.selector is not None and self.namespaces.hold(namespace) and self.selector.matches(labels)

    def pairs(self) -> list[tuple[str, str]] | None:
        """Return labels of which each pod that is meant has one; None if nothing can be said."""
        if self.selector is None:
            return []
        for pair in self.selector.match_labels.items():
            return [pair]
        for each in self.selector.match_expressions:
            if each.operator == "In":
                return [(each.key, value) for value in dict.fromkeys(each.values)]
        return None


def key_of(selector: LabelSelector | None, namespaces: Namespaces) -> Hashable:
    """Return what two selections of the same meaning, written alike, have in common."""
    if selector is None:
        return None
    terms = sorted((each.key, each.operator, tuple(each.values)) for each in selector.match_expressions)
    return tuple(sorted(selector.match_labels.items())), tuple(terms), namespaces
