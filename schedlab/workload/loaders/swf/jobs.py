"""Jobs as gangs: which are kept, and of which pods each is made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.objects import Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from schedlab.workload.loaders.swf.node_spec import Chunk, Reader, is_exclusive
from schedlab.workload.templates import template
from schedlab.workload.walltimes import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.objects import Pod
    from schedlab.workload.loaders.swf.log import Log
    from schedlab.workload.loaders.swf.machines import Machines
    from schedlab.workload.loaders.swf.node_spec import Rule

PARTIAL = (2, 3, 4)  # status of a line that tells of a part of a job, which has a line of its own


class Asked(NamedTuple):
    """What a job asks for."""

    procs: int
    memory: int  # bytes of the whole job; 0: not known
    queue: str
    spec: str


@dataclass(frozen=True, eq=False)
class Jobs:
    """The jobs that are replayed, (J,) each, sorted by submission; times in us."""

    number: NDArray[np.int64]
    submit: NDArray[np.int64]
    duration: NDArray[np.int64]
    walltime: NDArray[np.int64]  # UNKNOWN: not told
    user: NDArray[np.int64]  # -1: not told
    cpus: NDArray[np.int64]  # that its pods ask for
    shape: NDArray[np.int64]  # row in shapes
    shapes: tuple[tuple[int, ...], ...]  # the template of each pod of a job
    templates: tuple[Pod, ...]
    report: dict[str, Any]


def read_jobs(log: Log, machines: Sequence[Machines]) -> Jobs:
    """Return the jobs of a log as pods for some machines; the report counts what was left out or assumed.

    Raises
    ------
    InputError
        A job stands twice, or none can be replayed.
    """
    rows, procs, report = _kept(log)
    rows = rows[np.argsort(log["submit time"][rows], kind="stable")]
    wall, run = log["requested time"][rows], log["run time"][rows]
    asked = _asked(log, rows, procs[rows])
    shaper = _Shaper(machines)
    distinct = {each: number for number, each in enumerate(dict.fromkeys(asked))}
    shapes = tuple(shaper.shape(each) for each in distinct)
    report |= {
        "walltimes_of_0_taken_as_unknown": int((wall == 0).sum()),
        "longer_than_their_walltime": int(((wall > 0) & (run > wall)).sum()),
        "dependencies_ignored": int((log["preceding job"][rows] > 0).sum()),
        **shaper.report(Counter(asked)),
    }
    shape = np.array([distinct[each] for each in asked], np.int64)
    return Jobs(
        number=log["job number"][rows],
        submit=log["submit time"][rows],
        duration=run,
        walltime=np.where(wall > 0, wall, UNKNOWN),
        user=log["user"][rows],
        cpus=np.array(shaper.cpus, np.int64)[shape],
        shape=shape,
        shapes=shapes,
        templates=shaper.templates(),
        report=report,
    )


def _kept(log: Log) -> tuple[NDArray[np.int64], NDArray[np.int64], dict[str, Any]]:
    """Return the rows that are jobs which ran, how many processors each row wants, and counts of the others."""
    procs = np.where(log["requested processors"] > 0, log["requested processors"], log["allocated processors"])
    partial = np.isin(log["status"], PARTIAL)
    idle = ~partial & (log["run time"] <= 0)
    nowhere = ~partial & ~idle & (procs <= 0)
    rows = np.flatnonzero(~(partial | idle | nowhere))
    if not len(rows):
        raise log.fault(0, "run time", "no job of the log ran", "give another log")
    number = log["job number"][rows]
    first, inverse = np.unique(number, return_index=True, return_inverse=True)[1:]
    again = first[inverse] != np.arange(len(rows))
    if again.any():
        row = int(np.argmax(again))
        before = int(log.line[rows[first[inverse[row]]]])
        raise log.fault(int(rows[row]), "job number", f"the job {number[row]} is in row {before} already")
    left_out = {"parts_of_jobs": int(partial.sum()), "not_run": int(idle.sum()), "no_processors": int(nowhere.sum())}
    return rows, procs, {"lines": len(procs), "left_out": left_out}


def _asked(log: Log, rows: NDArray[np.int64], procs: NDArray[np.int64]) -> list[Asked]:
    told = log["requested memory"][rows]
    memory = np.where(log.extended[rows], told, 1024.0 * told * procs).clip(0, 2**62).astype(np.int64)
    texts = zip(procs.tolist(), memory.tolist(), rows.tolist(), strict=True)
    return [Asked(count, size, log.queue[row], log.spec[row]) for count, size, row in texts]


class _Shaper:
    """Cuts jobs into pods, and counts how."""

    def __init__(self, machines: Sequence[Machines]) -> None:
        self._machines, self._reader = machines, Reader(machines)
        self._smallest = min(machines, key=lambda each: each.cpus)
        self._total = sum(each.size * each.cpus for each in machines)
        self._memory = any(each.memory for each in machines)
        self.cpus: list[int] = []  # of each shape
        self._templates: dict[tuple[int, int, str, tuple[Rule, ...]], int] = {}
        self._told: dict[Asked, list[str]] = {}  # what the report counts

    def shape(self, asked: Asked) -> tuple[int, ...]:
        """Return the template of each pod of a job."""
        told = self._told[asked] = []
        chunks = self._chunks(asked, told)
        cpus = sum(chunk.pods * chunk.cpus for chunk in chunks)
        self.cpus.append(cpus)
        if asked.memory and not self._memory:
            told.append("memory_requests_ignored")
        fits, found = cpus <= self._total, list[int]()
        for chunk in chunks:
            memory = -(-asked.memory * chunk.cpus // cpus) if self._memory else 0
            key = chunk.cpus, memory, asked.queue, chunk.rules
            found += [self._templates.setdefault(key, len(self._templates))] * chunk.pods
            kinds = self._reader.kinds(chunk.rules)
            fits &= any(chunk.cpus <= kind.cpus and memory <= (kind.memory or memory) for kind in kinds)
        told += [] if fits else ["larger_than_the_machine"]
        return tuple(found)

    def _chunks(self, asked: Asked, told: list[str]) -> tuple[Chunk, ...]:
        spec = self._reader.read(asked.spec) if asked.spec else None
        if spec is not None and spec.cpus == asked.procs:
            told += [f"ignored {name}" for name in spec.ignored]
            if is_exclusive(asked.spec):
                told.append("whole_nodes")
                return tuple(self._reader.whole(chunk) for chunk in spec.chunks)
            return spec.chunks
        if asked.spec:
            told.append("node_specs_not_followed")
        most, each = self._smallest.cpus, -(-asked.memory // asked.procs)
        if each and self._smallest.memory:
            most = max(1, min(most, self._smallest.memory // each))
        count = -(-asked.procs // most)
        size, more = divmod(asked.procs, count)
        return tuple(Chunk(*each) for each in ((more, size + 1), (count - more, size)) if each[0])

    def templates(self) -> tuple[Pod, ...]:
        """Return the templates, by number."""
        return tuple(
            template(
                {"cpu": 1000 * cpus, "memory": memory},
                {},
                {"queue": queue} if queue else {},
                affinity=_affinity(rules) if rules else None,
            )
            for cpus, memory, queue, rules in self._templates
        )

    def report(self, jobs: Counter[Asked]) -> dict[str, Any]:
        """Return how many jobs each thing was true of."""
        counts: Counter[str] = Counter()
        for asked, told in self._told.items():
            counts.update(dict.fromkeys(told, jobs[asked]))
        ignored = {name.removeprefix("ignored "): counts.pop(name) for name in sorted(counts) if " " in name}
        known = ("larger_than_the_machine", "whole_nodes", "node_specs_not_followed", "memory_requests_ignored")
        return {name: counts[name] for name in known} | {"properties_ignored": ignored}


def _affinity(rules: Sequence[Rule]) -> Affinity:
    expressions = [
        NodeSelectorRequirement(key=label, operator="In" if wanted else "NotIn", values=[value])
        for label, wanted, value in rules
    ]
    term = NodeSelectorTerm(match_expressions=expressions)
    return Affinity(node_affinity=NodeAffinity(required=NodeSelector(node_selector_terms=[term])))
