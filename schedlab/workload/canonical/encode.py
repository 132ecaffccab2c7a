"""A Workload as tables of the canonical form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from schedlab.errors import InputError
from schedlab.objects import pod_limits, pod_requests
from schedlab.objects.node import RACK, ZONE
from schedlab.workload.workload import FOREVER, LATER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from schedlab.objects import Node, Pod, Quantity
    from schedlab.workload.workload import NodeEvent, PodColumns, UsageCurves, Workload

SORT = {"node_events": ["t"], "pods": ["t_submit"], "usage": ["pod_id", "dt_start"]}  # others: by their first column


def encode(workload: Workload) -> dict[str, pa.Table]:
    """Return the tables; those that would hold nothing are left out, but for nodes, specs and pods.

    Raises
    ------
    InputError
        A node event names a node that the workload does not have.
    """
    absent = {event.node: event.kind == "add" for event in reversed(workload.node_events)}
    found = {
        "nodes": _nodes(workload.nodes, absent),
        "specs": _specs(workload),
        "pods": _pods(workload.pods),
    }
    if workload.node_events:
        found["node_events"] = _node_events(workload.nodes, workload.node_events)
    for name, names in (("tenant", workload.tenants), ("job", workload.jobs)):
        if names:
            found[f"{name}s"] = pa.table({f"{name}_id": _ids(len(names)), "name": pa.array(names, pa.string())})
    if workload.min_available is not None and "jobs" in found:
        found["jobs"] = found["jobs"].append_column("min_available", pa.array(workload.min_available))
    if workload.usage is not None:
        found["usage"] = _usage(workload.usage)
    if workload.datasets:
        held = [(row, *replica) for row, data in enumerate(workload.datasets) for replica in data.replicas]
        found["datasets"] = pa.table(
            {
                "dataset_id": _ids(len(workload.datasets)),
                "name": pa.array([data.name for data in workload.datasets], pa.string()),
                "size": pa.array([data.size for data in workload.datasets], pa.int64()),
            }
        )
        found["dataset_replicas"] = pa.table(
            {
                "dataset_id": pa.array([row for row, _, _ in held], pa.int32()),
                "level": pa.array([level for _, level, _ in held], pa.string()),
                "place": pa.array([place for _, _, place in held], pa.string()),
            }
        )
    return found


def _nodes(nodes: Sequence[Node], absent: Mapping[str, bool]) -> pa.Table:
    labels = [node.metadata.labels for node in nodes]
    table: dict[str, Any] = {
        "node_id": _ids(len(nodes)),
        "name": pa.array([node.metadata.name for node in nodes], pa.string()),
        "zone": pa.array([each.get(ZONE) for each in labels], pa.string()),
        "rack": pa.array([each.get(RACK) for each in labels], pa.string()),
        "initial": pa.array([not absent.get(node.metadata.name, False) for node in nodes], pa.bool_()),
        "labels": pa.array([list(each.items()) for each in labels], pa.map_(pa.string(), pa.string())),
        "object": _objects(nodes),
    }
    for kind, amounts in (
        ("cap", [node.status.capacity for node in nodes]),
        ("alloc", [node.status.allocatable for node in nodes]),
    ):
        table |= _resources(kind, [{name: _amount(name, each) for name, each in row.items()} for row in amounts])
    return pa.table(table)


def _amount(resource: str, quantity: Quantity) -> int:
    return quantity.milli_value() if resource == "cpu" else quantity.value()


def _specs(workload: Workload) -> pa.Table:
    templates = workload.templates
    table: dict[str, Any] = {
        "spec_id": _ids(len(templates)),
        "priority": pa.array([pod.spec.priority for pod in templates], pa.int32()),
        "object": _objects(templates),
        **_resources("req", [pod_requests(pod) for pod in templates]),
        **_resources("lim", [pod_limits(pod) for pod in templates]),
    }
    if workload.listed is not None:
        table["listed"] = pa.array(workload.listed, pa.int64())
    return pa.table(table)


def _pods(pods: PodColumns) -> pa.Table:
    table: dict[str, Any] = {
        "pod_id": pa.array(np.arange(len(pods), dtype=np.int64)),
        "t_submit": pods.submit,
        "duration": pa.array(pods.duration, pa.int64(), mask=pods.duration == FOREVER),
        "spec_id": pods.template,
        "bound": pods.initial,
        "dataset_id": _rows(pods.dataset),
    }
    if pods.names is not None:
        table["name"] = pa.array(pods.names, pa.string())
    for name, column in (("tenant_id", pods.tenant), ("job_id", pods.job)):
        if column is not None:
            table[name] = _rows(column)
    for name in LATER:
        if (times := getattr(pods, name)) is not None:
            table[name] = pa.array(times, pa.int64(), mask=times < 0)
    return pa.table(table)


def _node_events(nodes: Sequence[Node], events: Sequence[NodeEvent]) -> pa.Table:
    rows = {node.metadata.name: row for row, node in enumerate(nodes)}
    for event in events:
        if event.node not in rows:
            raise InputError(f"a node event names {event.node!r:.80}", mend="name a node of the workload")
    return pa.table(
        {
            "t": pa.array([event.time for event in events], pa.int64()),
            "node_id": pa.array([rows[event.node] for event in events], pa.int32()),
            "type": pa.array([event.kind for event in events], pa.string()),
        }
    )


def _usage(curves: UsageCurves) -> pa.Table:
    return pa.table(
        {
            "pod_id": np.repeat(np.arange(len(curves.first) - 1, dtype=np.int64), np.diff(curves.first)),
            "dt_start": curves.offset,
            "cpu.avg": curves.cpu,
            "mem.avg": curves.memory,
        }
    )


def _ids(count: int) -> pa.Array:
    return pa.array(np.arange(count, dtype=np.int32))


def _rows(column: NDArray[np.int32]) -> pa.Array:
    return pa.array(column, pa.int32(), mask=column < 0)


def _objects(objects: Sequence[Node | Pod]) -> pa.Array:
    return pa.array([msgspec.json.encode(each, enc_hook=str).decode() for each in objects], pa.string())


def _resources(kind: str, rows: Sequence[Mapping[str, int]]) -> dict[str, pa.Array]:
    """Return one column a resource, null where a row does not name it; what exceeds int64 is cut to it."""
    names = dict.fromkeys(name for row in rows for name in row)
    cut = [{name: min(amount, 2**63 - 1) for name, amount in row.items()} for row in rows]
    return {f"{kind}.{name}": pa.array([row.get(name) for row in cut], pa.int64()) for name in names}
