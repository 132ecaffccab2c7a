"""swf: logs of parallel machines in the Standard Workload Format, ``.swf`` or ``.swf.gz``, each job a gang.

Source: Chapin et al., Benchmarks and Standards for the Evaluation of Parallel Job Schedulers, JSSPP 1999; Feitelson,
Tsafrir, Krakov, Experience with using the Parallel Workloads Archive, JPDC 74(10), 2014. Lines of 21 fields are those
of the CERIT-SC and MetaCentrum logs: memory in bytes of the whole job, and a PBS node specification.

A job is a gang: its pods start together or not at all. Which pods they are:

* as its node specification says: ``4:ppn=8`` is four pods of eight CPUs, on the same node or on others. ``#excl`` takes
  whole nodes of the smallest kind that will do. ``cl_NAME``, ``nodecpusN`` and hosts, also with ``^``, become node
  affinity;
* else as few pods as fill nodes: ceil(processors / CPUs of the smallest node) of them. They differ by a CPU at most and
  have the job's processors in all. What a processor asks of memory may make them more. Where nodes have one CPU, that
  is a pod of one CPU for each processor.

The job's processors are field 8, or field 5 where that is not known; its walltime is field 9, after which it is killed;
its tenant is the user. Time begins with the first submission.

log         the file: header and fields
machines    the nodes, from a ``.machines`` file or the header
node_spec   PBS node specifications
jobs        jobs as gangs
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.errors import InputError
from schedlab.streams import generator
from schedlab.workload import options
from schedlab.workload.loaders.swf.jobs import Jobs, read_jobs
from schedlab.workload.loaders.swf.log import ENDINGS, read_log, stem
from schedlab.workload.loaders.swf.machines import machines_file, machines_of
from schedlab.workload.offered import offered_load
from schedlab.workload.stationary import Rhythm, draw
from schedlab.workload.walltimes import UNKNOWN
from schedlab.workload.workload import PodColumns, Workload

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from schedlab.objects import Node

NAME = "swf"
_HEADER = ("Version", "Computer", "Installation", "Acknowledge", "Information", "UnixStartTime", "TimeZoneString")
_NOTES = (
    "A job is a gang of pods as its node specification says, else of ceil(processors / CPUs of the smallest node) pods "
    "of about equal size, whose CPUs are the job's processors.",
    "A job is killed when it runs longer than the time it asked for. Dependencies between jobs are not kept.",
)


def claims(folder: Path | None) -> bool:
    """Say whether it is a log, or a folder with one."""
    return folder is not None and (_is_log(folder) or len(_logs(folder)) == 1)


def load(
    folder: Path | None,
    *,
    load: float | None = None,
    seed: int = 0,
    jobs: int | None = None,
    horizon: object = None,
    gang_wait: object = None,
) -> Workload:
    """Read a log: on its own submit times, or resampled to a stated load.

    Parameters
    ----------
    folder
        The log, or a folder that holds one.
    load
        Mean offered CPU load over the run, 1.0 being all CPUs. None: own submit times. Otherwise jobs are drawn from
        the log at a constant rate and begin in equilibrium (`schedlab.workload.stationary`).
    seed
        Of that drawing.
    jobs
        Arrivals drawn; None: one pass through the log.
    horizon
        Where the replay stops: seconds, or a text such as "30d"; None: when all is done, or the drawn arrivals end.
    gang_wait
        How long a job may wait before it is given up, written likewise; None: for ever.

    Raises
    ------
    InputError
        An option or something in the files is wrong; the line names file, row (its line) and field.
    """
    if folder is None:
        raise InputError("the swf format has no trace of its own", mend="give a log, or the folder that holds one")
    if load is None and jobs is not None:
        raise InputError("option jobs needs option load", mend="give load, or leave jobs out")
    seed = options.count("seed", seed, least=-(2**63))
    times = {"horizon": horizon, "gang_wait": gang_wait}
    end, wait = (None if value is None else options.time(name, value) for name, value in times.items())
    path = folder if _is_log(folder) else _logs(folder)[0]
    log, described = read_log(path), machines_file(path)
    machines = machines_of(log, described)
    nodes = tuple(node for each in machines for node in each.nodes())
    read = read_jobs(log, machines)
    report: dict[str, Any] = {
        "format": NAME,
        "log": path.name,
        "machines": described.name if described else "of the header",
        "header": {key: log.header[key] for key in _HEADER if key in log.header},
        "first_submit_s": log.origin,
        "nodes": len(nodes),
        "templates": len(read.templates),
        **read.report,
        "notes": list(_NOTES),
    }
    if load is None:
        drawn, name = _own_times(read), stem(path)
    else:
        asked = options.number("load", load, low=1e-6, high=10.0)
        count = len(read.number) if jobs is None else options.count("jobs", jobs)
        cpus = sum(each.size * each.cpus for each in machines)
        drawn, name = _resampled(read, asked, count, seed, cpus, report), f"{stem(path)}-{load:g}"
    return _workload(name, read, drawn, nodes, report, drawn.horizon if end is None else end, wait)


def _is_log(path: Path) -> bool:
    return path.name.endswith(ENDINGS) and path.is_file()


def _logs(folder: Path) -> list[Path]:
    return sorted(filter(_is_log, folder.iterdir())) if folder.is_dir() else []


class _Submitted(NamedTuple):
    """Jobs as they are submitted, (K,) each; times in us."""

    job: NDArray[np.int64]  # row in Jobs
    names: list[str]
    submit: NDArray[np.int64]
    age: NDArray[np.int64]  # how long it ran already
    initial: NDArray[np.bool_]
    horizon: int | None


def _own_times(jobs: Jobs) -> _Submitted:
    none = np.zeros(len(jobs.number), np.int64)
    names = [str(number) for number in jobs.number.tolist()]
    return _Submitted(np.arange(len(none)), names, jobs.submit, none, none.astype(np.bool_), None)


def _resampled(jobs: Jobs, load: float, count: int, seed: int, cpus: int, report: dict[str, Any]) -> _Submitted:
    stays = np.where(jobs.walltime == UNKNOWN, jobs.duration, np.minimum(jobs.duration, jobs.walltime))
    rate = load * cpus / float((jobs.cpus * stays.astype(np.float64)).mean())
    random = generator(seed, NAME, "arrivals")
    drawn = draw(stays, jobs.cpus, rate=rate, count=count, rhythm=Rhythm(), random=random)
    own_rate = (len(jobs.number) - 1) / max(1, int(jobs.submit[-1] - jobs.submit[0]))
    told = drawn.report("cpu", load) | {"seed": seed, "factor": rate / own_rate}  # how much faster than in the log
    report |= {"jobs_drawn" if name == "pods" else name: value for name, value in told.items()}
    names = [f"{number}-{draw}" for draw, number in enumerate(jobs.number[drawn.kind].tolist())]
    return _Submitted(drawn.kind, names, drawn.submit, drawn.age, drawn.initial, drawn.horizon)


def _workload(
    name: str,
    jobs: Jobs,
    drawn: _Submitted,
    nodes: tuple[Node, ...],
    report: dict[str, Any],
    horizon: int | None,
    gang_wait: int | None,
) -> Workload:
    sizes = np.array([len(shape) for shape in jobs.shapes])
    starts = np.concatenate([[0], np.cumsum(sizes)])  # of the shapes in the list of all their pods
    shape = jobs.shape[drawn.job]
    count = sizes[shape]
    job = np.repeat(np.arange(len(count)), count)  # of each pod
    index = np.arange(len(job)) - np.repeat(np.cumsum(count) - count, count)
    of = drawn.job[job]
    flat = np.array([number for each in jobs.shapes for number in each], np.int32)
    owner = jobs.user[drawn.job].tolist()
    users = {number: row for row, number in enumerate(each for each in dict.fromkeys(owner) if each >= 0)}
    user = np.array([users.get(number, -1) for number in owner], np.int32)
    wall, age = jobs.walltime[of], drawn.age[job]
    columns = PodColumns(
        submit=drawn.submit[job],
        duration=jobs.duration[of] - age,
        template=flat[starts[shape][job] + index],
        dataset=np.full(len(job), -1, np.int32),
        initial=drawn.initial[job],
        names=[f"{drawn.names[row]}-{number}" for row, number in zip(job.tolist(), index.tolist(), strict=True)],
        tenant=user[job] if users else None,
        job=job.astype(np.int32),
        walltime=np.where(wall == UNKNOWN, UNKNOWN, wall - age) if (wall != UNKNOWN).any() else None,
    )
    measured = max(1, horizon or int(columns.submit[-1]))
    report |= {
        "jobs": len(count),
        "gangs": int((count > 1).sum()),
        "pods": len(job),
        "tenants": len(users),
        "offered_load": offered_load(columns, jobs.templates, nodes, measured),
        "offered_load_over_s": measured / 1e6,
    }
    return Workload(
        name,
        nodes,
        jobs.templates,
        columns,
        horizon=horizon,
        report=report,
        tenants=tuple(f"user-{number}" for number in users),
        jobs=tuple(drawn.names),
        listed=_listed(jobs) if drawn.horizon else None,
        min_available=count.astype(np.int32),
        gang_wait=gang_wait,
    )


def _listed(jobs: Jobs) -> NDArray[np.int64]:
    """Return how many pods of each template the log holds, (T,)."""
    found = np.zeros(len(jobs.templates), np.int64)
    for shape, count in zip(jobs.shapes, np.bincount(jobs.shape).tolist(), strict=True):
        for number in shape:
            found[number] += count
    return found
