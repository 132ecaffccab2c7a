"""Estimate: what a suite would run, and about how long and how much memory that would take."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from statistics import median
from typing import TYPE_CHECKING

import pandas as pd

from schedlab.experiments.execution.prepare import Preparation
from schedlab.experiments.task import Ready, reason
from schedlab.sim.replay import replay
from schedlab.workload.transforms import apply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.experiments.grid.trace import World
    from schedlab.experiments.store import Store
    from schedlab.experiments.task import Task
    from schedlab.workload import Workload

PILOT = 300  # pods of the short replay that an estimate rests on where no run is stored
PROCESS = 200 << 20  # bytes that a worker takes before it runs anything
POD, NODE = 700, 20_000  # bytes more for each: measured with 1e6 pods on 5,000 nodes
COLUMNS = ("trace", "scheduler", "runs", "stored", "seconds", "bytes", "basis")


@dataclass(frozen=True)
class Estimate:
    """What would run.

    Attributes
    ----------
    table
        A row for each trace and scheduler: runs, stored, seconds (CPU, of what is not stored), bytes (of one run) and
        basis (``stored``: runs of the same scheduler on the same trace; ``pilot``: the first pods, replayed).
    notes, problems
        As in `Filled`.
    """

    table: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """CPU seconds in all."""
        return float(self.table["seconds"].sum())


def estimate(tasks: Sequence[Task], store: Store, notes: list[str], problems: list[str]) -> Estimate:
    """Return what tasks would take.

    Where a run of the same scheduler and trace is stored, the others are taken to need its time; else the first
    `PILOT` pods of the first replicate are replayed, and each pod is taken to need the same time, which under overload
    it does not. Memory is what a run of so many pods and nodes needed when it was measured.
    """
    rows, problems = [], list(problems)
    preparation = Preparation(store, dry=True)
    for (trace, name), own in _grouped(tasks).items():
        ready = [_ready(preparation, task, problems) for task in own]
        known = [each for each in ready if each is not None]
        done = [each.key for each in known if not each.fresh and each.key in store]
        try:
            workload = _world(known[0].task.world) if known else None
            seconds = _stored_seconds(done, store) or (_pilot_seconds(known[0].task, workload) if workload else 0.0)
        except Exception as error:  # a plug-in's
            problems.append(f"{trace} {name}: {reason(error)}")
            continue
        amount = PROCESS + (POD * len(workload.pods) + NODE * len(workload.nodes) if workload else 0)
        basis = "stored" if done else "pilot"
        rows.append((trace, name, len(known), len(done), seconds * (len(known) - len(done)), amount, basis))
    return Estimate(pd.DataFrame(rows, columns=list(COLUMNS)), notes, list(dict.fromkeys(problems)))


def _ready(preparation: Preparation, task: Task, problems: list[str]) -> Ready | None:
    """Return a task with all that its run depends on; what is wrong with its world is a problem, and None."""
    try:
        return preparation.of(task)
    except Exception as error:
        problems.append(f"{task.trace} #{task.replicate}: {reason(error)}")
        return None


def _grouped(tasks: Sequence[Task]) -> dict[tuple[str, str], list[Task]]:
    groups: dict[tuple[str, str], list[Task]] = {}
    for task in tasks:
        groups.setdefault((task.trace, task.contender.name), []).append(task)
    return groups


@lru_cache(maxsize=8)
def _world(world: World) -> Workload:
    return world.load()


def _stored_seconds(keys: Sequence[str], store: Store) -> float:
    """Return the median CPU time of stored runs, 0 if there are none."""
    runs = [run for key in keys if (run := store.find(key))]
    return median(run.manifest["timings"]["cpu_s"] for run in runs) if runs else 0.0


def _pilot_seconds(task: Task, workload: Workload) -> float:
    part = apply(workload, [{"head": {"pods": min(PILOT, len(workload.pods))}}])
    run = replay(part, scheduler=task.contender.profile(), seed=task.seed, time_budget=task.settings.time_budget)
    return float(run.manifest["timings"]["cpu_s"]) / len(part.pods) * len(workload.pods)
