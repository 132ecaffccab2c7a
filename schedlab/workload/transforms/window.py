"""window: a contiguous stretch of a workload."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from schedlab.errors import InputError
from schedlab.workload import options
from schedlab.workload.recorded import recorded
from schedlab.workload.subset import some_nodes, some_pods
from schedlab.workload.walltimes import UNKNOWN, stays, walltimes
from schedlab.workload.workload import FOREVER, NodeEvent, Workload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.objects import Node


@recorded
def window(workload: Workload, *, start: float | str, length: float | str, drain: bool = False) -> Workload:
    """Cut out the time from ``start`` to ``start + length``, which becomes 0 to the horizon.

    Arrivals in it are kept. A pod that was submitted earlier and would still run at the start, had it begun when
    submitted, is there at the start (``initial``), with what is left of its run time, its walltime and its usage curve.
    Nodes are those that are there at the start or come later; one that is cordoned then is cordoned at 0.

    Parameters
    ----------
    start, length
        Seconds, or texts such as "6h".
    drain
        Whether there is no horizon: nothing is submitted after the window, and the replay goes on until all is done.
    """
    begin = options.time("start", start, least=0)
    span = options.time("length", length)
    if workload.horizon is not None and begin + span > workload.horizon:
        problem = f"it ends at {(begin + span) / 1e6:g} s, and the trace at {workload.horizon / 1e6:g} s"
        raise InputError(problem, mend="end it earlier")
    pods = workload.pods
    stay = stays(pods, workload.templates)
    over = np.where(stay == FOREVER, np.iinfo(np.int64).max, pods.submit + stay)
    running = (pods.submit < begin) & (over > begin)
    arriving = (pods.submit >= begin) & (pods.submit < begin + span)
    if not (arriving & ~pods.initial).any():
        last = f"the last at {int(pods.submit[-1]) / 1e6:g} s"
        raise InputError("no pod is submitted in it", mend=f"choose a time in which pods come, {last}")
    kept = running | arriving
    some = some_pods(workload, kept)
    age = np.where(running, begin - pods.submit, 0)[kept]
    columns = replace(
        some.pods,
        submit=np.where(running[kept], 0, some.pods.submit - begin),
        duration=np.where(some.pods.duration == FOREVER, FOREVER, some.pods.duration - age),
        initial=some.pods.initial | running[kept],
        walltime=_left(some, age),
        deadline=_after(some.pods.deadline, begin),
    )
    usage = None if some.usage is None else some.usage.entered(age)
    end = None if options.flag("drain", drain) else span
    return _nodes(replace(some, pods=columns, usage=usage, horizon=end), begin)


def _left(some: Workload, age: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return what is left of walltimes to pods that have run so long, (P,) us; a template's is of whole runs."""
    whole = walltimes(some.pods, some.templates)
    if some.pods.walltime is None and not (age[whole != UNKNOWN] > 0).any():
        return None
    return np.where(whole == UNKNOWN, UNKNOWN, whole - age)


def _after(deadline: NDArray[np.int64] | None, begin: int) -> NDArray[np.int64] | None:
    """Return deadlines as counted from ``begin``; one that is past is 0."""
    return None if deadline is None else np.where(deadline < 0, deadline, np.maximum(0, deadline - begin))


def _nodes(workload: Workload, begin: int) -> Workload:
    """Return the workload with the nodes and node events from the window's start to its horizon."""
    end = np.inf if workload.horizon is None else begin + workload.horizon
    there, changed = _state(workload.nodes, workload.node_events, begin)
    events = [
        *(NodeEvent(0, kind, name) for name, kind in changed.items() if there[name]),
        *(replace(event, time=event.time - begin) for event in workload.node_events if begin <= event.time < end),
    ]
    comes = {event.node for event in events}
    names = [node.metadata.name for node in workload.nodes]
    kept = np.array([there[name] or name in comes for name in names], np.bool_)
    if not kept.any():
        raise InputError("no node is there", mend="choose another time")
    return some_nodes(replace(workload, node_events=tuple(events)), kept)


def _state(nodes: Sequence[Node], events: Sequence[NodeEvent], begin: int) -> tuple[dict[str, bool], dict[str, str]]:
    """Return which nodes are there at a time, and which are cordoned or uncordoned against what their specs say."""
    there = {node.metadata.name: True for node in nodes}
    there |= {event.node: event.kind != "add" for event in reversed(events)}  # whose first event adds it comes later
    cordoned = {node.metadata.name: node.spec.unschedulable for node in nodes}
    changed: dict[str, str] = {}
    for event in events:
        if event.time >= begin:
            break
        if event.kind in ("add", "remove"):
            there[event.node] = event.kind == "add"
            changed.pop(event.node, None)  # a node that comes back is as its spec says
        elif (event.kind == "cordon") != cordoned[event.node]:
            changed[event.node] = event.kind
        else:
            changed.pop(event.node, None)
    return there, changed
