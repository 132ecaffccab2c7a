"""Grid: traces x schedulers x replicates x tie-break seeds, as a suite file writes it and as tasks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from schedlab.errors import InputError
from schedlab.experiments.grid.contender import AnyScheduler, Contender, beside
from schedlab.experiments.grid.parameters import agree, bindings, filled, used
from schedlab.experiments.grid.replicates import Replicates  # noqa: TC001 (msgspec reads the annotations)
from schedlab.experiments.grid.trace import Trace, worlds
from schedlab.experiments.searches.search import searches
from schedlab.experiments.task import Settings, Task
from schedlab.extensions import nearest
from schedlab.metrics import choose, metrics, offered
from schedlab.plugins.budget import SECONDS
from schedlab.workload.units import microseconds, units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from schedlab.experiments.grid.parameters import Binding

Count = Annotated[int, msgspec.Meta(ge=1)]
NAMED = "name", "plugin", "scheduler", "config", "trace"  # fields of entries, the most telling first


class Exclusion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Runs to leave out: those whose names match both patterns (``*`` and ``?`` as in file names)."""

    trace: str = "*"
    scheduler: str = "*"

    def __post_init__(self) -> None:
        if (self.trace, self.scheduler) == ("*", "*"):
            raise ValueError("this would leave out everything; give trace or scheduler")


class Grid(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Every scheduler on every trace, in every replicate, with every tie-break seed.

    Attributes
    ----------
    traces, schedulers
        Names, or mappings as `Trace` and `Scheduler` say.
    parameters
        Values that ``$name`` stands for in them, in turn.
    replicates
        A count, of seeds of the generator or resampler, or `Replicates`.
    tie_seeds
        Seeds of the schedulers' own draws in each replicate. The first one is compared; the others say how much of a
        result hangs on tie-breaking.
    exclude
        What to leave out of the grid.
    warmup
        Where the measured time begins: a text such as "1h", or seconds.
    memory
        What the process of a run may take, such as "4Gi", itself included.
    time_budget
        Seconds that one call of a plug-in may take.
    """

    traces: tuple[str | Trace, ...] = ()
    schedulers: tuple[AnyScheduler, ...] = ()
    parameters: dict[str, Annotated[tuple[Any, ...], msgspec.Meta(min_length=1)]] = {}
    replicates: Count | Replicates = 3
    tie_seeds: Count = 1
    exclude: tuple[Exclusion, ...] = ()
    warmup: str | float = 0
    memory: str | Count | None = None
    time_budget: Annotated[float, msgspec.Meta(gt=0)] = SECONDS

    def __post_init__(self) -> None:
        try:
            self.settings()
        except InputError as error:
            raise ValueError(str(error)) from None

    def settings(self) -> Settings:
        """Return what all its runs have in common."""
        memory = None if self.memory is None else _read("memory", units, self.memory)
        return Settings(_read("warmup", microseconds, self.warmup), memory, self.time_budget)


@dataclass
class Filled:
    """The runs that a suite stands for.

    Attributes
    ----------
    tasks
        Grouped by world.
    populations
        What the replicates of each trace are drawn from; "" where there is but one.
    metrics, searches
        What every run is measured by beside the package's metrics.
    notes, problems
        What was left out as it may be, and what is wrong in the suite: the rest goes on without it.
    """

    tasks: list[Task] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    searches: list[str] = field(default_factory=list)
    populations: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def measure(self, metric: str, folder: Path) -> None:
        """Let the runs that are added from now on be measured by a metric, if the summary does not have it anyway.

        ``metric`` may be an entry of its family, such as ``wait.p95``.
        """
        place, colon, name = metric.rpartition(":")
        if not colon:
            self._known(metric)
            return
        own = f"{beside(place, folder)}:{name}" if place.endswith(".py") else metric
        try:
            choose([*self.metrics, own])
        except InputError as error:
            self.problems.append(f"metric {metric!r} was skipped: {error}")
        else:
            self.metrics.append(own)

    def _known(self, entry: str) -> None:
        family = entry.partition(".")[0]
        known = [*metrics(), *choose(self.metrics), *searches(), *offered()]
        if family not in known:
            self.problems.append(f"there is no metric {entry!r}; {nearest(family, known)}")
        elif family in searches() and family not in self.searches:
            self.searches.append(family)
        elif family in offered() and family not in self.metrics:
            self.metrics.append(family)

    def add(self, grid: Grid, folder: Path, objects: Mapping[str, Any]) -> None:
        """Add the runs of a grid; files are looked for here, then in ``folder``."""
        contenders = self._contenders(grid, folder, objects)
        for name in sorted(set(grid.parameters) - used(msgspec.to_builtins([grid.traces, grid.schedulers]))):
            self.problems.append(f"parameter {name!r} is used nowhere; write ${name} in a trace or a scheduler")
        for trace, binding in self._traces(grid):
            chosen = [each for each, other in contenders if agree(binding, other) and not _excluded(grid, trace, each)]
            try:
                made, replicates = worlds(trace, trace.replicates or grid.replicates, folder)
            except InputError as error:
                told = self.notes if trace.optional else self.problems
                told.append(f"{trace.label} was skipped: {error}")
                continue
            self.populations[trace.label] = replicates.population if replicates else ""
            known = {(task.trace, task.contender.name) for task in self.tasks}
            fresh = [each for each in chosen if (trace.label, each.name) not in known]
            settings = replace(grid.settings(), metrics=tuple(self.metrics), searches=tuple(self.searches))
            self.tasks += [
                Task(trace.label, world, contender, replicate, tie, settings)
                for replicate, world in enumerate(made)
                for contender in fresh
                for tie in range(grid.tie_seeds)
            ]

    def _contenders(self, grid: Grid, folder: Path, objects: Mapping[str, Any]) -> list[tuple[Contender, Binding]]:
        found: dict[str, tuple[Contender, Binding]] = {}
        for entry, binding in self._expanded(grid.schedulers, grid):
            try:
                contender = Contender.of(msgspec.convert(entry, AnyScheduler), folder, objects)
                contender.profile()
            except (InputError, msgspec.ValidationError) as error:
                self.problems.append(f"scheduler {_short(entry)} was skipped: {error}")
                continue
            if contender.name in found:
                self.problems.append(f"scheduler {contender.name!r} occurs twice; name it once")
            found.setdefault(contender.name, (contender, binding))
        return list(found.values())

    def _traces(self, grid: Grid) -> Iterator[tuple[Trace, Binding]]:
        names = set()
        for entry, binding in self._expanded(grid.traces, grid):
            try:
                trace = msgspec.convert({"trace": entry} if isinstance(entry, str) else entry, Trace)
            except msgspec.ValidationError as error:
                self.problems.append(f"trace {_short(entry)} was skipped: {error}")
                continue
            if trace.label in names:
                self.problems.append(f"trace {trace.label!r} occurs twice; name it once")
                continue
            names.add(trace.label)
            yield trace, binding

    def _expanded(self, entries: tuple[Any, ...], grid: Grid) -> Iterator[tuple[Any, Binding]]:
        """Yield every entry with its parameters filled in, as JSON values, and their values."""
        for entry in entries:
            plain = msgspec.to_builtins(entry)
            try:
                choices = list(bindings(plain, grid.parameters))
            except InputError as error:
                self.problems.append(f"{_short(plain)} was skipped: {error}")
                continue
            yield from ((filled(plain, binding), binding) for binding in choices)


def _excluded(grid: Grid, trace: Trace, contender: Contender) -> bool:
    return any(
        fnmatchcase(trace.label, each.trace) and fnmatchcase(contender.name, each.scheduler) for each in grid.exclude
    )


def _short(entry: Any) -> str:
    text = _called(entry)
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _called(entry: Any) -> str:
    """Return what to call an entry: its name, or what it mostly is."""
    if isinstance(entry, list | tuple):
        return "+".join(map(_called, entry))
    named = [entry[key] for key in NAMED if entry.get(key)] if isinstance(entry, dict) else []
    return _called(named[0]) if named else str(entry)


def _read(field: str, read: Callable[[str], int], value: str | float) -> int:
    """Return what a field says; an error begins with its name."""
    try:
        return read(str(value).removesuffix(".0"))
    except InputError as error:
        raise InputError(f"{field} {error}") from None
