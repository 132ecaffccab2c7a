"""One run of a suite, as a worker process carries it out."""

from __future__ import annotations

import hashlib
import json
import traceback
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schedlab.errors import SchedlabError
from schedlab.experiments import store
from schedlab.experiments.comparison.columns import FIRST_TIE, PLACE
from schedlab.metrics import summary
from schedlab.plugins.budget import SECONDS
from schedlab.plugins.registry import source_files
from schedlab.scoring import Profile
from schedlab.sim.replay import replay
from schedlab.workload import load_trace
from schedlab.workload.load import find_trace
from schedlab.workload.loaders import options as options_of

if TYPE_CHECKING:
    from schedlab.workload import Workload


@dataclass(frozen=True)
class Task:
    """A run to be made: which trace with which options, which scheduler, which replicate."""

    label: str  # the trace's name in tables
    where: str  # what load_trace takes
    options: str  # of the loader, as JSON: hashable
    scheduler: str
    seed: int
    time_budget: float = SECONDS  # for a call of a plug-in; the run is the same whatever it is

    def __str__(self) -> str:
        """Return what a progress bar shows."""
        return f"{self.label} {self.scheduler} #{self.seed}"


@dataclass(frozen=True)
class Outcome:
    """What became of a task: its summary and where its run is stored, or why there is none."""

    task: Task
    key: str = ""  # folder below runs/
    reused: bool = False
    summary: dict[str, Any] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)  # the run's
    error: str = ""  # one line
    traceback: str = ""

    def row(self) -> dict[str, Any]:
        """Return the outcome as a row of the suite's summary table."""
        task = self.task
        place = (task.label, task.scheduler, task.seed, FIRST_TIE, self.key, self.error)
        return dict(zip(PLACE, place, strict=True)) | self.summary


@lru_cache(maxsize=1)  # tasks come grouped by workload
def load(where: str, options: str, seed: int) -> tuple[Workload, str]:
    """Return a workload and its digest; the seed is its generator's or resampler's, where it has one."""
    loader, _ = find_trace(where)
    chosen = ({"seed": seed} if "seed" in options_of(loader) else {}) | json.loads(options)
    workload = load_trace(where, **chosen)
    return workload, workload.digest()


def carry_out(task: Task, runs: Path, fresh: bool) -> Outcome:
    """Make the run, or find it stored; whatever goes wrong is part of the outcome."""
    try:
        workload, digest = load(task.where, task.options, task.seed)
        profile = Profile.of(task.scheduler)
        key = store.run_key(
            workload=digest,
            options=task.options,
            scheduler=task.scheduler,
            profile=profile.describe(),
            plugins=_sources(profile),
            seed=task.seed,
            code=store.code_version(),
        )
        run = None if fresh else store.find(runs, key)
        reused = run is not None
        if run is None:
            run = replay(workload, scheduler=profile, seed=task.seed, time_budget=task.time_budget)
            store.save(run, runs, key)
        measured = {str(name): value for name, value in summary(run).items()}
    except Exception as error:  # one bad run must not end the suite
        return Outcome(task, error=reason(error), traceback=traceback.format_exc())
    return Outcome(task, key, reused, measured, run.manifest)


def _sources(profile: Profile) -> list[str]:
    """Return the sha256 of what each plug-in that is not of this package is written in, for no run to outlive it."""
    files = {file for plugin in profile.plugins() for file in source_files(plugin.rule)}
    return [hashlib.sha256(Path(file).read_bytes()).hexdigest() for file in sorted(files)]


def reason(error: BaseException) -> str:
    """Return an error as one line; those that schedlab raises need no name before them."""
    text = " ".join(str(error).split())
    return text if text and isinstance(error, SchedlabError) else f"{type(error).__name__}: {text}".removesuffix(": ")
