"""Probes: what a run samples at even times, the standing one and a user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster import Cluster, ClusterView
from schedlab.cluster.derived.fragmentation import fragmentation, room_of
from schedlab.cluster.pods import RUNNING
from schedlab.errors import SchedlabError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.cluster.derived.typical import Demands
    from schedlab.sim.controllers.batch_scheduler import BatchScheduler
    from schedlab.sim.controllers.scheduler import Scheduler
    from schedlab.sim.controllers.solver import Solver

Probe = Callable[[ClusterView], Mapping[str, float] | float]
Sampled = Callable[[ClusterView], dict[str, float]]
TYPICAL = 32  # classes in the stranded-capacity measure


def together(standing: Sampled, probes: Sequence[Probe]) -> Sampled:
    """Return one probe for all; what is wrong with a user's own names it and the simulated time."""

    def probe(view: ClusterView) -> dict[str, float]:
        row = standing(view)
        for each in probes:
            name = str(getattr(each, "__name__", type(each).__name__))
            try:
                told = each(view)
                numbers = {str(k): float(v) for k, v in (told if isinstance(told, Mapping) else {name: told}).items()}
                if twice := sorted({"time", "pending", *row}.intersection(numbers)):
                    raise ValueError(f"there is a column {twice[0]!r} already")
            except Exception as error:
                told_by = f"probe {name} at {view.now / 1e6:g} s"
                raise SchedlabError(f"{told_by}: {type(error).__name__}: {error}") from error
            row |= numbers
        return row

    return probe if probes else standing


def resources_probe(cluster: Cluster, classes_of_pods: NDArray[np.int32]) -> Sampled:
    """Return a probe of sums over nodes, per resource (pods left out).

    ``classes_of_pods`` is the class of every pod of the workload. Stranded capacity follows the fragmentation
    measure of Weng et al. (ATC 2023): the amount of a resource expected to be free on nodes that cannot take a pod
    drawn from the workload, here from its `TYPICAL` most frequent classes.
    """
    classes, counts = np.unique(classes_of_pods, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:TYPICAL]
    weights = counts[order] / max(1, counts[order].sum())
    typical = list(zip(classes[order].tolist(), weights.tolist(), strict=True))

    def probe(view: ClusterView) -> dict[str, float]:
        nodes: Any = view.nodes("node")
        resources = nodes.allocatable.names
        free = np.maximum(nodes.allocatable - nodes.used, 0.0)
        stranded = np.zeros(len(resources))
        for cls, weight in typical:
            vectors = cluster.classes[cls].vectors(cluster.nodes.resources)
            fits = (nodes.used + vectors.demand <= nodes.allocatable).all(axis=0)
            stranded += weight * (free @ ~fits)
        row: dict[str, float] = {
            "running": float((view.pods.phase[: len(view.pods)] == RUNNING).sum()),
        }
        for index, name in enumerate(resources):
            if name != "pods":
                for column in ("allocatable", "used", "limits", "usage"):
                    row[f"{column.removesuffix('atable')}.{name}"] = float(getattr(nodes, column)[index].sum())
                row[f"stranded.{name}"] = float(stranded[index])
        return row

    return probe


def queue_probe(scheduler: Scheduler | BatchScheduler | Solver) -> Probe:
    """Return a probe of how many pods are in which part of a scheduler's queue, and of its work so far.

    Parts are kube-scheduler's (metric ``scheduler_pending_pods``); the pod that is being tried is active, and pods
    whose gang is not all there are gated. ``decisions`` are cycles begun, ``busy`` microseconds that ended ones took.
    """

    def queue(view: ClusterView) -> dict[str, float]:
        parts = scheduler.lengths()._asdict() | {"gated": len(scheduler.intake)}
        row = {f"queue.{name}": float(count) for name, count in parts.items()}
        return row | {"decisions": float(scheduler.decisions), "busy": float(scheduler.busy)}

    return queue


def devices_probe(demands: Demands) -> Probe:
    """Return a probe of the devices that nodes share, milli: all, what is idle, and what of that is fragments.

    ``demands`` are the pods that it is of no use to; see `schedlab.cluster.derived.fragmentation`.
    """

    def devices(view: ClusterView) -> dict[str, float]:
        nodes = view.nodes("node")
        amounts = {"all": nodes.pool, "idle": room_of(nodes), "fragments": fragmentation(nodes, demands)}
        return {f"devices.{name}": float(each.sum()) for name, each in amounts.items()}

    return devices
