"""Parts of a workload: some of its pods, some of its nodes, a fair sample of nodes; what transforms share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from schedlab.objects.node import HOSTNAME, RACK, ZONE
from schedlab.streams import integer, key
from schedlab.workload.gangs import sizes

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from schedlab.objects import Node
    from schedlab.workload.workload import Workload


def some_pods(workload: Workload, kept: NDArray[np.bool_]) -> Workload:
    """Return the workload with the pods of a mask (P,) only, and the tenants and jobs that still have any.

    A gang that lost pods needs no more at once than it has left.
    """
    pods, least = workload.pods, workload.min_available if workload.jobs else None
    tenant, tenants = _owners(pods.tenant, workload.tenants, kept)
    job, jobs = _owners(pods.job, workload.jobs, kept)
    if least is not None:
        left = sizes(None if pods.job is None else pods.job[kept], len(least))
        least = np.minimum(least, left)[left > 0].astype(np.int32)
    columns = replace(
        pods,
        submit=pods.submit[kept],
        duration=pods.duration[kept],
        template=pods.template[kept],
        dataset=pods.dataset[kept],
        initial=pods.initial[kept],
        names=None if pods.names is None else [pods.names[row] for row in np.flatnonzero(kept).tolist()],
        tenant=tenant,
        job=job,
        walltime=None if pods.walltime is None else pods.walltime[kept],
        deadline=None if pods.deadline is None else pods.deadline[kept],
    )
    usage = None if workload.usage is None else workload.usage.of(kept)
    return replace(workload, pods=columns, usage=usage, tenants=tenants, jobs=jobs, min_available=least)


def some_nodes(workload: Workload, kept: NDArray[np.bool_]) -> Workload:
    """Return the workload with the nodes of a mask (N,) only; data held on the others has one replica less."""
    nodes = tuple(node for node, keep in zip(workload.nodes, kept.tolist(), strict=True) if keep)
    names = {node.metadata.name for node in nodes}
    return replace(workload, nodes=nodes, node_events=tuple(e for e in workload.node_events if e.node in names))


def fair_sample(nodes: Sequence[Node], share: float, seed: int) -> NDArray[np.bool_]:
    """Choose about ``share`` of the nodes, (N,), at least one, so that the mix of node types stays.

    Each type (allocatable resources, taints, and labels but for name, rack and zone) gets its share, rounded by largest
    remainders. Between equals, and among the nodes of a type, the lowest lots win; a lot depends on the seed and the
    node's name alone.
    """
    lots = [integer(key(seed, "nodes", node.metadata.name), 0, 2**62) for node in nodes]
    strata: dict[Hashable, list[int]] = {}
    for row in sorted(range(len(nodes)), key=lambda row: lots[row]):
        strata.setdefault(_type(nodes[row]), []).append(row)
    quota = np.array([share * len(rows) for rows in strata.values()])
    counts = np.floor(quota).astype(np.int64)
    missing = max(1, round(share * len(nodes))) - int(counts.sum())
    counts[np.argsort(counts - quota, kind="stable")[: max(0, missing)]] += 1
    kept = np.zeros(len(nodes), np.bool_)
    for rows, count in zip(strata.values(), counts.tolist(), strict=True):
        kept[rows[:count]] = True
    return kept


def _owners(
    column: NDArray[np.int32] | None, names: tuple[str, ...], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.int32] | None, tuple[str, ...]]:
    if column is None:
        return None, ()
    used, codes = np.unique(column[kept], return_inverse=True)
    none = int(len(used) > 0 and used[0] < 0)
    return codes.astype(np.int32) - np.int32(none), tuple(names[row] for row in used[none:].tolist())


def _type(node: Node) -> Hashable:
    labels = {name: text for name, text in node.metadata.labels.items() if name not in (HOSTNAME, RACK, ZONE)}
    taints = tuple((taint.key, taint.value, taint.effect) for taint in node.spec.taints)
    return frozenset(node.status.allocatable.items()), taints, frozenset(labels.items())
