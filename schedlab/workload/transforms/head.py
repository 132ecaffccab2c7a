"""head: the first pods of a workload."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from schedlab.workload import options
from schedlab.workload.recorded import recorded
from schedlab.workload.subset import some_pods

if TYPE_CHECKING:
    from schedlab.workload.workload import Workload


@recorded
def head(workload: Workload, *, pods: int) -> Workload:
    """Return the first pods; a horizon moves to when the first pod that is left out was submitted.

    Parameters
    ----------
    pods
        How many, at least 1; those that run at the start count.
    """
    count = options.count("pods", pods)
    submit = workload.pods.submit
    some = some_pods(workload, np.arange(len(submit)) < count)
    if workload.horizon is None or count >= len(submit):
        return some
    return replace(some, horizon=max(1, int(submit[count])))
