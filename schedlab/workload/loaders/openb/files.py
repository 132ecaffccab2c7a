"""The files of openb: node lists and pod lists, read and checked."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from schedlab.errors import InputError
from schedlab.objects import Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from schedlab.workload.tables.nodes import node
from schedlab.workload.tables.table import Table, find_table
from schedlab.workload.templates import distinct, template
from schedlab.workload.units import capacity, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from schedlab.objects import Node, Pod
    from schedlab.workload.tables.table import Column

GPU_NODES, PODS = "openb_node_list_gpu_node", "openb_pod_list_"
MODEL = "gpu-model"  # label of a node, and of a pod's affinity
GPU, GPU_MILLI = "nvidia.com/gpu", "nvidia.com/gpu-milli"
WHOLE = 1000  # milli of a device
PODS_PER_NODE = 1001
TIMES = ("creation_time", "deletion_time", "scheduled_time")
_SHAPE = ("cpu_milli", "memory_mib", "num_gpu", "gpu_milli")
_OPTIONAL = ("gpu_spec", "qos", "pod_phase", *TIMES)  # the multigpu lists lack them


def pod_file(folder: Path, variant: str) -> Path:
    """Return the path of a pod list.

    Raises
    ------
    InputError
        There is none of that name.
    """
    path = find_table(folder, f"{PODS}{variant}") if re.fullmatch(r"\w+", str(variant)) else None
    if path is None:
        known = sorted(file.name.removeprefix(PODS).split(".")[0] for file in folder.glob(f"{PODS}*.csv*"))
        near = difflib.get_close_matches(str(variant), known, 3) or known
        problem = f"there is no pod list {quoted(str(variant))}"
        raise InputError(problem, file=folder, field="variant", mend=f"did you mean {' or '.join(near)}?")
    return path


def read_nodes(path: Path) -> tuple[Node, ...]:
    """Read a node list.

    Raises
    ------
    InputError
        It is no such list, empty, or a node stands twice.
    """
    table = Table(path, ("sn", "cpu_milli", "memory_mib", "gpu", "model"))
    if not table.rows:
        raise table.fault("there are no nodes", mend="copy the file again")
    cpu, gpu = (table.column(field).parse(_integer).tolist() for field in ("cpu_milli", "gpu"))
    memory = table.column("memory_mib").parse(lambda text: capacity(text, _integer(text) << 20)).tolist()
    name = table.column("sn")
    name.require_distinct("node")
    found = []
    for row, (sn, model) in enumerate(zip(name.values, table.column("model").texts(), strict=True)):
        devices = {GPU: gpu[row], GPU_MILLI: WHOLE * gpu[row]} if gpu[row] else {}
        amounts = {"cpu": cpu[row], "memory": memory[row], "pods": PODS_PER_NODE, **devices}
        found.append(node(sn, amounts, {MODEL: model} if model else {}))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class PodList:
    """A pod list as it stands in its file: (P,) each."""

    table: Table
    names: list[str]
    gpu_milli: NDArray[np.int64]  # of all devices together
    template: NDArray[np.int32]
    templates: tuple[Pod, ...]


def read_pods(path: Path, nodes: tuple[Node, ...]) -> PodList:
    """Read a pod list for a cluster.

    Raises
    ------
    InputError
        It is no such list, empty, a pod stands twice, or asks for devices that none of the nodes can give it.
    """
    table = Table(path, ("name", *_SHAPE), _OPTIONAL)
    if not table.rows:
        raise table.fault("there are no pods", mend="copy the file again")
    name = table.column("name")
    name.require_distinct("pod")
    columns = {field: table.column(field).parse(_integer) for field in _SHAPE}
    _check_devices(table, columns["num_gpu"], columns["gpu_milli"], nodes)
    milli = columns["num_gpu"] * columns["gpu_milli"]
    none = np.zeros(table.rows, np.int32)
    models, qos = (table.column(field) if field in table else None for field in ("gpu_spec", "qos"))
    if models is not None:
        _check_models(models, columns["num_gpu"], nodes)
    keys = [each.codes if each is not None else none for each in (models, qos)]
    codes, first = distinct([*columns.values(), *keys])
    templates = []
    for row in first.tolist():
        cpu, memory, count, each = (int(column[row]) for column in columns.values())
        requests = {"cpu": cpu, "memory": memory << 20, GPU: count if each == WHOLE else 0, GPU_MILLI: count * each}
        labels = {"qos": qos.values[qos.codes[row]]} if qos is not None else {}
        spec = models.values[models.codes[row]] if models is not None and count else ""
        templates.append(template(requests, requests, labels, affinity=_on_models(spec.split("|")) if spec else None))
    return PodList(table, name.values, milli, codes, tuple(templates))


def _check_devices(table: Table, count: NDArray[np.int64], milli: NDArray[np.int64], nodes: tuple[Node, ...]) -> None:
    most = max((each.status.allocatable[GPU].value() for each in nodes if GPU in each.status.allocatable), default=0)
    whole = "write 1000 for whole devices, or less for a share of one"
    for wrong, field, problem, mend in (
        (milli > WHOLE, "gpu_milli", "a device has 1000 milli, not {milli}", whole),
        ((count > 1) & (milli < WHOLE), "gpu_milli", "{milli} milli of each of {count} devices", whole),
        ((count > 0) & (milli == 0), "gpu_milli", "0 milli of each device", whole),
        (count > most, "num_gpu", "{count} devices; no node has more than {most}", "name the node list it is for"),
    ):
        if wrong.any():
            row = int(wrong.argmax())
            told = problem.format(count=count[row], milli=milli[row], most=most)
            raise table.fault(told, row=row, field=field, mend=mend)


def _check_models(models: Column, count: NDArray[np.int64], nodes: tuple[Node, ...]) -> None:
    known = sorted({each.metadata.labels[MODEL] for each in nodes if MODEL in each.metadata.labels})
    for code, text in enumerate(models.values):
        asking = (models.codes == code) & (count > 0)
        for model in text.split("|") if text else ():
            if model not in known and asking.any():
                near = difflib.get_close_matches(model, known, 3)
                mend = f"did you mean {' or '.join(near)}?" if near else f"the nodes have {', '.join(known) or 'none'}"
                raise models.fault(int(asking.argmax()), f"no node has the model {quoted(model)}", mend)


def _on_models(models: list[str]) -> Affinity:
    """Return what asks for one of some models; repeats stay: lists with and without one are classes of their own."""
    rule = NodeSelectorRequirement(key=MODEL, operator="In", values=models)
    term = NodeSelectorTerm(match_expressions=[rule])
    return Affinity(node_affinity=NodeAffinity(required=NodeSelector(node_selector_terms=[term])))


def _integer(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise InputError(f"{quoted(text)} is not a whole number of at most 9 digits", mend="copy the file again")
    return int(text)


def times(pods: PodList) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return when each pod was created and how long it ran, microseconds (P,).

    Raises
    ------
    InputError
        The list has no timestamps.
    """
    table = pods.table
    if any(field not in table for field in TIMES):
        mend = "choose another variant, such as default"
        raise table.fault("this list has no timestamps, so its pods have no durations", mend=mend)
    created, deleted = (table.column(field).parse(_integer) for field in TIMES[:2])
    scheduled = table.column("scheduled_time").parse(_integer, empty=-1)
    return 10**6 * created, np.maximum(1, 10**6 * (deleted - np.where(scheduled < 0, created, scheduled)))
