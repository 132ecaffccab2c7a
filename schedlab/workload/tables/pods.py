"""pods.csv: name, submit, duration, cpu, memory; optional columns: priority, limits, dataset, tenant, job, and more.

``walltime`` is the run time asked for, 0 where it is not known; ``deadline`` is a moment, counted as ``submit`` is;
``min_available`` says how many pods of the row's job must start together, once a job or on each of its rows. Beside
these, ``label:KEY`` and further resources (`families`).
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.errors import InputError
from schedlab.workload.gangs import shortage
from schedlab.workload.tables.families import labels, resources, welcome
from schedlab.workload.tables.table import Table
from schedlab.workload.templates import distinct, template
from schedlab.workload.units import microseconds, millicores, quoted, span, units
from schedlab.workload.walltimes import UNKNOWN
from schedlab.workload.workload import FOREVER, PodColumns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from schedlab.objects import Pod
    from schedlab.objects.dataset import DataSet

_NONE = -(2**62)  # no limit, no priority
_REQUIRED = ("name", "submit", "duration", "cpu", "memory")
_OPTIONAL = (
    *("priority", "cpu_limit", "memory_limit", "dataset"),
    *("tenant", "job", "min_available", "walltime", "deadline"),
)


class Pods(NamedTuple):
    """What pods.csv holds: columns, and what their numbers stand for, in order of first submission."""

    columns: PodColumns
    templates: tuple[Pod, ...]
    tenants: tuple[str, ...]
    jobs: tuple[str, ...]
    min_available: NDArray[np.int32] | None  # (J,)
    unknown_walltimes: int  # that were written as 0


def read_pods(path: Path, datasets: Sequence[DataSet]) -> Pods:
    """Read pods.csv, sorted stably by submit; an empty duration means until the end.

    Raises
    ------
    InputError
        A cell is bad, a pod stands twice, there is none, a limit is below its request, a data set unknown, a deadline
        before the pod comes, or a gang larger than its job.
    """
    table = Table(path, _REQUIRED, _OPTIONAL, welcome)
    if not table.rows:
        raise table.fault("there are no pods", mend="write one row for each pod")
    name = table.column("name")
    name.require_distinct("pod")
    submit = table.column("submit").parse(microseconds)
    duration = table.column("duration").parse(span, empty=FOREVER)
    reads = _reads(table, datasets)
    order = np.argsort(submit, kind="stable")
    template_of, templates = _templates(table, order)
    tenant, tenants = _owners(table, "tenant", order)
    job, jobs = _owners(table, "job", order)
    walltime = table.column("walltime").parse(microseconds, empty=UNKNOWN) if "walltime" in table else None
    zeros = 0 if walltime is None else int((walltime == 0).sum())
    columns = PodColumns(
        submit=submit[order],
        duration=duration[order],
        template=template_of,
        dataset=reads[order],
        initial=np.zeros(table.rows, np.bool_),
        names=np.array(name.values, object)[order].tolist(),
        tenant=tenant,
        job=job,
        walltime=None if walltime is None or walltime.max() <= 0 else np.where(walltime, walltime, UNKNOWN)[order],
        deadline=_deadlines(table, submit, order),
    )
    return Pods(columns, templates, tenants, jobs, _gangs(table, job, jobs, order), zeros)


def _templates(table: Table, order: NDArray[np.int64]) -> tuple[NDArray[np.int32], tuple[Pod, ...]]:
    requests = {"cpu": table.column("cpu").parse(millicores), "memory": table.column("memory").parse(units)}
    limits = {resource: _limit(table, resource, request) for resource, request in requests.items()}
    for resource, (column, convert) in resources(table).items():
        requests[resource] = limits[resource] = column.parse(convert, empty=0)  # Kubernetes wants them equal
    priority = (
        table.column("priority").parse(_priority, empty=_NONE) if "priority" in table else np.full(table.rows, _NONE)
    )
    keys = labels(table)
    parts = [*requests.values(), *limits.values(), priority, *(column.codes for column in keys.values())]
    codes, first = distinct([part[order] for part in parts])
    templates = tuple(
        template(
            {resource: int(amounts[row]) for resource, amounts in requests.items()},
            {resource: int(amounts[row]) for resource, amounts in limits.items() if amounts[row] != _NONE},
            {key: text for key, column in keys.items() if (text := column.values[column.codes[row]])},
            None if priority[row] == _NONE else int(priority[row]),
        )
        for row in order[first].tolist()
    )
    return codes, templates


def _limit(table: Table, resource: str, request: NDArray[np.int64]) -> NDArray[np.int64]:
    field = f"{resource}_limit"
    if field not in table:
        return np.full(table.rows, _NONE)
    column = table.column(field)
    limit = column.parse(millicores if resource == "cpu" else units, empty=_NONE)
    below = (limit != _NONE) & (limit < request)
    if below.any():
        row = int(np.argmax(below))
        asked = table.column(resource)
        texts = [quoted(cells.values[cells.codes[row]]) for cells in (column, asked)]
        raise column.fault(row, f"{texts[0]} is below the request {texts[1]}", "raise it, or leave it empty")
    return limit


def _reads(table: Table, datasets: Sequence[DataSet]) -> NDArray[np.int32]:
    if "dataset" not in table:
        return np.full(table.rows, -1, np.int32)
    column = table.column("dataset")
    rows = {"": -1, **{item.name: row for row, item in enumerate(datasets)}}
    for code, text in enumerate(column.values):
        if text not in rows:
            near = difflib.get_close_matches(text, [item.name for item in datasets], 1)
            mend = f"did you mean {near[0]}?" if near else "name a row of datasets.csv"
            raise column.fault(column.row_of(code), f"no data set is called {quoted(text)}", mend)
    return np.array([rows[text] for text in column.values], np.int32)[column.codes]


def _owners(table: Table, field: str, order: NDArray[np.int64]) -> tuple[NDArray[np.int32] | None, tuple[str, ...]]:
    """Return whom each pod belongs to, (P,), -1 where the cell is empty, and their names; None if all are empty."""
    if field not in table:
        return None, ()
    column = table.column(field)
    codes, first = distinct([column.codes[order]])
    names = [column.values[code] for code in column.codes[order[first]]]
    named = np.array([text != "" for text in names])
    rows = np.where(named, np.cumsum(named) - 1, -1).astype(np.int32)
    return (rows[codes] if named.any() else None), tuple(filter(None, names))


def _deadlines(table: Table, submit: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64] | None:
    if "deadline" not in table:
        return None
    column = table.column("deadline")
    deadline = column.parse(microseconds, empty=-1)
    early = (deadline >= 0) & (deadline < submit)
    if early.any():
        row = int(np.argmax(early))
        asked = table.column("submit")
        texts = [quoted(cells.values[cells.codes[row]]) for cells in (column, asked)]
        mend = "count deadlines from the start of the trace, as submit is"
        raise column.fault(row, f"{texts[0]} is before the pod's submit {texts[1]}", mend)
    return deadline[order] if deadline.max() >= 0 else None


def _gangs(
    table: Table, job: NDArray[np.int32] | None, jobs: tuple[str, ...], order: NDArray[np.int64]
) -> NDArray[np.int32] | None:
    """Return how many pods of each job must start together, (J,); None if no cell says."""
    if "min_available" not in table:
        return None
    column = table.column("min_available")
    told = column.parse(_pods, empty=_NONE)
    least, first = np.zeros(len(jobs), np.int32), dict[int, int]()
    of = np.full(table.rows, -1)
    if job is not None:
        of[order] = job
    for row in np.flatnonzero(told != _NONE).tolist():
        if of[row] < 0:
            raise column.fault(row, "the pod is of no job", "name its job, or leave the cell empty")
        before = first.setdefault(int(of[row]), row)
        if told[before] != told[row]:
            problem = f"the job {quoted(jobs[of[row]])} has {told[before]} in row {table.row_number(before)}"
            raise column.fault(row, problem, "give a job one number")
        least[of[row]] = told[row]
    if wrong := shortage(job, jobs, least):
        raise column.fault(first[wrong[0]], wrong[1], "give a smaller number, or write the other pods")
    return least if first else None


def _pods(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise InputError(f"{quoted(text)} is no number of pods", mend="write how many must start together, such as 4")
    return int(text)


def _priority(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,10}", text) or not -(2**31) <= int(text) < 2**31:
        raise InputError(f"{quoted(text)} is no priority", mend="write an integer of 32 bits, a higher one goes first")
    return int(text)
