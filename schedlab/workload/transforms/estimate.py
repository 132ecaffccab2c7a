"""estimate: walltimes made of run times, for traces that have none or to study how much better ones are worth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from schedlab.streams import generator
from schedlab.workload import options
from schedlab.workload.recorded import recorded
from schedlab.workload.walltimes import UNKNOWN
from schedlab.workload.workload import FOREVER

if TYPE_CHECKING:
    from schedlab.workload.workload import Workload


@recorded
def estimate(workload: Workload, *, factor: float = 1.0, seed: int = 0) -> Workload:
    """Let each job ask for its run time multiplied by a number drawn uniformly from 1 to ``factor``.

    The pods of a job have one walltime, that of the longest; those that run for ever have none. This is the f-model of
    Mu'alem and Feitelson, TPDS 2001, section 4, with factor = f + 1.

    Parameters
    ----------
    factor
        From 1 to 1000; 1 gives walltimes that are exact.
    seed
        Of that drawing.
    """
    most = options.number("factor", factor, low=1.0, high=1e3)
    pods = workload.pods
    count = len(pods)
    alone = len(workload.jobs) + np.arange(count)
    _, job = np.unique(alone if pods.job is None else np.where(pods.job >= 0, pods.job, alone), return_inverse=True)
    longest = np.zeros(count, np.int64)  # as many jobs at most
    np.maximum.at(longest, job, np.where(pods.duration == FOREVER, np.iinfo(np.int64).max, pods.duration))
    draws = generator(options.count("seed", seed, least=-(2**63)), "estimate").uniform(1.0, most, count)
    known = longest[job] < np.iinfo(np.int64).max
    asked = np.ceil(np.where(known, longest[job], 0) * draws[job]).astype(np.int64)
    return replace(workload, pods=replace(pods, walltime=np.where(known, np.maximum(asked, 1), UNKNOWN)))
