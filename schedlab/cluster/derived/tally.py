"""Tallies: weighted counts of bound pods per topology domain, changed as pods come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.node_views import Subset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


class Place:
    """The domains of a topology key, numbered from 0.

    Attributes
    ----------
    at
        intp (N,): each node's domain; ``count``, one beyond the last, where it has none.
    count
        Number of domains.
    single
        Whether node i is domain i, for all nodes.
    whole
        Whether every node has a domain.
    """

    __slots__ = ("at", "count", "single", "whole")

    def __init__(self, at: NDArray[np.intp], count: int) -> None:
        self.at, self.count = at, count
        self.single = count == len(at) and bool((at == np.arange(count)).all())
        self.whole = self.single or not len(at) or bool(at.max() < count)

    @staticmethod
    def of(codes: NDArray[np.int32]) -> Place:
        """Number the values of a label, -1 where a node lacks it; each its own domain if all differ."""
        known = codes >= 0
        values, at = np.unique(codes[known], return_inverse=True)
        if len(values) == len(codes):
            return Place(np.arange(len(codes)), len(codes))
        whole = np.full(len(codes), len(values), np.intp)
        whole[known] = at
        return Place(whole, len(values))

    def only(self, mask: NDArray[np.bool_]) -> Place:
        """Return the same domains without the nodes outside ``mask``, bool (N,)."""
        return self if mask.all() else Place(np.where(mask, self.at, self.count), self.count)


class Tally:
    """Bound pods per domain of a place, each with the weight of its kind.

    Attributes
    ----------
    sums
        float64 (D + 1,) holding integers: the sum of weights in each domain; the last, of no domain, is 0.
    pods
        How many pods are counted, those of weight 0 included.
    weights
        The weight of each kind that counts.
    """

    __slots__ = ("_spread", "place", "pods", "sums", "weights")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.sums = np.zeros(place.count + 1)
        self.pods = 0
        self.weights: dict[int, float] = {}
        self._spread: NDArray[np.float64] | None = None

    def add(self, position: int, weight: float, pods: int) -> None:
        """Count pods that came to a node; fewer than none have left."""
        domain = self.place.at.item(position)
        if domain < self.place.count:
            self.sums[domain] += weight * pods
            self.pods += pods
            self._spread = None

    def add_all(self, positions: NDArray[np.intp], weights: NDArray[np.float64], pods: NDArray[np.int64]) -> None:
        """Count pods on many nodes."""
        domains = self.place.at[positions]
        inside = domains < self.place.count
        self.sums += np.bincount(domains[inside], (weights * pods)[inside], self.place.count + 1)
        self.pods += int(pods[inside].sum())
        self._spread = None

    def spread(self) -> NDArray[np.float64]:
        """Return float64 (N,): the sum of each node's domain, 0 where it has none; it changes with the tally."""
        if self.place.single:
            return self.sums[:-1]
        if self._spread is None:
            self._spread = self.sums.take(self.place.at)
        return self._spread

    def seen(self, nodes: Any) -> NDArray[np.float64]:
        """Return `spread` for a nodes view of scope cluster, some nodes or all; guests are counted on their nodes."""
        if not isinstance(nodes, Subset):
            return self.spread()
        row: NDArray[np.float64] = self.spread()[nodes.positions]
        return row if nodes.guests is None else row + self._of_guests(nodes, self.weights)

    def pods_seen(self, nodes: Any) -> NDArray[np.float64]:
        """Return float64 (N,), how many pods are counted in all, as seen from each node with its own guests."""
        if nodes.guests is None:
            return np.full(len(nodes), float(self.pods))
        return self.pods + self._of_guests(nodes, dict.fromkeys(self.weights, 1.0))

    def _of_guests(self, nodes: Any, weights: Mapping[int, float]) -> NDArray[np.float64]:
        each = np.array([weights.get(cls.kind, 0.0) for cls in nodes.guests.classes])
        return np.where(self.place.at[nodes.positions] < self.place.count, each @ nodes.guests.counts, 0.0)

    @property
    def cells(self) -> int:
        """How many numbers it keeps at most."""
        return len(self.sums) + (0 if self.place.single else len(self.place.at))


def cut(weights: Mapping[int, float], known: Mapping[int, float]) -> dict[int, float]:
    """Return the weights of kinds that are not known yet."""
    return dict(weights) if not known else {kind: weight for kind, weight in weights.items() if kind not in known}
