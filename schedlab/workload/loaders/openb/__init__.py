"""openb: Alibaba's heterogeneous GPU cluster of 2023, 1,523 nodes and lists of 8,152 pods or so.

Source: Weng et al., Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent,
USENIX ATC 2023. Node order and values are the files'; a node takes 1,001 pods, as in the authors' simulator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from schedlab.errors import InputError
from schedlab.streams import generator
from schedlab.workload import options
from schedlab.workload.loaders.openb.files import GPU_MILLI, GPU_NODES, PODS, pod_file, read_nodes, read_pods, times
from schedlab.workload.loaders.openb.sequence import arrivals, read_sequence, sequence_file
from schedlab.workload.offered import offered_load, totals
from schedlab.workload.stationary import Rhythm, draw
from schedlab.workload.tables.table import required_table
from schedlab.workload.workload import PodColumns, Workload

if TYPE_CHECKING:
    import os
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from schedlab.objects import Node, Pod
    from schedlab.workload.loaders.openb.files import PodList
    from schedlab.workload.loaders.openb.sequence import Sequence

NAME = "openb"
_NODES = "openb_node_list_all_node"
_NOTES = (
    "A share of a device is taken from a single device; whole devices are wholly idle ones of one node.",
    "gpu_spec is kept as required node affinity. Limits equal requests; a GPU count is asked for by pods that take "
    "whole devices only.",
)


def claims(folder: Path | None) -> bool:
    """Say whether the node list is there."""
    return folder is not None and required_table(folder, _NODES).exists()


def load(
    folder: Path | None,
    *,
    variant: str = "default",
    load: float | None = None,
    sequence: str | os.PathLike[str] | None = None,
    seed: int = 0,
    pods: int | None = None,
    max_duration: float | str | None = None,
) -> Workload:
    """Read openb: on its own timestamps, resampled to a stated load, or in the study's order of arrivals.

    Parameters
    ----------
    folder
        Where the ``openb_*`` files are.
    variant
        Pod list: "default", "cpu050", "gpuspec33" and so on. The multigpu lists have no timestamps, so no durations,
        and are refused without a sequence.
    load
        Mean offered GPU load over the run, 1.0 being all GPUs. None: own timestamps, under which the cluster is nearly
        empty. Otherwise arrivals are drawn from the list at a constant rate and begin in equilibrium
        (`schedlab.workload.stationary`).
    sequence
        A file of arrival sequences (`schedlab.workload.loaders.openb.sequence`), or "reference" for that of the
        reference data: the pods arrive one after the other on the GPU nodes and stay, as in the study.
    seed
        Of that drawing, or which of the file's sequences; means nothing on own timestamps.
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
    if sequence is not None and (load is not None or max_duration is not None):
        raise InputError("option sequence goes with variant and seed only", mend="leave load and max_duration out")
    seed = options.count("seed", seed, least=-(2**63))
    if sequence is not None:
        order = read_sequence(sequence_file(sequence, variant), seed)
        return load_sequence(pod_file(folder, variant), required_table(folder, GPU_NODES), order)
    cap = None if max_duration is None else options.time("max_duration", max_duration)
    nodes = read_nodes(required_table(folder, _NODES))
    trace = _in_time(read_pods(pod_file(folder, variant), nodes), cap)
    report = _report(trace.templates, nodes, variant, cap)
    if load is None:
        return _own_times(trace, nodes, report)
    count = len(trace.names) if pods is None else options.count("pods", pods)
    asked = options.number("load", load, low=1e-6, high=10.0)
    return _resampled(trace, nodes, report, asked, count, seed)


def load_sequence(pods: Path, nodes: Path, order: Sequence) -> Workload:
    """Read a pod list and a node list, in one of the arrival orders made for them, as option ``sequence`` does.

    Raises
    ------
    InputError
        A list is wrong, or the order is one of other lists.
    """
    variant = pods.name.removeprefix(PODS).split(".")[0]
    machines = read_nodes(nodes)
    listed = read_pods(pods, machines)
    report = _report(listed.templates, machines, variant, None) | {"seed": order.seed}
    return arrivals(f"{NAME}-{variant}", listed, machines, order, report)


def _report(templates: tuple[Pod, ...], nodes: tuple[Node, ...], variant: str, cap: int | None) -> dict[str, Any]:
    return {
        "format": NAME,
        "variant": variant,
        "nodes": len(nodes),
        "templates": len(templates),
        "max_duration_s": None if cap is None else cap / 1e6,
        "notes": list(_NOTES),
    }


@dataclass(frozen=True, eq=False)
class _Trace:
    """A pod list, (P,) sorted by creation."""

    names: list[str]
    creation: NDArray[np.int64]  # us
    duration: NDArray[np.int64]  # us
    gpu_milli: NDArray[np.int64]
    template: NDArray[np.int32]
    templates: tuple[Pod, ...]


def _in_time(pods: PodList, cap: int | None) -> _Trace:
    created, duration = times(pods)
    order = np.argsort(created, kind="stable")
    return _Trace(
        names=[pods.names[row] for row in order],
        creation=created[order],
        duration=np.minimum(duration, cap)[order] if cap else duration[order],
        gpu_milli=pods.gpu_milli[order],
        template=pods.template[order],
        templates=pods.templates,
    )


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
    listed = np.bincount(trace.template, minlength=len(trace.templates))
    name = f"{NAME}-{load:g}"
    return Workload(name, nodes, trace.templates, columns, horizon=drawn.horizon, report=report, listed=listed)
