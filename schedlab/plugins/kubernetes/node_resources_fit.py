"""NodeResourcesFit: whether the pod fits, and how full it leaves the node."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import numpy as np

from schedlab.objects.selectors import requirement_problem
from schedlab.plugins.api import RESOLVABLE, UNRESOLVABLE, filter, score
from schedlab.plugins.kubernetes.allocation import CPU_MEMORY, Floats, Resource, demand, percent, weighted_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

PODS = 3  # the row of the pod count: of every pod, and never beyond a node's whole


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A point of the utilisation shape: percent in, 0..10 out."""

    utilization: Annotated[int, msgspec.Meta(ge=0, le=100)]
    score: Annotated[int, msgspec.Meta(ge=0, le=10)]


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """RequestedToCapacityRatio's argument: a broken line."""

    shape: Annotated[tuple[Point, ...], msgspec.Meta(min_length=1)] = (Point(0, 0), Point(100, 10))

    def __post_init__(self) -> None:
        for number, (before, after) in enumerate(pairwise(self.shape), start=1):
            if before.utilization >= after.utilization:
                raise ValueError(f"shape[{number}].utilization: values must be sorted in increasing order")


class ScoringStrategy(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How the score counts."""

    type: Literal["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"] = "LeastAllocated"
    resources: tuple[Resource, ...] = CPU_MEMORY
    requested_to_capacity_ratio: Shape = Shape()

    def __post_init__(self) -> None:
        if not self.resources:
            msgspec.structs.force_setattr(self, "resources", CPU_MEMORY)


class NodeResourcesFit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Filter by requests against allocatable, score by what is left (kube-scheduler's NodeResourcesFitArgs)."""

    ignored_resources: tuple[str, ...] = ()
    ignored_resource_groups: tuple[str, ...] = ()
    scoring_strategy: ScoringStrategy = ScoringStrategy()

    def __post_init__(self) -> None:
        for number, group in enumerate(self.ignored_resource_groups):
            if "/" in group:
                raise ValueError(f"ignoredResourceGroups[{number}]: {group!r}: resource group name can't contain '/'")
        for field in ("ignored_resources", "ignored_resource_groups"):
            for number, name in enumerate(getattr(self, field)):
                if requirement_problem(name, "Exists", []):
                    where = "ignoredResources" if field == "ignored_resources" else "ignoredResourceGroups"
                    raise ValueError(f"{where}[{number}]: {name!r} is not a qualified name")

    @filter(scope="node", codes={1: RESOLVABLE, 2: UNRESOLVABLE}, wake_on=("release", "node"), facets="requests")
    def filter(self, pod: Any, nodes: Any) -> NDArray[Any]:
        """Code 1: not enough is free, or too many pods; code 2: more than the node has. A bool where no code is 2.

        Unlike kube-scheduler, which adds devices up, it wants each device that is shared (``X`` beside ``X-milli``) to
        have room for what the pod asks of one.
        """
        demand = self._demand(pod)
        lacking: NDArray[np.bool_] = np.logical_or.reduce(nodes.used[:] + demand > nodes.allocatable[:])
        if len(nodes.pool) and (pod.devices[0] > 0).any():
            lacking = lacking | lacks_devices(pod, nodes)
        never = demand > nodes.least()
        never[PODS] = False
        if not never.any():
            return ~lacking
        beyond = demand > nodes.allocatable[:]
        beyond[PODS] = False
        return np.where(beyond.any(axis=0), 2, lacking)

    def _demand(self, pod: Any) -> Floats:
        demand: Floats = pod.demand
        if self.ignored_resources or self.ignored_resource_groups:
            demand = demand.copy()
            demand[[self.ignores(name) for name in pod.requests.names]] = -np.inf
        return demand

    def ignores(self, resource: str) -> bool:
        """Whether the filter leaves a resource to others."""
        group, slash, _ = resource.partition("/")
        extended = bool(slash) and not (group == "kubernetes.io" or group.endswith(".kubernetes.io"))
        return extended and (resource in self.ignored_resources or group in self.ignored_resource_groups)

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Give kube-scheduler's texts."""
        lacking = nodes.used + self._demand(pod) > nodes.allocatable
        texts = ("Too many pods" if name == "pods" else f"Insufficient {name}" for name in pod.requests.names)
        found = dict(zip(texts, lacking, strict=True))
        return found | {"Insufficient room on single devices": lacks_devices(pod, nodes)} if len(nodes.pool) else found

    @score(scope="node", normalize="none", facets="requests")
    def score(self, pod: Any, nodes: Any) -> Floats:
        """Score 0..100 by the strategy, in kube-scheduler's integer arithmetic."""
        strategy = self.scoring_strategy
        wanted = demand(pod, nodes, strategy.resources, nonzero=True)
        if strategy.type != "RequestedToCapacityRatio":
            # what is requested beyond the capacity counts as the capacity: LeastAllocated 0, MostAllocated 100
            part = np.minimum(wanted.requested, wanted.capacity)
            if strategy.type == "LeastAllocated":
                part = wanted.capacity - part
            return weighted_mean(wanted.weights, percent(part, wanted), wanted.present)
        inside = (wanted.requested <= wanted.capacity) & (wanted.capacity > 0)
        utilization = np.where(inside, percent(wanted.requested, wanted), 100.0)
        line = broken_line(strategy.requested_to_capacity_ratio.shape)[utilization.astype(np.intp)]
        counts = line > 0 if wanted.present is None else (line > 0) & wanted.present  # what scores 0 drops out
        return weighted_mean(wanted.weights, line, counts, half_up=True)


def lacks_devices(pod: Any, nodes: Any) -> NDArray[np.bool_]:
    """Return which nodes with devices to share have too few that can each give what the pod asks of one."""
    count, milli = pod.devices[0], pod.devices[1]
    room = np.where(nodes.devices + milli <= nodes.pool, 1.0, 0.0).sum(axis=0)
    few: NDArray[np.bool_] = (nodes.pool[0] > 0) & (room < count)
    return few


def broken_line(shape: tuple[Point, ...]) -> Floats:
    """Return the score, 0..100, at each whole percent 0..100, interpolated with Go's truncating division."""
    line = np.full(101, float(shape[-1].score * 10))
    for percent_used in range(100, -1, -1):
        for before, after in zip((shape[0], *shape), shape, strict=False):
            if percent_used <= after.utilization:
                rise, run = (after.score - before.score) * 10, after.utilization - before.utilization
                step = rise * (percent_used - before.utilization)
                line[percent_used] = before.score * 10 + (int(step / run) if run else 0)
                break
    return line
