"""scale_time: arrivals closer together or farther apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from schedlab.errors import InputError
from schedlab.workload import options
from schedlab.workload.recorded import recorded
from schedlab.workload.units import MAX_TIME

if TYPE_CHECKING:
    from schedlab.workload.workload import Workload


@recorded
def scale_time(workload: Workload, *, factor: float) -> Workload:
    """Multiply the times of arrivals and node events, and the horizon; run times and usage stay as they are.

    A deadline stays as long after its pod's arrival as it is.

    Parameters
    ----------
    factor
        Above 0; 0.5 doubles the offered load of arrivals. Pods that run at the start stay, so that such a workload no
        longer begins in equilibrium.
    """
    by = options.number("factor", factor, low=1e-9)
    ends = [int(workload.pods.submit[-1]), workload.horizon or 0, *(event.time for event in workload.node_events[-1:])]
    if max(ends) * by > MAX_TIME:
        raise InputError(f"option factor is {factor!r}: times would pass 285 years", mend="give a smaller number")
    pods = workload.pods
    submit = np.rint(pods.submit * by).astype(np.int64)
    deadline = pods.deadline
    if deadline is not None:
        deadline = np.where(deadline < 0, deadline, np.maximum(0, deadline - pods.submit + submit))
    return replace(
        workload,
        pods=replace(pods, submit=submit, deadline=deadline),
        node_events=tuple(replace(event, time=round(event.time * by)) for event in workload.node_events),
        horizon=None if workload.horizon is None else max(1, round(workload.horizon * by)),
    )
