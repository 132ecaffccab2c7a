"""One run of a suite, as a worker process carries it out."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from schedlab import memory
from schedlab.errors import SchedlabError
from schedlab.experiments import store
from schedlab.experiments.comparison.columns import PLACE
from schedlab.experiments.searches.search import searches
from schedlab.experiments.store import Store, StoreFull
from schedlab.metrics import summary
from schedlab.plugins.budget import SECONDS
from schedlab.sim.replay import replay

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schedlab.experiments.grid.contender import Contender
    from schedlab.experiments.grid.trace import World
    from schedlab.record import Run
    from schedlab.workload import Workload

TIE_STEP = 1_000_000  # between the seeds of two tie-break seeds of a replicate


@dataclass(frozen=True)
class Settings:
    """What the runs of a grid have in common.

    Attributes
    ----------
    warmup
        Microseconds, before which nothing is measured.
    memory
        Bytes that the process of a run may take.
    time_budget
        Seconds that one call of a plug-in may take; the run is the same whatever it is.
    metrics
        One's own, beside those of the summary: names that `choose` knows.
    searches
        Names of `searches` to make on every run's workload.
    """

    warmup: int = 0
    memory: int | None = None
    time_budget: float = SECONDS
    metrics: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """A run to be made: which world, which scheduler, which replicate and tie-break seed."""

    trace: str  # its name in tables
    world: World
    contender: Contender
    replicate: int
    tie: int = 0
    settings: Settings = Settings()

    @property
    def seed(self) -> int:
        """Seed of the scheduler's own draws."""
        return self.replicate + TIE_STEP * self.tie

    def __str__(self) -> str:
        """Return what a progress bar shows."""
        tie = f" ties {self.tie}" if self.tie else ""
        return f"{self.trace} {self.contender.name} #{self.replicate}{tie}"


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
        """Return the outcome as a row of the suite's frame."""
        task = self.task
        place = (task.trace, task.contender.name, task.replicate, task.tie, self.key, self.error)
        return dict(zip(PLACE, place, strict=True)) | self.summary


@dataclass(frozen=True)
class Ready:
    """A task whose workload is in the store.

    Attributes
    ----------
    digest
        Of the workload.
    identity
        All that decides what the run will be.
    measuring
        What tells summaries that were measured in another way.
    fresh
        Make the run though it is stored.
    """

    task: Task
    store: Store
    digest: str
    identity: Mapping[str, Any]
    measuring: str
    fresh: bool

    @property
    def key(self) -> str:
        """The run's place in the store."""
        return store.run_key(**self.identity)


def carry_out(ready: Ready) -> Outcome:
    """Make the run and store it; whatever goes wrong is part of the outcome, but for a full disk.

    Raises
    ------
    StoreFull
        The disk is full.
    """
    task = ready.task
    try:
        if ready.identity["code"] != store.code_version():
            raise SchedlabError("this worker has another version of schedlab than the suite; install the same one")
        with memory.limited(task.settings.memory):
            workload = _workload(ready.store, ready.digest)
            profile = task.contender.profile()
            run = replay(workload, scheduler=profile, seed=task.seed, time_budget=task.settings.time_budget)
            run.manifest |= {"scheduler": task.contender.name, "identity": dict(ready.identity)}
            run.manifest["suite"] = {"trace": task.trace, "replicate": task.replicate, "tie": task.tie}
            summary = measured(run, ready)
            told = {"version": ready.measuring, "values": summary}
            ready.store.save(run, ready.key, told, fresh=ready.fresh)
    except StoreFull:
        raise
    except Exception as error:  # one bad run must not end the suite
        return failed(task, error)
    return Outcome(task, ready.key, False, summary, run.manifest)


def stored(ready: Ready) -> Outcome | None:
    """Return the outcome of a task whose run is in the store, measured anew if the metrics changed since."""
    run = None if ready.fresh else ready.store.find(ready.key)
    if run is None:
        return None
    told = ready.store.summary(ready.key) or {}
    if told.get("version") != ready.measuring:
        told = {"version": ready.measuring, "values": measured(run, ready)}
        ready.store.summarise(ready.key, told)
    return Outcome(ready.task, ready.key, True, told["values"], run.manifest)


def measured(run: Run, ready: Ready) -> dict[str, Any]:
    """Return a run's summary, with the metrics that are one's own and the searches that are asked for.

    In a replicate a search draws the same orders for every scheduler.
    """
    task, settings = ready.task, ready.task.settings
    told = summary(run.trimmed(settings.warmup), metrics=settings.metrics)
    values = {str(name): value for name, value in told.items()}
    for name in settings.searches:
        workload = _workload(ready.store, ready.digest)
        once = partial(ready.store.once, f"{name}-{ready.digest[:16]}-{task.replicate}")
        values |= searches()[name].of(workload, task.contender.profile(), task.replicate, once)
    return values


def failed(task: Task, told: BaseException, cause: BaseException | None = None) -> Outcome:
    """Return the outcome of a task that failed: what is told of it, and the traceback of its cause."""
    lines = traceback.format_exception(cause or told)
    text = reason(told)
    if task.settings.memory and (isinstance(told, MemoryError) or isinstance(told.__cause__, MemoryError)):
        text = f"the run exceeded its memory of {task.settings.memory / 2**20:,.0f} MiB: {text}"
    return Outcome(task, error=text, traceback="".join(lines))


def reason(error: BaseException) -> str:
    """Return an error as one line; those that schedlab raises need no name before them."""
    text = " ".join(str(error).split())
    return text if text and isinstance(error, SchedlabError) else f"{type(error).__name__}: {text}".removesuffix(": ")


@lru_cache(maxsize=1)  # tasks come grouped by world
def _workload(place: Store, digest: str) -> Workload:
    return place.workload(digest)
