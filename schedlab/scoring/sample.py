"""Sample: kube-scheduler's search for enough feasible nodes, not all, from where the last search stopped.

In kube-scheduler 16 workers search at once, so that which nodes make the sample is not determined; here it is what one
worker would find.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.objects.node import ZONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView

REGION = "topology.kubernetes.io/region"
OLD_ZONE, OLD_REGION = "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region"
FEWEST = 100  # nodes; so many are always looked for
LEAST, ADAPTIVE = 5, 0  # percent; ADAPTIVE: fewer the more nodes there are


def wanted(nodes: int, percentage: int) -> int:
    """Return how many feasible nodes are looked for among so many (numFeasibleNodesToFind)."""
    if nodes < FEWEST:
        return nodes
    share = max(50 - nodes // 125, LEAST) if percentage == ADAPTIVE else percentage
    return max(nodes * share // 100, FEWEST)


class Sample:
    """The search of one scheduler.

    Parameters
    ----------
    percentage
        Of the nodes, 1..100, or `ADAPTIVE`.
    scoring
        Whether anything scores; if not, one node is enough.
    """

    def __init__(self, view: ClusterView, percentage: int, *, scoring: bool) -> None:
        self._view, self._percentage, self._scoring = view, percentage, scoring
        self._order: NDArray[np.int64] = np.zeros(0, np.int64)
        self._specs = -1
        self._start = self._next = 0

    def of(self, feasible: NDArray[np.bool_], among: int | None = None) -> NDArray[np.bool_]:
        """Return which of the feasible nodes (N,) are found; call `advance` once they were used.

        ``among`` is how many nodes are searched, if a filter excluded the others.
        """
        if self._specs != self._view.log.specs:
            self._order, self._specs = zone_order(self._view), self._view.log.specs
        nodes = len(feasible)
        enough = wanted(nodes if among is None else among, self._percentage) if self._scoring else 1
        self._start %= max(nodes, 1)
        order = np.roll(self._order, -self._start)
        hits = np.flatnonzero(feasible[order])
        if len(hits) <= enough:
            self._next = self._start
            return feasible
        self._next = (self._start + int(hits[enough])) % nodes  # the first that is too much is looked at again
        found = np.zeros(nodes, np.bool_)
        found[order[hits[:enough]]] = True
        return found

    def advance(self) -> None:
        """Let the next search begin where the last one stopped."""
        self._start = self._next


def zone_order(view: ClusterView) -> NDArray[np.int64]:
    """Return the nodes' positions in the order of kube-scheduler's node tree: zones take turns, each by rank.

    Zones stand in the order of their first node that is still there.
    """
    nodes = view.nodes("static")
    ranked = np.argsort(nodes.rank)
    zone, region = nodes.label(OLD_ZONE), nodes.label(OLD_REGION)
    places = [np.where(zone >= 0, zone, -1), np.where(region >= 0, region, -1)]
    places += [np.where(zone < 0, nodes.label(ZONE), -1), np.where(region < 0, nodes.label(REGION), -1)]
    _, first, of = np.unique(np.stack(places)[:, ranked], axis=1, return_index=True, return_inverse=True)
    turn = first.argsort().argsort()[of.ravel()]  # each node's zone, numbered by its first node
    by_zone = np.argsort(turn, kind="stable")
    sizes = np.bincount(turn)
    within = np.empty(len(turn), np.int64)
    within[by_zone] = np.arange(len(turn)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    order: NDArray[np.int64] = ranked[np.lexsort((turn, within))]
    return order
