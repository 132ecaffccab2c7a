"""Distance of each node from a data set's nearest replica."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.objects.dataset import LEVELS, DataSet
from schedlab.objects.node import RACK, ZONE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.cluster.columns import NodeColumns

FARTHEST = len(LEVELS)
_LABELS = {"rack": RACK, "zone": ZONE}


class Distances:
    """Distances per data set, kept until a node comes, goes or is relabelled."""

    def __init__(self) -> None:
        self._epoch = -1
        self._known: dict[str, NDArray[np.int64]] = {}

    def of(self, dataset: DataSet, nodes: NodeColumns, epoch: int) -> NDArray[np.int64]:
        """Return int64 (N,): 0 on a node with a replica, 1 in its rack, 2 in its zone, 3 elsewhere.

        A replica held somewhere in a rack (zone) is at 1 (2) from the nodes of that rack (zone), as in
        Hadoop's network topology, where it may be on any node of the rack.
        """
        if epoch != self._epoch:
            self._known.clear()
            self._epoch = epoch
        if dataset.name not in self._known:
            self._known[dataset.name] = _distance(dataset, nodes)
        return self._known[dataset.name]


def _distance(dataset: DataSet, nodes: NodeColumns) -> NDArray[np.int64]:
    distance = np.full(len(nodes), FARTHEST)
    for level, name in dataset.replicas:
        place = {}
        if level != "node":
            place[level] = nodes.code(_LABELS[level], name)
        elif (position := nodes.find(name)) is not None:  # a replica on a node is also in that node's rack and zone
            distance[position] = 0
            place = {outer: int(nodes.codes(_LABELS[outer])[position]) for outer in _LABELS}
        for at, code in place.items():
            if code >= 0:
                np.minimum(distance, LEVELS.index(at), out=distance, where=nodes.codes(_LABELS[at]) == code)
    distance.flags.writeable = False
    return distance
