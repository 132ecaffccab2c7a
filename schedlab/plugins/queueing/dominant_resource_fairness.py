"""Dominant resource fairness between tenants, by progressive filling (Ghodsi et al., NSDI 2011, section 4)."""

from __future__ import annotations

from typing import Any

from schedlab.plugins.api import order


class DominantResourceFairness:
    """Take the next pod of the tenant whose dominant share is smallest now; a tenant's own by priority.

    A tenant's dominant share is the largest, over resources, of its share of what the nodes offer. Pods of nobody count
    as those of one tenant.
    """

    def lane(self, pod: Any) -> int:
        """Return the pod's tenant."""
        return int(pod.tenant)

    def lane_key(self, lane: int, cluster: Any) -> float:
        """Return the tenant's dominant share."""
        return float(cluster.dominant_share(lane))

    @order(name="dominant_resource_fairness")
    def key(self, pod: Any, now: int) -> int:
        """Return the place among the tenant's pods."""
        return -int(pod.priority)
