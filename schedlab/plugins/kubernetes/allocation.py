"""What NodeResourcesFit and NodeResourcesBalancedAllocation share: requested against allocatable, per resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Resource(msgspec.Struct, frozen=True):
    """A resource and its weight in the mean."""

    name: str
    weight: int = 1


def demand(pod: Any, nodes: Any, resources: Sequence[Resource], *, nonzero: bool) -> list[tuple[float, Floats, Floats]]:
    """Return (weight, requested with the pod on the node, allocatable), each (N,), for the resources that count.

    ``nonzero`` takes kube-scheduler's defaults for containers without a cpu or memory request. A scalar resource
    that the pod does not ask for is left out (calculateResourceAllocatableRequest).
    """
    wanted = []
    for resource in resources:
        name, row = resource.name, {"cpu": 0, "memory": 1}.get(resource.name)
        if nonzero and row is not None:
            requested = nodes.used_nonzero[row] + pod.score_requests[row]
        elif pod.requests[name][0] or name in ("cpu", "memory", "ephemeral-storage"):
            requested = nodes.used[name] + pod.requests[name]
        else:
            continue
        wanted.append((float(resource.weight), requested, nodes.allocatable[name]))
    return wanted


def percent(part: Floats, capacity: Floats) -> Floats:
    """Return floor(part * 100 / capacity), exact for capacities up to 2^46; 0 where there is no capacity."""
    quotient = part * 100.0
    np.divide(quotient, capacity, out=quotient, where=capacity > 0)
    return np.floor(quotient, out=quotient)


def weighted_mean(parts: Sequence[tuple[float, Floats, Floats]], *, half_up: bool = False) -> Floats:
    """Return the integer mean of (weight, present, score) over the resources present (> 0) on each node.

    The quotient is truncated, or with ``half_up`` rounded half up, both exactly.
    """
    total = weights = np.zeros(())
    for weight, present, value in parts:
        here = present > 0
        total = total + weight * value * here
        weights = weights + weight * here
    if half_up:
        total, weights = 2 * total + weights, 2 * weights
    return np.floor(np.divide(total, weights, out=np.zeros(np.shape(total)), where=weights > 0))
