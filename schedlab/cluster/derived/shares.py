"""Dominant shares of tenants, kept as their pods are bound and released."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.cluster.state import Cluster


class Shares:
    """What each tenant's bound pods ask for, against what all nodes that are there offer.

    Pods without a tenant, -1, count as those of one. How many pods a node may hold is no resource here.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._sums: dict[int, NDArray[np.int64]] = {}  # by tenant, (R,)
        self._known: dict[int, float] = {}  # shares that hold still
        self._total = np.zeros(0, np.int64)  # (R,)
        self._specs = -1  # as of which the total is
        for pod in cluster.pods.bound().tolist():
            self.change(pod, 1)

    def change(self, pod: int, by: int) -> None:
        """Add a pod's requests to its tenant's, or with -1 take them away."""
        cluster = self._cluster
        tenant = int(cluster.pods.tenant[pod])
        asked = cluster.classes[cluster.pods.cls[pod]].vectors(cluster.nodes.resources).requests[:, 0]
        self._sums[tenant] = self.held(tenant) + by * asked.astype(np.int64)
        self._known.pop(tenant, None)

    def held(self, tenant: int) -> NDArray[np.int64]:
        """Return what a tenant's bound pods ask for in all, (R,)."""
        found = np.zeros(len(self._cluster.nodes.resources), np.int64)
        sums = self._sums.get(tenant, found)
        found[: len(sums)] = sums  # what became known as a resource since, nobody asked for
        return found

    def dominant(self, tenant: int) -> float:
        """Return a tenant's largest share of a resource; 0 if it has nothing."""
        cluster = self._cluster
        if self._specs != cluster.log.specs:
            self._specs = cluster.log.specs
            self._total = cluster.nodes.allocatable.astype(np.int64).sum(axis=1)
            self._total[cluster.nodes.resources["pods"]] = 0
            self._known.clear()
        if (share := self._known.get(tenant)) is None:
            offered = self._total > 0
            shares = self.held(tenant)[offered] / self._total[offered]
            share = self._known[tenant] = float(shares.max(initial=0.0))
        return share
