"""openb: Alibaba's heterogeneous GPU cluster of 2023, 1,523 nodes and lists of 8,152 pods or so.

Source: Weng et al., Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent,
USENIX ATC 2023. Node order and values are the files'; a node takes 1,001 pods, as in the authors' simulator.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from schedlab.errors import InputError
from schedlab.objects import Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from schedlab.streams import generator
from schedlab.workload import options
from schedlab.workload.offered import offered_load, totals
from schedlab.workload.stationary import Rhythm, draw
from schedlab.workload.tables.nodes import node
from schedlab.workload.tables.table import Table, required_table
from schedlab.workload.templates import distinct, template
from schedlab.workload.units import capacity, quoted
from schedlab.workload.workload import PodColumns, Workload

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from schedlab.objects import Node, Pod

NAME = "openb"
MODEL = "gpu-model"  # label of a node, and of a pod's affinity
GPU, GPU_MILLI = "nvidia.com/gpu", "nvidia.com/gpu-milli"
PODS_PER_NODE = 1001
_NODES, _PODS = "openb_node_list_all_node", "openb_pod_list_"
_SHAPE = ("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli")
_TIMES = ("creation_time", "deletion_time", "scheduled_time")
_FULL = ("gpu_spec", "qos", *_TIMES)  # what the multigpu lists lack
_NOTES = (
    "Sharing of single GPUs is not modelled: GPU shares are summed per node, so a fraction may straddle two devices; "
    "placements are optimistic.",
    "gpu_spec is kept as required node affinity; it is enforced only by a profile that filters on node affinity.",
    "Limits equal requests; a GPU count is asked for by pods that take whole devices only.",
)


def claims(folder: Path | None) -> bool:
    """Say whether the node list is there."""
    return folder is not None and required_table(folder, _NODES).exists()


def load(
    folder: Path | None,
    *,
    variant: str = "default",
    load: float | None = None,
    seed: int = 0,
    pods: int | None = None,
    max_duration: float | str | None = None,
) -> Workload:
    """Read openb, on its own timestamps or resampled to a stated load.

    Parameters
    ----------
    folder
        Where the ``openb_*`` files are.
    variant
        Pod list: "default", "cpu050", "gpuspec33" and so on. The multigpu lists have no timestamps, so no durations,
        and are refused.
    load
        Mean offered GPU load over the run, 1.0 being all GPUs. None: own timestamps, under which the cluster is nearly
        empty. Otherwise arrivals are drawn from the list at a constant rate and begin in equilibrium
        (`schedlab.workload.stationary`).
    seed
        Of that drawing; means nothing on own timestamps.
    pods
        Arrivals drawn; None: one pass through the list.
    max_duration
        Cap on durations: seconds, or a text such as "6h".

    Raises
    ------
    InputError
        An option or something in the files is wrong.
    """
    if folder is None:
        raise InputError("openb needs its files", mend="give their folder")
    if load is None and pods is not None:
        raise InputError("option pods needs option load", mend="give load, or leave pods out")
    cap = None if max_duration is None else options.time("max_duration", max_duration)
    nodes = _read_nodes(folder)
    trace = _read_pods(folder, variant, cap)
    report: dict[str, Any] = {
        "format": NAME,
        "variant": variant,
        "nodes": len(nodes),
        "templates": len(trace.templates),
        "max_duration_s": None if cap is None else cap / 1e6,
        "notes": list(_NOTES),
    }
    if load is None:
        return _own_times(trace, nodes, report)
    count = len(trace.names) if pods is None else options.count("pods", pods)
    asked = options.number("load", load, low=1e-6, high=10.0)
    return _resampled(trace, nodes, report, asked, count, options.count("seed", seed, least=-(2**63)))


@dataclass(frozen=True, eq=False)
class _Trace:
    """A pod list, (P,) sorted by creation."""

    names: list[str]
    creation: NDArray[np.int64]  # us
    duration: NDArray[np.int64]  # us
    gpu_milli: NDArray[np.int64]
    template: NDArray[np.int32]
    templates: tuple[Pod, ...]


def _own_times(trace: _Trace, nodes: tuple[Node, ...], report: dict[str, Any]) -> Workload:
    columns = PodColumns(
        submit=trace.creation,
        duration=trace.duration,
        template=trace.template,
        dataset=np.full(len(trace.names), -1, np.int32),
        initial=np.zeros(len(trace.names), np.bool_),
        names=trace.names,
    )
    last = int((trace.creation + trace.duration).max())
    report |= {
        "pods": len(trace.names),
        "offered_load": offered_load(columns, trace.templates, nodes, last),
        "offered_load_over_s": last / 1e6,
    }
    return Workload(NAME, nodes, trace.templates, columns, report=report)


def _resampled(
    trace: _Trace, nodes: tuple[Node, ...], report: dict[str, Any], load: float, count: int, seed: int
) -> Workload:
    work = float((trace.gpu_milli * trace.duration.astype(np.float64)).mean())  # GPU-milli x us a pod
    rate = load * totals(nodes)[GPU_MILLI] / work
    random = generator(seed, NAME, "arrivals")
    drawn = draw(trace.duration, trace.gpu_milli, rate=rate, count=count, rhythm=Rhythm(), random=random)
    columns = PodColumns(
        submit=drawn.submit,
        duration=drawn.duration,
        template=trace.template[drawn.kind],
        dataset=np.full(len(drawn.kind), -1, np.int32),
        initial=drawn.initial,
    )
    own_rate = (len(trace.names) - 1) / max(1, int(trace.creation[-1] - trace.creation[0]))
    report |= {
        "seed": seed,
        "factor": rate / own_rate,  # how much faster pods come than in the trace
        **drawn.report(GPU_MILLI, load),
        "offered_load": offered_load(columns, trace.templates, nodes, drawn.horizon),
    }
    return Workload(f"{NAME}-{load:g}", nodes, trace.templates, columns, horizon=drawn.horizon, report=report)


def _read_nodes(folder: Path) -> tuple[Node, ...]:
    table = Table(required_table(folder, _NODES), ("sn", "cpu_milli", "memory_mib", "gpu", "model"))
    if not table.rows:
        raise table.fault("there are no nodes", mend="copy the file again")
    cpu, gpu = (table.column(field).parse(_integer).tolist() for field in ("cpu_milli", "gpu"))
    memory = table.column("memory_mib").parse(lambda text: capacity(text, _integer(text) << 20)).tolist()
    name = table.column("sn")
    name.require_distinct("node")
    found = []
    for row, (sn, model) in enumerate(zip(name.values, table.column("model").texts(), strict=True)):
        devices = {GPU: gpu[row], GPU_MILLI: 1000 * gpu[row]} if gpu[row] else {}
        amounts = {"cpu": cpu[row], "memory": memory[row], "pods": PODS_PER_NODE, **devices}
        found.append(node(sn, amounts, {MODEL: model} if model else {}))
    return tuple(found)


def _read_pods(folder: Path, variant: str, cap: int | None) -> _Trace:
    path = required_table(folder, f"{_PODS}{variant}")
    if not path.exists():
        known = sorted(file.name.removeprefix(_PODS).split(".")[0] for file in folder.glob(f"{_PODS}*.csv*"))
        near = difflib.get_close_matches(str(variant), known, 3) or known
        problem = f"there is no pod list {quoted(str(variant))}"
        raise InputError(problem, file=folder, field="variant", mend=f"did you mean {' or '.join(near)}?")
    table = Table(path, _SHAPE, ("pod_phase", *_FULL))
    if any(field not in table for field in _FULL):
        mend = "choose another variant, such as default"
        raise table.fault("this list has no timestamps, so its pods have no durations", mend=mend)
    if not table.rows:
        raise table.fault("there are no pods", mend="copy the file again")
    name = table.column("name")
    name.require_distinct("pod")
    created, deleted = (table.column(field).parse(_integer) for field in _TIMES[:2])
    scheduled = table.column("scheduled_time").parse(_integer, empty=-1)
    duration = np.maximum(1, 10**6 * (deleted - np.where(scheduled < 0, created, scheduled)))
    order = np.argsort(created, kind="stable")
    columns = {field: table.column(field).parse(_integer)[order] for field in _SHAPE[1:]}
    codes, templates = _templates(table, order, columns)
    return _Trace(
        names=[name.values[row] for row in order],
        creation=10**6 * created[order],
        duration=np.minimum(duration, cap)[order] if cap else duration[order],
        gpu_milli=columns["num_gpu"] * columns["gpu_milli"],
        template=codes,
        templates=templates,
    )


def _templates(
    table: Table, order: NDArray[np.int64], columns: dict[str, NDArray[np.int64]]
) -> tuple[NDArray[np.int32], tuple[Pod, ...]]:
    models, qos = (table.column(field) for field in ("gpu_spec", "qos"))
    codes, first = distinct([*columns.values(), models.codes[order], qos.codes[order]])
    templates = []
    for row in first.tolist():
        cpu, memory, count, milli = (int(column[row]) for column in columns.values())
        requests = {"cpu": cpu, "memory": memory << 20, GPU: count if milli == 1000 else 0, GPU_MILLI: count * milli}
        spec = models.values[models.codes[order[row]]]
        affinity = _on_models(sorted({model for model in spec.split("|") if model})) if spec else None
        labels = {"qos": qos.values[qos.codes[order[row]]]}
        templates.append(template(requests, requests, labels, affinity=affinity))
    return codes, tuple(templates)


def _on_models(models: list[str]) -> Affinity:
    rule = NodeSelectorRequirement(key=MODEL, operator="In", values=models)
    term = NodeSelectorTerm(match_expressions=[rule])
    return Affinity(node_affinity=NodeAffinity(required=NodeSelector(node_selector_terms=[term])))


def _integer(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise InputError(f"{quoted(text)} is not a whole number of at most 9 digits", mend="copy the file again")
    return int(text)
