"""NodeResourcesBalancedAllocation: prefer nodes whose resources would be used in equal parts."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from schedlab.plugins.api import SKIP, score
from schedlab.plugins.kubernetes.allocation import Floats, Resource, demand


class NodeResourcesBalancedAllocation(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Score (1 - deviation of the used fractions) * 100, in double precision as kube-scheduler does."""

    resources: tuple[Resource, ...] = (Resource("cpu"), Resource("memory"))

    def prepare(self, pod: Any, cluster: Any) -> Any:
        """Skip pods that request none of the resources."""
        return None if any(pod.requests[resource.name][0] for resource in self.resources) else SKIP

    @score(scope="node", normalize="none")
    def score(self, pod: Any, nodes: Any, state: None = None) -> Floats:
        """Score 0..100; half the difference of two fractions, the standard deviation of more."""
        wanted = demand(pod, nodes, self.resources, nonzero=False)
        fractions = [np.minimum(np.divide(r, c, out=np.ones_like(c), where=c > 0), 1.0) for _, r, c in wanted]
        if len(wanted) == 2:  # the common case; where one resource is absent there is nothing to compare
            deviation = np.abs((fractions[0] - fractions[1]) / 2)
            deviation *= (wanted[0][2] > 0) & (wanted[1][2] > 0)
        else:
            deviation = _deviation(fractions, [capacity > 0 for _, _, capacity in wanted])
        return np.floor((1 - deviation) * 100)


def _deviation(fractions: list[Floats], present: list[Any]) -> Floats:
    """Return the deviation over the resources present on each node, summed in kube-scheduler's order."""
    count = np.sum(present, axis=0)
    mean = sum((np.where(p, f, 0.0) for f, p in zip(fractions, present, strict=True)), np.zeros(()))
    mean = mean / np.maximum(count, 1)
    squares = sum((np.where(p, (f - mean) ** 2, 0.0) for f, p in zip(fractions, present, strict=True)), np.zeros(()))
    high = np.max([np.where(p, f, -np.inf) for f, p in zip(fractions, present, strict=True)], axis=0)
    low = np.min([np.where(p, f, np.inf) for f, p in zip(fractions, present, strict=True)], axis=0)
    deviation = np.sqrt(squares / np.maximum(count, 1))
    return np.where(count == 2, np.abs((high - low) / 2), np.where(count > 2, deviation, 0.0))
