"""Workloads written by hand: named pods on named nodes, times in seconds, amounts in millicores and bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.objects import Node, NodeStatus, ObjectMeta, Pod
from schedlab.objects.node import RACK, ZONE
from schedlab.sim import replay
from schedlab.workload import FOREVER, DataSet, NodeEvent, PodColumns, UsageCurves, Workload
from schedlab.workload.templates import quantity, template

if TYPE_CHECKING:
    from schedlab.record import Run

SECOND = 1_000_000
MIB = 2**20
GIB = 2**30


Uses = Mapping[float, float | tuple[float, float]]  # seconds since the start -> memory, or (cpu, memory), in use


class Row(NamedTuple):
    """One pod of a workload."""

    name: str
    submit: int
    duration: int
    template: Pod
    dataset: int
    initial: bool
    uses: Uses | None


def us(seconds: float) -> int:
    """Return seconds as microseconds."""
    return round(seconds * SECOND)


def node(name: str, cpu: int = 1000, memory: int = GIB, *, zone: str = "", rack: str = "", **more: int) -> Node:
    """Return a node that takes 110 pods; ``more`` are further resources, ``pods`` among them."""
    amounts = {"cpu": cpu, "memory": memory, "pods": 110, **more}
    allocatable = {resource: quantity(resource, amount) for resource, amount in amounts.items()}
    labels = {key: value for key, value in ((ZONE, zone), (RACK, rack)) if value}
    return Node(metadata=ObjectMeta(name=name, labels=labels), status=NodeStatus(allocatable=allocatable))


def pod(
    name: str,
    at: float = 0,
    runs: float | None = None,
    *,
    cpu: int = 0,
    memory: int = 0,
    priority: int = 0,
    reads: int = -1,
    initial: bool = False,
    uses: Uses | None = None,
    limits: Mapping[str, int] | None = None,
    **more: int,
) -> Row:
    """Return a pod that is submitted at ``at`` and runs so long, for ever by default."""
    made = template({"cpu": cpu, "memory": memory, **more}, limits or {}, {}, priority)
    duration = FOREVER if runs is None else us(runs)
    return Row(name, us(at), duration, made, reads, initial, uses)


def world(
    nodes: Iterable[Node],
    pods: Iterable[Row],
    events: Iterable[tuple[float, str, str]] = (),
    *,
    datasets: Iterable[DataSet] = (),
    horizon: float | None = None,
    measured: bool = False,
) -> Workload:
    """Return a workload; events are (seconds, kind, node), and usage is measured if asked or if a pod tells its own."""
    rows = sorted(pods, key=lambda row: row.submit)
    templates: list[Pod] = []
    for row in rows:
        if row.template not in templates:
            templates.append(row.template)
    columns = PodColumns(
        np.array([row.submit for row in rows], np.int64),
        np.array([row.duration for row in rows], np.int64),
        np.array([templates.index(row.template) for row in rows], np.int32),
        np.array([row.dataset for row in rows], np.int32),
        np.array([row.initial for row in rows], np.bool_),
        [row.name for row in rows],
    )
    usage = _curves(rows) if measured or any(row.uses for row in rows) else None
    happenings = tuple(NodeEvent(us(time), kind, name) for time, kind, name in events)
    end = None if horizon is None else us(horizon)
    return Workload("tiny", tuple(nodes), tuple(templates), columns, happenings, tuple(datasets), usage, end)


def _curves(rows: list[Row]) -> UsageCurves:
    samples = [sorted((row.uses or {}).items()) for row in rows]
    flat = [
        (us(offset), *(amount if isinstance(amount, tuple) else (0.0, amount)))
        for curve in samples
        for offset, amount in curve
    ]
    return UsageCurves(
        np.cumsum([0, *map(len, samples)]),
        np.array([offset for offset, _, _ in flat], np.int64),
        np.array([cpu for _, cpu, _ in flat], np.float32),
        np.array([memory for _, _, memory in flat], np.float32),
    )


def play(
    nodes: Iterable[Node],
    pods: Iterable[Row],
    events: Iterable[tuple[float, str, str]] = (),
    *,
    scheduler: Any = "first_fit",
    until: float | None = None,
    time_budget: float = 60.0,
    probes: Sequence[Any] = (),
    **more: Any,
) -> Run:
    """Replay such a workload, recounting the cluster after every change."""
    end, made = None if until is None else us(until), world(nodes, pods, events, **more)
    return replay(made, scheduler, check=True, until=end, time_budget=time_budget, probes=probes)


def decisions(run: Run) -> list[tuple[Any, ...]]:
    """Return (seconds, verb, pod, node) of every decision; the node of a wait is None."""
    names = dict(run.tables["pods"].select(["pod", "name"]).to_pandas().to_numpy().tolist())
    rows = run.tables["decisions"].to_pylist()
    return [(row["time"] / SECOND, row["verb"], names[row["pod"]], row["node"]) for row in rows]


def attempts(run: Run, *columns: str) -> dict[tuple[str, int], Any]:
    """Return columns of the pods table by (name, attempt), times in seconds; one column gives bare values."""
    times = ("submit", "queued", "bound", "started", "finished")
    found: dict[tuple[str, int], Any] = {}
    for row in run.tables["pods"].to_pylist():
        values = tuple(row[name] / SECOND if name in times and row[name] is not None else row[name] for name in columns)
        key = (row["name"], row["attempt"])
        assert key not in found, f"two rows for {key}"
        found[key] = values[0] if len(values) == 1 else values
    return found


def first(run: Run, *columns: str) -> dict[str, Any]:
    """Return columns by name, for runs in which every pod has one attempt."""
    found = attempts(run, *columns)
    assert {attempt for _, attempt in found} <= {0}
    return {name: value for (name, _), value in found.items()}
