"""NodeResourcesBalancedAllocation: prefer nodes whose resources would be used in equal parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from schedlab.plugins.api import SKIP, score
from schedlab.plugins.kubernetes.allocation import CPU_MEMORY, Floats, Resource, demand, divide

if TYPE_CHECKING:
    from numpy.typing import NDArray


class NodeResourcesBalancedAllocation(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Score (1 - deviation of the used fractions) * 100, in double precision as kube-scheduler does."""

    resources: tuple[Resource, ...] = CPU_MEMORY

    def __post_init__(self) -> None:
        if not self.resources:
            msgspec.structs.force_setattr(self, "resources", CPU_MEMORY)
        names = [each.name for each in self.resources]
        for number, each in enumerate(self.resources):
            if each.name in names[:number]:
                raise ValueError(f"resources[{number}].name: {each.name!r} occurs twice")
            if each.weight != 1:
                raise ValueError(f"resources[{number}].weight: {each.weight} must be 1")

    def prepare(self, pod: Any, cluster: Any) -> Any:
        """Skip pods that request none of the resources."""
        for resource in self.resources:
            if pod.requests[resource.name][0]:
                return None
        return SKIP

    @score(scope="node", normalize="none", facets="requests")
    def score(self, pod: Any, nodes: Any, state: None = None) -> Floats:
        """Score 0..100; half the difference of two fractions, the standard deviation of more."""
        wanted = demand(pod, nodes, self.resources, nonzero=False)
        fractions = divide(np.minimum(wanted.requested, wanted.capacity), wanted)
        if len(fractions) == 2 and wanted.present is None:
            twice = np.abs(fractions[0] - fractions[1])
        else:
            twice = 2.0 * _deviation(fractions, wanted.capacity > 0)
        # (1 - deviation) * 100, bit for bit: doubling and halving are exact
        score: Floats = np.floor((2.0 - twice) * 50.0)
        return score


def _deviation(fractions: Floats, present: NDArray[np.bool_]) -> Floats:
    """Return the deviation over the resources present on each node, summed in kube-scheduler's order."""
    count = present.sum(axis=0)
    shares = np.where(present, fractions, 0.0)
    mean = sum(shares, np.zeros(len(count))) / np.maximum(count, 1)
    squares: Any = sum(np.where(present, (shares - mean) ** 2, 0.0), np.zeros(len(count)))
    spread = np.max(np.where(present, fractions, -np.inf), axis=0, initial=0.0) - np.min(
        np.where(present, fractions, np.inf), axis=0, initial=1.0
    )
    several = np.where(count > 2, np.sqrt(squares / np.maximum(count, 1)), 0.0)
    return np.where(count == 2, np.abs(spread / 2), several)
