"""NodeResourcesFit: does the pod fit, and how full will it leave the node?"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from schedlab.plugins.api import RESOLVABLE, UNRESOLVABLE, filter, score
from schedlab.plugins.kubernetes.allocation import Floats, Resource, demand, percent, weighted_mean


class Point(msgspec.Struct, frozen=True):
    """A point of the utilisation shape: percent in, 0..10 out."""

    utilization: int
    score: int


class Shape(msgspec.Struct, frozen=True):
    """RequestedToCapacityRatio's argument: a broken line."""

    shape: tuple[Point, ...] = (Point(0, 0), Point(100, 10))


class ScoringStrategy(msgspec.Struct, frozen=True, rename="camel"):
    """How the score counts."""

    type: Literal["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"] = "LeastAllocated"
    resources: tuple[Resource, ...] = (Resource("cpu"), Resource("memory"))
    requested_to_capacity_ratio: Shape = Shape()


class NodeResourcesFit(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Filter by requests against allocatable, score by what is left (kube-scheduler's NodeResourcesFitArgs)."""

    ignored_resources: tuple[str, ...] = ()
    ignored_resource_groups: tuple[str, ...] = ()
    scoring_strategy: ScoringStrategy = ScoringStrategy()

    @filter(scope="node", codes={1: RESOLVABLE, 2: UNRESOLVABLE})
    def filter(self, pod: Any, nodes: Any) -> NDArray[np.int8]:
        """Code 1: not enough is free, or too many pods; code 2: more than the node has."""
        first, *rows = self._rows(pod)
        used, allocatable = nodes.used, nodes.allocatable
        lacking = used[first] + 1 > allocatable[first]
        beyond = np.zeros(len(nodes), np.int8)
        for row in rows:
            request, capacity = pod.requests[row], allocatable[row]
            lacking |= used[row] + request > capacity
            beyond |= request > capacity
        return lacking + beyond

    def _rows(self, pod: Any) -> list[int]:
        """Return the rows to check, pods first: a resource that is not asked for passes even if overcommitted."""
        if not self.ignored_resources and not self.ignored_resource_groups:
            return pod.rows
        return [row for row in pod.rows if not self._ignored(pod.requests.names[row])]

    def _ignored(self, resource: str) -> bool:
        group, slash, _ = resource.partition("/")
        extended = bool(slash) and not (group == "kubernetes.io" or group.endswith(".kubernetes.io"))
        return extended and (resource in self.ignored_resources or group in self.ignored_resource_groups)

    def reasons(self, pod: Any, nodes: Any) -> dict[str, NDArray[np.bool_]]:
        """Give kube-scheduler's texts."""
        texts = {}
        for row in self._rows(pod):
            name = pod.requests.names[row]
            text = "Too many pods" if name == "pods" else f"Insufficient {name}"
            texts[text] = nodes.used[row] + pod.requests[row] > nodes.allocatable[row]
        return texts

    @score(scope="node", normalize="none")
    def score(self, pod: Any, nodes: Any) -> Floats:
        """Score 0..100 by the strategy, in kube-scheduler's integer arithmetic."""
        strategy = self.scoring_strategy
        wanted = demand(pod, nodes, strategy.resources, nonzero=True)
        match strategy.type:
            case "LeastAllocated":
                return weighted_mean([(w, c, np.maximum(percent(c - r, c), 0)) for w, r, c in wanted])
            case "MostAllocated":
                return weighted_mean([(w, c, percent(np.minimum(r, c), c)) for w, r, c in wanted])
        line = broken_line(strategy.requested_to_capacity_ratio.shape)
        scored = [(w, c, line[np.where(r > c, 100, percent(r, c)).astype(np.intp)]) for w, r, c in wanted]
        return weighted_mean([(w, s, s) for w, c, s in _present(scored)], half_up=True)


def _present(scored: list[tuple[float, Floats, Floats]]) -> list[tuple[float, Floats, Floats]]:
    return [(w, c, np.where(c > 0, s, 0)) for w, c, s in scored]


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
