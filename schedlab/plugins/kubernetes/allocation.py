"""What NodeResourcesFit and NodeResourcesBalancedAllocation share: requested against allocatable, per resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from schedlab.plugins.api import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float64]
NATIVE = ("cpu", "memory", "ephemeral-storage")  # counted whether the pod asks for them or not


class Resource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A resource and its weight in the mean; 0 is 1, as in kube-scheduler."""

    name: str
    weight: Annotated[int, msgspec.Meta(ge=0, le=100)] = 1

    def __post_init__(self) -> None:
        if self.weight == 0:
            msgspec.structs.force_setattr(self, "weight", 1)


CPU_MEMORY = (Resource("cpu"), Resource("memory"))  # the default, and the fast path


class Demand(NamedTuple):
    """Some resources with the pod on each node.

    ``present`` tells which nodes have which resource at all; None: all have all, which is the rule and the fast path.
    """

    weights: Sequence[int]  # K of them
    requested: Floats  # (K, N)
    capacity: Floats  # (K, N)
    present: NDArray[np.bool_] | None  # (K, N)


def demand(pod: Any, nodes: Any, resources: Sequence[Resource], *, nonzero: bool) -> Demand:
    """Return the demand for the K resources that count.

    ``nonzero`` takes kube-scheduler's defaults for containers without a cpu or memory request. A scalar resource
    that the pod does not ask for is left out (calculateResourceAllocatableRequest).
    """
    if resources is not CPU_MEMORY and resources != CPU_MEMORY:
        return _any_demand(pod, nodes, resources, nonzero=nonzero)
    requested = nodes.used_nonzero + pod.score_requests if nonzero else nodes.used[:2] + pod.requests[:2]
    capacity, least = nodes.allocatable[:2], nodes.least()
    return Demand((1, 1), requested, capacity, None if least[0, 0] > 0 and least[1, 0] > 0 else capacity > 0)


def _any_demand(pod: Any, nodes: Any, resources: Sequence[Resource], *, nonzero: bool) -> Demand:
    counted = [each for each in resources if each.name in NATIVE or pod.requests[each.name][0]]
    shape = len(counted), len(nodes)  # K may be 0
    requested = np.array([_requested(pod, nodes, each.name, nonzero) for each in counted]).reshape(shape)
    capacity = np.array([nodes.allocatable[each.name] for each in counted]).reshape(shape)
    weights = [each.weight for each in counted]
    return Demand(weights, requested, capacity, None if capacity.all() else capacity > 0)


def _requested(pod: Any, nodes: Any, name: str, nonzero: bool) -> Any:
    if nonzero and name in ("cpu", "memory"):
        row = ("cpu", "memory").index(name)
        return nodes.used_nonzero[row] + pod.score_requests[row]
    return nodes.used[name] + pod.requests[name]


def percent(part: Floats, wanted: Demand) -> Floats:
    """Return floor(part * 100 / capacity), (K, N), exact for capacities up to 2^46; 0 where there is no capacity."""
    return np.floor(divide(part * 100.0, wanted))


def divide(part: Floats, wanted: Demand) -> Floats:
    """Divide ``part`` (K, N) by the capacities; 0 where there is none."""
    return part / wanted.capacity if wanted.present is None else ratio(part, wanted.capacity)


def weighted_mean(
    weights: Sequence[int], values: Floats, counts: NDArray[np.bool_] | None, *, half_up: bool = False
) -> Floats:
    """Return the integer mean (N,) over the rows of ``values`` (K, N) that count, 0 where none does.

    The quotient is truncated or, with ``half_up``, rounded half up; both exactly.
    """
    if counts is not None:
        values = np.where(counts, values, 0.0)
    terms = [row if weight == 1 else row * weight for weight, row in zip(weights, values, strict=True)]
    total: Any = sum(terms[1:], start=terms[0]) if terms else np.zeros(values.shape[1:])
    if counts is None:
        weight: Any = max(sum(weights), 1)
    else:
        weight = np.maximum(sum(w * row for w, row in zip(weights, counts, strict=True)), 1)
    if half_up:
        total, weight = 2 * total + weight, 2 * weight
    # both are exact
    mean: Floats = np.floor(total * (1.0 / weight) if _power_of_two(weight) else total / weight)
    return mean


def _power_of_two(weight: Any) -> bool:
    return isinstance(weight, int) and weight & (weight - 1) == 0
