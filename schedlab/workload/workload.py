"""Workload: the timed objects that a replay feeds to a cluster, as columns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.objects import Node, Pod
    from schedlab.objects.dataset import DataSet

FOREVER = -1  # duration of a pod that runs until it is deleted
LATER = ("walltime", "deadline")  # columns that digests name, so that those of traces without them stay what they were


@dataclass(frozen=True, eq=False)
class PodColumns:
    """One row a pod, sorted by submit time; rows of one time keep the file's order.

    Shapes are (P,).
    """

    submit: NDArray[np.int64]  # microseconds from the trace's start
    duration: NDArray[np.int64]  # microseconds of run time needed; FOREVER: until deleted
    template: NDArray[np.int32]  # row in Workload.templates
    dataset: NDArray[np.int32]  # row in Workload.datasets; -1: reads nothing
    initial: NDArray[np.bool_]  # already running when the trace starts; left out of waiting times
    names: Sequence[str] | None = None  # None: "pod-<row>"
    tenant: NDArray[np.int32] | None = None  # row in Workload.tenants; -1: none
    job: NDArray[np.int32] | None = None  # row in Workload.jobs; -1: none
    walltime: NDArray[np.int64] | None = None  # microseconds of run time that the submitter asked for; -1: unknown
    deadline: NDArray[np.int64] | None = None  # when it is wanted done, microseconds from the trace's start; -1: none

    def __len__(self) -> int:
        return len(self.submit)

    def name(self, row: int) -> str:
        """Return the name of one pod."""
        return f"pod-{row}" if self.names is None else self.names[row]


@dataclass(frozen=True, eq=False)
class UsageCurves:
    """Step functions of usage by offset from the pod's start; pod p owns samples first[p]:first[p+1].

    A pod without samples is taken to use what it requests.
    """

    first: NDArray[np.int64]  # (P + 1,)
    offset: NDArray[np.int64]  # (S,) microseconds since the pod started, increasing within a pod, first is 0
    cpu: NDArray[np.float32]  # (S,) millicores
    memory: NDArray[np.float32]  # (S,) bytes

    def of(self, pods: NDArray[np.bool_]) -> UsageCurves:
        """Return the curves of some pods, given as a mask (P,)."""
        samples = np.diff(self.first)
        return _picked(self, np.repeat(pods, samples), samples[pods])

    def entered(self, age: NDArray[np.int64]) -> UsageCurves:
        """Return the curves as seen by pods of some age (P,), us: what they used before is left out."""
        samples = np.diff(self.first)
        owner = np.repeat(np.arange(len(samples)), samples)
        offset = np.maximum(0, self.offset - age[owner])
        kept = np.ones(len(offset), np.bool_)
        kept[:-1] = (offset[1:] > offset[:-1]) | (owner[1:] != owner[:-1])  # of what is past, the last still holds
        return _picked(replace(self, offset=offset), kept, np.bincount(owner[kept], minlength=len(samples)))


def _picked(curves: UsageCurves, kept: NDArray[np.bool_], samples: NDArray[np.int64]) -> UsageCurves:
    """Return some of the samples, of which so many belong to each pod."""
    first = np.concatenate([[0], np.cumsum(samples)]).astype(np.int64)
    return UsageCurves(first, curves.offset[kept], curves.cpu[kept], curves.memory[kept])


class Hidden:
    """Stands where a plug-in that is no oracle may not look."""

    def _refuse(self, *_: object, **__: object) -> Any:
        raise AttributeError("durations and usage are not known beforehand: declare oracle=True")

    __getattr__ = __getitem__ = __len__ = __iter__ = __array__ = _refuse


@dataclass(frozen=True)
class NodeEvent:
    """A node comes, goes or is cordoned: ``kind`` is add, remove, cordon or uncordon."""

    time: int  # microseconds
    kind: str
    node: str


@dataclass(frozen=True, eq=False)
class Workload:
    """What is replayed.

    Attributes
    ----------
    name
        Name for tables and figures.
    nodes
        Every node that ever exists. One whose first event is ``add`` is absent until then.
    templates
        The distinct pods: labels, requests, limits, priority, placement rules. Names are ignored.
    pods
        One row a pod.
    node_events
        Sorted by time.
    tenants, jobs
        Names of whom pods belong to, and of what they were submitted together as.
    horizon
        Microseconds; a replay stops there and metrics cover [0, horizon]. None: until all is done.
    listed
        int64 (T,): how many pods of each template the trace's list holds, where ``pods`` are drawn from it; None: they
        are the list.
    report
        What the loader did and assumed, and the load it states; JSON values only.
    min_available
        int32 (J,): how many pods of each job must start together, 0 or 1: any (a PodGroup's minMember); None: there are
        no gangs.
    gang_wait
        Microseconds that a gang may wait before it is given up; None: for ever.
    """

    name: str
    nodes: tuple[Node, ...]
    templates: tuple[Pod, ...]
    pods: PodColumns
    node_events: tuple[NodeEvent, ...] = ()
    datasets: tuple[DataSet, ...] = ()
    usage: UsageCurves | None = None
    horizon: int | None = None
    report: dict[str, Any] = field(default_factory=dict)
    tenants: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    listed: NDArray[np.int64] | None = None
    min_available: NDArray[np.int32] | None = None
    gang_wait: int | None = None

    def without_foresight(self) -> Workload:
        """Return what may be known before a run: everything but durations and usage."""
        hidden: Any = Hidden()
        usage = None if self.usage is None else hidden
        return replace(self, pods=replace(self.pods, duration=hidden), usage=usage)

    def population(self) -> NDArray[np.int64]:
        """Return how many pods of each template there are to draw from, (T,): which pods are typical."""
        if self.listed is not None:
            return self.listed
        return np.bincount(self.pods.template, minlength=len(self.templates)).astype(np.int64)

    def digest(self) -> str:
        """Return the sha256 of everything a replay can see: the trace's identity in results."""
        digest = hashlib.sha256()
        for part in (self.nodes, self.templates, self.node_events, self.datasets, self.horizon, self.pods.names):
            digest.update(msgspec.json.encode(part, enc_hook=str) + b"\n")
        if self.tenants or self.jobs:  # not of a trace that has neither, so that its identity stays what it was
            digest.update(msgspec.json.encode((self.tenants, self.jobs)) + b"\n")
        for columns in (self.pods, self.usage):
            for column in fields(columns) if columns is not None else ():
                values = getattr(columns, column.name)
                if isinstance(values, np.ndarray):
                    digest.update(column.name.encode() if column.name in LATER else b"")
                    digest.update(np.ascontiguousarray(values).tobytes())
        if self.listed is not None:
            digest.update(self.listed.tobytes())
        if self.min_available is not None:
            digest.update(f"min_available {self.gang_wait}".encode() + self.min_available.tobytes())
        return digest.hexdigest()
