"""Snapshot: the pods that run at one instant, as a workload of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.cluster.columns import amounts
from schedlab.errors import InputError
from schedlab.metrics.columns import NEVER, column
from schedlab.objects import pod_requests
from schedlab.record import Run
from schedlab.sim.controllers.node_lifecycle import NodeLifecycle
from schedlab.workload import FOREVER, PodColumns, Workload
from schedlab.workload.units import spoken
from schedlab.workload.walltimes import stays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.objects import Node


class Stays(NamedTuple):
    """When pods are there, from ``start`` until before ``stop`` (us)."""

    pod: NDArray[np.int64]  # (S,) row of the workload
    start: NDArray[np.int64]
    stop: NDArray[np.int64]


def snapshot(source: Workload | Run, at: int | None = None) -> Workload:
    """Return the pods that run at an instant, all submitted at 0 in the order in which they came, and its nodes.

    Parameters
    ----------
    source
        A run: the pods that were bound. A workload: those that would be there if each started when submitted.
    at
        us; default: when the demand is at its peak, by the resource that is then the largest share of all nodes.

    Raises
    ------
    InputError
        If no pod runs then, or the run was read from disk, without its workload.
    """
    workload, stays = _stays(source)
    at = _peak(workload, stays) if at is None else at
    there = np.flatnonzero((stays.start <= at) & (at < stays.stop))
    pod = stays.pod[there[np.argsort(stays.start[there], kind="stable")]]
    if not len(pod):
        raise InputError(f"no pod of {workload.name!r} runs at {spoken(at)}", mend="give another time")
    pods, zeros = workload.pods, np.zeros(len(pod), np.int64)
    columns = PodColumns(
        zeros,
        pods.duration[pod],
        pods.template[pod],
        pods.dataset[pod],
        zeros.astype(np.bool_),
        [pods.name(row) for row in pod.tolist()],
    )
    report = {"snapshot_at_s": at / 1e6, "pods": len(pod)}
    nodes = _nodes(workload, at)
    whole = replace(workload, min_available=None)  # who packs a moment does not ask who came together
    return replace(whole, nodes=nodes, pods=columns, node_events=(), usage=None, horizon=None, report=report)


def _stays(source: Workload | Run) -> tuple[Workload, Stays]:
    if isinstance(source, Run):
        if source.origin is None:
            mend = "take the snapshot of the workload, or of the run as replay returned it"
            raise InputError("a run that was read from disk does not know its workload's templates", mend=mend)
        bound, finished = column(source, "pods", "bound", NEVER), column(source, "pods", "finished", NEVER)
        return source.origin.workload, Stays(column(source, "pods", "pod"), bound, finished)
    pods = source.pods
    stay = stays(pods, source.templates)
    stop = np.where(stay == FOREVER, NEVER, pods.submit + stay)
    row = np.flatnonzero(pods.submit <= (NEVER if source.horizon is None else source.horizon))
    return source, Stays(row, pods.submit[row], stop[row])


def _peak(workload: Workload, stays: Stays) -> int:
    """Return the first instant at which the largest resource's share of all nodes is highest."""
    share = _shares(workload)[workload.pods.template[stays.pod]]  # (S, R)
    here = stays.start < stays.stop
    times = np.concatenate([stays.start[here], stays.stop[here]])
    changes = np.concatenate([share[here], -share[here]])
    order = np.argsort(times, kind="stable")
    last = np.flatnonzero(np.diff(times[order], append=-1))  # of the changes of one instant
    demand = np.cumsum(changes[order], axis=0)[last].max(axis=1, initial=0.0)
    return int(times[order][last[np.argmax(demand)]]) if len(demand) else 0


def _shares(workload: Workload) -> NDArray[np.float64]:
    """Return what a pod of each template requests of what all nodes have, (T, R); 1 each if nothing is requested."""
    offered: dict[str, int] = {}
    for node in workload.nodes:
        for name, amount in amounts(node.status.allocatable).items():
            offered[name] = offered.get(name, 0) + amount
    names = [name for name, total in offered.items() if total and name != "pods"]
    requests = [pod_requests(template) for template in workload.templates]
    shares = [[request.get(name, 0) / offered[name] for name in names] for request in requests]
    found = np.array(shares, np.float64).reshape(len(requests), len(names))
    return found if found.any() else np.ones((len(requests), 1))


def _nodes(workload: Workload, at: int) -> tuple[Node, ...]:
    """Return the nodes that are there at an instant; cordons are not heeded."""
    there: dict[str, bool] = dict.fromkeys(NodeLifecycle(workload.nodes, workload.node_events).absent(), False)
    for event in workload.node_events:
        if event.time <= at and event.kind in ("add", "remove"):
            there[event.node] = event.kind == "add"
    nodes: Sequence[Node] = workload.nodes
    return tuple(node for node in nodes if there.get(node.metadata.name, True))
