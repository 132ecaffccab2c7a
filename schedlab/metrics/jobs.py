"""What batch studies report, of whole jobs: a job of 128 pods counts once, and waits until the last of them starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from schedlab.metrics.columns import codes, column, is_text, within
from schedlab.metrics.contract import CENSORED, metric
from schedlab.metrics.latency import TAU, slowdowns, waits
from schedlab.metrics.percentiles import censored_percentiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.record import Run

SOURCE = "Feitelson & Rudolph, Metrics and benchmarking for parallel job scheduling, LNCS 1459, 1998, pp. 1-24"


@metric(
    unit="s",
    better="lower",
    formula="mean and percentiles over jobs of the longest (first binding - submission) of their pods",
    source=SOURCE,
)
def job_wait(run: Run) -> pd.Series[float]:
    """How long jobs wait: until all of their pods have a node. Pods of no job count alone; see `wait`.

    Left out where no pod has a job.
    """
    found = waits(run)
    jobs = _jobs(run, found.row)
    if jobs is None:
        return pd.Series(dtype=object)
    return _told(_most(found.seconds, jobs), _any(found.censored, jobs))


@metric(
    unit="ratio",
    better="lower",
    formula="mean and percentiles over jobs of max(1, (end - submission) / max(run time, 10 s))",
    source=SOURCE,
)
def job_slowdown(run: Run) -> pd.Series[float]:
    """Bounded slowdown of jobs, from the first submission to the last end of their pods.

    A job's run time is what it would take if all its pods were started when they are submitted. See `slowdown`; left
    out where no pod has a job.
    """
    found = slowdowns(run)
    jobs = None if found is None else _jobs(run, found.row)
    if found is None or jobs is None:
        return pd.Series(dtype=object)
    submit = column(run, "pods", "submit")[found.row] / 1e6
    begin = -_most(-submit, jobs)
    took, needed = (_most(submit + each, jobs) - begin for each in (found.response, found.needed))
    return _told(np.maximum(took / np.maximum(needed, TAU), 1.0), _any(found.censored, jobs))


@metric(
    unit="count",
    formula="number of jobs of which a pod ended as DeadlineExceeded in the measured time",
    source="activeDeadlineSeconds in Kubernetes; field 9 and status 0 in the Standard Workload Format",
)
def jobs_killed(run: Run) -> pd.Series[int]:
    """Jobs that outlived the walltime that they asked for; left out where no pod has a job."""
    killed = is_text(run, "pods", "reason", "DeadlineExceeded") & within(run, column(run, "pods", "finished", -1))
    if _jobs(run, np.arange(len(killed))) is None:
        return pd.Series(dtype=object)
    jobs = _jobs(run, np.flatnonzero(killed))
    return pd.Series({"": 0 if jobs is None else int(jobs.max()) + 1}, dtype=object)


def _jobs(run: Run, rows: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return the job of some rows of the pods table as a number, (P,), 0 to the last; None if none has any."""
    if "job" not in run.tables["pods"].column_names:  # of a run made before there were any
        return None
    code = codes(run, "pods", "job").code[rows]
    if not (code >= 0).any():
        return None
    alone = code.max() + 1 + column(run, "pods", "pod")[rows]
    _, number = np.unique(np.where(code >= 0, code, alone), return_inverse=True)
    return number


def _most(values: NDArray[np.float64], jobs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the largest value of each job, (J,)."""
    most = np.full(int(jobs.max()) + 1, -np.inf)
    np.maximum.at(most, jobs, values)
    return most


def _any(flags: NDArray[np.bool_], jobs: NDArray[np.int64]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.bincount(jobs, flags) > 0
    return found


def _told(values: NDArray[np.float64], censored: NDArray[np.bool_]) -> pd.Series[float]:
    mean = {"mean": float(values.mean()), f"mean.{CENSORED}": bool(censored.any())}
    return pd.concat([pd.Series(mean, dtype=object), censored_percentiles(values, censored)])
