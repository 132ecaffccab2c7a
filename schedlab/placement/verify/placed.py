"""Placed: how many pods of each class are on each node and in each domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from schedlab.placement.verify.facts import Facts

    Content = dict[int, dict[int, int]]  # node, class: pods; without zeros


class Placed:
    """The pods placed, counted as rules ask for them."""

    def __init__(self, facts: Facts, content: Content) -> None:
        self.facts, self.content = facts, content
        self._by_key: dict[str, dict[int, dict[int | None, int]]] = {}

    def count(self, classes: Iterable[int], key: str) -> dict[int | None, int]:
        """Return how many pods of some classes are in each domain that has any; None: on nodes without the key."""
        by_class = self._by_key.get(key)
        if by_class is None:
            by_class = self._by_key[key] = self._tally(key)
        found: dict[int | None, int] = {}
        for cls in classes:
            for domain, pods in by_class.get(cls, {}).items():
                found[domain] = found.get(domain, 0) + pods
        return found

    def total(self) -> list[int]:
        """Return how many pods of each class are placed."""
        total = [0] * len(self.facts.count)
        for pods in self.content.values():
            for cls, many in pods.items():
                total[cls] += many
        return total

    def _tally(self, key: str) -> dict[int, dict[int | None, int]]:
        by_class: dict[int, dict[int | None, int]] = {}
        for node, pods in self.content.items():
            domain = self.facts.domain(key, node)
            for cls, many in pods.items():
                counts = by_class.setdefault(cls, {})
                counts[domain] = counts.get(domain, 0) + many
        return by_class


def read(facts: Facts, assignment: NDArray[np.int64]) -> tuple[Content, list[str]]:
    """Return what an assignment, int64 (C, N), puts on each node, and what makes it none."""
    content: Content = {}
    wrong = []
    shape = (len(facts.count), len(facts.nodes))
    if tuple(assignment.shape) != shape:
        told = " x ".join(str(each) for each in assignment.shape)
        return content, [f"the assignment is {told or 'a number'}, not {shape[0]} classes x {shape[1]} nodes"]
    for cls, row in enumerate(assignment.tolist()):
        for node, pods in enumerate(row):
            if pods:
                if not isinstance(pods, int) or pods < 0:
                    wrong.append(f"node {facts.nodes[node]}: {facts.name_of(cls)}: {pods} pods")
                content.setdefault(node, {})[cls] = pods
    return content, wrong
