"""Tables of the canonical form as a Workload; every cell that is used is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec
import numpy as np
from msgspec.structs import replace

from schedlab.errors import InputError
from schedlab.objects import Node, Pod, decode_object
from schedlab.objects.dataset import LEVELS, DataSet
from schedlab.objects.decode import Place
from schedlab.workload.canonical.files import Stored, read_table
from schedlab.workload.canonical.manifest import FILE, Manifest
from schedlab.workload.gangs import shortage
from schedlab.workload.node_order import KINDS, misfit
from schedlab.workload.units import MAX_CAPACITY, MAX_TIME, quoted
from schedlab.workload.walltimes import UNKNOWN
from schedlab.workload.workload import FOREVER, NodeEvent, PodColumns, UsageCurves, Workload

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

COLUMNS = {
    "nodes": ("node_id", "object"),
    "specs": ("spec_id", "object", "listed"),
    "pods": (
        *("pod_id", "t_submit", "duration", "spec_id", "bound"),
        *("name", "dataset_id", "tenant_id", "job_id", "walltime", "deadline"),
    ),
    "node_events": ("t", "node_id", "type"),
    "tenants": ("tenant_id", "name"),
    "jobs": ("job_id", "name", "min_available"),
    "usage": ("pod_id", "dt_start", "cpu.avg", "mem.avg"),
    "datasets": ("dataset_id", "name", "size"),
    "dataset_replicas": ("dataset_id", "level", "place"),
}  # what is read; other columns and tables are ignored
_Kind = TypeVar("_Kind", Node, Pod)
_ALWAYS = ("nodes", "specs", "pods")


class _Counts(NamedTuple):
    """How many rows the tables have that pods refer to."""

    specs: int
    datasets: int
    tenants: int
    jobs: int


def decode(folder: Path, manifest: Manifest) -> Workload:
    """Read the tables that a manifest names.

    Raises
    ------
    InputError
        A table, file or column is missing, a file is damaged, or a cell is wrong; names file, row and column.
    """
    for name in _ALWAYS:
        if name not in manifest.tables:
            problem = f"the table {name} is missing"
            raise InputError(problem, file=folder / FILE, field="tables", mend="convert the trace again")
    tables = {
        name: read_table(folder, name, manifest.tables[name], columns)
        for name, columns in COLUMNS.items()
        if name in manifest.tables
    }
    nodes = _nodes(tables["nodes"])
    templates = _templates(tables["specs"])
    datasets = _datasets(tables)
    tenants, jobs = _names(tables, "tenant"), _names(tables, "job")
    pods = _pods(tables["pods"], _Counts(len(templates), len(datasets), len(tenants), len(jobs)))
    return Workload(
        name=manifest.name,
        nodes=nodes,
        templates=templates,
        pods=pods,
        node_events=_node_events(tables["node_events"], nodes) if "node_events" in tables else (),
        datasets=datasets,
        usage=_usage(tables["usage"], len(pods)) if "usage" in tables else None,
        horizon=manifest.horizon,
        report=manifest.report,
        tenants=tenants,
        jobs=jobs,
        listed=tables["specs"].numbers("listed", 0, 2**53) if "listed" in tables["specs"] else None,
        min_available=_gangs(tables["jobs"], pods, jobs) if "jobs" in tables else None,
        gang_wait=manifest.gang_wait,
    )


def _nodes(table: Stored) -> tuple[Node, ...]:
    table.number_rows("node_id")
    found: dict[str, Node] = {}
    for row, text in enumerate(table.texts("object")):
        node = _object(table, row, text, Node)
        if node.metadata.name in found:
            raise table.fault(f"the node {quoted(node.metadata.name)} stands twice", row, "object")
        for resource, amount in node.status.allocatable.items():
            if (amount.milli_value() if resource == "cpu" else amount.value()) > MAX_CAPACITY:
                raise table.fault(f"{resource} is above 2^46 (millicores, bytes or units)", row, "object")
        found[node.metadata.name] = node
    return tuple(found.values())


def _templates(table: Stored) -> tuple[Pod, ...]:
    table.number_rows("spec_id")
    return tuple(_object(table, row, text, Pod) for row, text in enumerate(table.texts("object")))


def _object(table: Stored, row: int, text: str, kind: type[_Kind]) -> _Kind:
    """Return the object of a row; a template may lack the name that an object needs."""
    try:
        raw = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise table.fault(f"the cell is no JSON ({error})", row, "object") from None
    nameless = kind is Pod and isinstance(raw, dict) and "name" not in (raw.get("metadata") or {})
    if nameless:
        raw["metadata"] = {**(raw.get("metadata") or {}), "name": "template"}
    made = decode_object(raw, kind.__name__, Place(table.path, row + 1, "object"))
    if not isinstance(made, kind):
        raise table.fault(f"the object is no {kind.__name__}", row, "object")
    return replace(made, metadata=replace(made.metadata, name="")) if nameless else made


def _pods(table: Stored, counts: _Counts) -> PodColumns:
    table.number_rows("pod_id")
    submit = table.numbers("t_submit", 0, MAX_TIME)
    early = np.diff(submit, prepend=0) < 0
    table.refuse(early, "t_submit", lambda _: "the pod was submitted before the one above it")

    def rows(name: str, count: int) -> NDArray[np.int32] | None:
        return table.numbers(name, 0, count - 1, null=-1).astype(np.int32) if name in table else None

    dataset = rows("dataset_id", counts.datasets)
    return PodColumns(
        submit=submit,
        duration=table.numbers("duration", 1, MAX_TIME, null=FOREVER),
        template=table.numbers("spec_id", 0, counts.specs - 1).astype(np.int32),
        dataset=np.full(table.rows, -1, np.int32) if dataset is None else dataset,
        initial=table.flags("bound"),
        names=table.texts("name", distinct=True) if "name" in table else None,
        tenant=rows("tenant_id", counts.tenants),
        job=rows("job_id", counts.jobs),
        walltime=table.numbers("walltime", 1, MAX_TIME, null=UNKNOWN) if "walltime" in table else None,
        deadline=table.numbers("deadline", 0, MAX_TIME, null=-1) if "deadline" in table else None,
    )


def _names(tables: dict[str, Stored], noun: str) -> tuple[str, ...]:
    if f"{noun}s" not in tables:
        return ()
    table = tables[f"{noun}s"]
    table.number_rows(f"{noun}_id")
    return tuple(table.texts("name"))


def _gangs(table: Stored, pods: PodColumns, jobs: tuple[str, ...]) -> NDArray[np.int32] | None:
    if "min_available" not in table:
        return None
    least = table.numbers("min_available", 0, 2**31 - 1).astype(np.int32)
    if wrong := shortage(pods.job, jobs, least):
        raise table.fault(wrong[1], wrong[0], "min_available")
    return least


def _node_events(table: Stored, nodes: tuple[Node, ...]) -> tuple[NodeEvent, ...]:
    time = table.numbers("t", 0, MAX_TIME)
    table.refuse(np.diff(time, prepend=0) < 0, "t", lambda _: "the event is before the one above it")
    kinds = table.texts("type")
    for row, kind in enumerate(kinds):
        if kind not in KINDS:
            raise table.fault(f"{quoted(kind)} is none of {', '.join(KINDS)}", row, "type")
    names = [nodes[row].metadata.name for row in table.numbers("node_id", 0, len(nodes) - 1).tolist()]
    events = tuple(NodeEvent(*event) for event in zip(time.tolist(), kinds, names, strict=True))
    if wrong := misfit(events):
        raise table.fault(wrong[1], wrong[0], "type")
    return events


def _datasets(tables: dict[str, Stored]) -> tuple[DataSet, ...]:
    if "datasets" not in tables:
        return ()
    table = tables["datasets"]
    table.number_rows("dataset_id")
    names, sizes = table.texts("name", distinct=True), table.numbers("size", 0, 2**63 - 1).tolist()
    replicas: list[list[tuple[str, str]]] = [[] for _ in names]
    if "dataset_replicas" in tables:
        held = tables["dataset_replicas"]
        owner, levels = held.numbers("dataset_id", 0, len(names) - 1).tolist(), held.texts("level")
        for row, (dataset, level, place) in enumerate(zip(owner, levels, held.texts("place"), strict=True)):
            if level not in LEVELS:
                raise held.fault(f"{quoted(level)} is none of {', '.join(LEVELS)}", row, "level")
            replicas[dataset].append((level, place))
    return tuple(DataSet(*data[:2], tuple(data[2])) for data in zip(names, sizes, replicas, strict=True))


def _usage(table: Stored, pods: int) -> UsageCurves:
    owner = table.numbers("pod_id", 0, pods - 1)
    table.refuse(np.diff(owner, prepend=0) < 0, "pod_id", lambda _: "the pod stands before the one above it")
    offset = table.numbers("dt_start", 0, MAX_TIME)
    begins = np.diff(owner, prepend=-1) != 0
    table.refuse(begins & (offset != 0), "dt_start", lambda _: "the pod's first offset is not 0")
    late = ~begins & (np.diff(offset, prepend=0) <= 0)
    table.refuse(late, "dt_start", lambda _: "the pod's offsets do not increase")
    return UsageCurves(
        first=np.searchsorted(owner, np.arange(pods + 1)).astype(np.int64),
        offset=offset,
        cpu=table.floats("cpu.avg"),
        memory=table.floats("mem.avg"),
    )
