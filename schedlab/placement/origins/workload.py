"""Workload: the pods of an instant, or all of them, as a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster import Cluster
from schedlab.errors import InputError
from schedlab.placement.origins.cluster import cluster as problem_of_cluster
from schedlab.placement.origins.source import Source
from schedlab.workload import FOREVER
from schedlab.workload.units import spoken
from schedlab.workload.walltimes import stays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.workload import Workload


def workload(source: Workload, at: int | None = None, *, profile: Any = "kubernetes") -> Source:
    """Return the problem of placing pods on the empty nodes, all at once, in the order in which they come.

    Parameters
    ----------
    at
        Microseconds: the pods that would run then if each started when submitted, on the nodes that are there, those
        cordoned included. None: all pods, on all nodes.
    profile
        Whose filters say where pods may go.

    Raises
    ------
    InputError
        If there is no pod, or `schedlab.placement.origins.cluster.cluster` refuses them.
    """
    rows = np.arange(len(source.pods)) if at is None else _there(source, at)
    if not len(rows):
        told = f"no pod of {source.name!r} runs at {spoken(at)}" if at is not None else f"{source.name!r} has no pods"
        raise InputError(told, mend="give another time" if at is not None else "name another workload")
    away = set() if at is None else _away(source, at)
    state = Cluster([node for node in source.nodes if node.metadata.name not in away], datasets=source.datasets)
    classes = np.array([state.classify(template).index for template in source.templates], np.int32)
    pods, least = source.pods, source.min_available
    gang = np.full(len(rows), -1, np.int64)
    if pods.job is not None and least is not None and len(least):
        job = pods.job[rows]
        gang = np.where((job >= 0) & (least[job] > 1), job, -1)
    names = [pods.name(row) for row in rows.tolist()]
    given = state.pods.add(classes[pods.template[rows]], pods.submit[rows], pods.dataset[rows], names, gang=gang)
    needs = {} if least is None else dict(enumerate(least.tolist()))
    problem = problem_of_cluster(state, given, profile=profile, least=needs, name=source.name)
    return Source(problem, state)


def _there(source: Workload, at: int) -> NDArray[np.int64]:
    """Return the pods that would run at an instant."""
    pods, stay = source.pods, stays(source.pods, source.templates)
    return np.flatnonzero((pods.submit <= at) & ((stay == FOREVER) | (at < pods.submit + stay)))


def _away(source: Workload, at: int) -> set[str]:
    """Return the nodes that are not there at an instant."""
    there: dict[str, bool] = {}
    for event in source.node_events:
        if event.kind in ("add", "remove"):
            there.setdefault(event.node, event.kind == "remove")
            if event.time <= at:
                there[event.node] = event.kind == "add"
    return {name for name, is_there in there.items() if not is_there}
