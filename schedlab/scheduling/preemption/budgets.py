"""Budgets: which evictions would violate a PodDisruptionBudget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.objects import PodDisruptionBudget
    from schedlab.scheduling.preemption.victims import Lower

KIND = "PodDisruptionBudget"


class Budgets:
    """The PodDisruptionBudgets of a cluster, and which of them mean the pods of a class."""

    def __init__(self, view: ClusterView) -> None:
        self._view = view
        self._version = -1
        self._all: list[PodDisruptionBudget] = []
        self._meant = np.zeros((0, 0), np.bool_)  # (budgets, classes)

    def violated(self, lower: Lower) -> NDArray[np.bool_]:
        """Return bool (S, n): the pods whose eviction would violate a budget.

        All lower pods of a node spend from the budgets, the most important first, whether or not they become victims;
        those that are on their way already spend nothing (kube-scheduler's filterPodsWithPDBViolation).
        """
        self._refresh()
        found = np.zeros(lower.pods.shape, np.bool_)
        if not self._all:
            return found
        classes = np.where(lower.there, self._view.pods.cls[lower.pods], 0)
        for budget, means in zip(self._all, self._meant, strict=True):
            meant = means[classes] & lower.there
            if not meant.any():
                continue
            for slot, at in np.argwhere(meant).tolist() if budget.status.disrupted_pods else ():
                meant[slot, at] = self._view.pods.name(int(lower.pods[slot, at])) not in budget.status.disrupted_pods
            found |= meant & (np.cumsum(meant, axis=0) > budget.status.disruptions_allowed)
        return found

    def _refresh(self) -> None:
        version = self._view.objects.version_of(KIND)
        if version != self._version:
            self._version = version
            self._all = list(self._view.objects.all(KIND))
            self._meant = np.zeros((len(self._all), 0), np.bool_)
        known, count = self._meant.shape[1], len(self._view.priorities)
        if known < count:
            pods = [self._view.class_at(index).pod for index in range(known, count)]
            more = [list(map(budget.means, pods)) for budget in self._all]
            self._meant = np.concatenate([self._meant, np.array(more, np.bool_).reshape(-1, count - known)], axis=1)
