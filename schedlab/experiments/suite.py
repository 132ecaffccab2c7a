"""Suite: a grid of runs, traces x schedulers x replicates, read from a YAML file."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from schedlab.errors import InputError
from schedlab.experiments import store
from schedlab.experiments.execute import execute
from schedlab.experiments.results import Results
from schedlab.experiments.task import Task, load
from schedlab.plugins.budget import SECONDS
from schedlab.plugins.choice import Entry, as_text
from schedlab.scoring import Profile
from schedlab.workload.load import find_trace

if TYPE_CHECKING:
    import os
    from concurrent.futures import Executor

    from schedlab.experiments.execute import Progress

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
SHIPPED = resources.files("schedlab") / "experiments" / "suites"


class Trace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A trace of a suite: what `load_trace` takes, and whether its absence is no error."""

    trace: str
    options: dict[str, Any] = {}
    optional: bool = False

    @property
    def label(self) -> str:
        """Name for tables: the trace and its options."""
        return " ".join([self.trace, *(f"{name}={value}" for name, value in self.options.items())])


class Suite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every scheduler on every trace, ``replicates`` times.

    Replicate i has seed i: of the workload's generator or resampler, so that all schedulers meet the same world,
    and of the replay. A trace that is not resampled is the same in all replicates; they vary only ties then.

    Attributes
    ----------
    name
        Folder of the results below ``results/``.
    traces, schedulers
        What `load_trace` and `replay` take; a scheduler is a text such as ``delay(deadline=5)+best_fit:2``, or a
        mapping of ``plugin``, ``args`` and ``weight``, or a list of these.
    replicates
        At least 1.
    pareto
        The two metrics of the report's Pareto plot.
    time_budget
        Seconds that one call of a plug-in may take.
    """

    name: Name
    traces: Annotated[tuple[Trace, ...], msgspec.Meta(min_length=1)]
    schedulers: Annotated[tuple[Entry, ...], msgspec.Meta(min_length=1)]
    replicates: Annotated[int, msgspec.Meta(ge=1)] = 3
    pareto: tuple[str, str] | None = None
    time_budget: Annotated[float, msgspec.Meta(gt=0)] = SECONDS

    @property
    def scheduler_texts(self) -> tuple[str, ...]:
        """The schedulers as one names them on the command line."""
        return tuple(map(as_text, self.schedulers))

    @staticmethod
    def from_file(where: str | os.PathLike[str]) -> Suite:
        """Read a suite.

        Parameters
        ----------
        where
            Path of a YAML file, or the name of a shipped suite such as "default".

        Raises
        ------
        InputError
            There is no such file or name, or the file is wrong; the line names file and field.
        """
        shipped = {Path(file.name).stem: file for file in SHIPPED.iterdir() if file.name.endswith(".yaml")}
        path = Path(where)
        file = path if path.is_file() else shipped.get(str(where))
        if file is None:
            names = ", ".join(sorted(shipped))
            raise InputError(f"there is no suite {str(where)!r}", mend=f"name a YAML file, or a shipped suite: {names}")
        try:
            return msgspec.yaml.decode(file.read_bytes(), type=Suite)
        except msgspec.ValidationError as error:
            problem, _, place = str(error).partition(" - at `$.")
            raise InputError(problem, file=where, field=place.rstrip("`") or None) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(f"this is no YAML: {error}", file=where) from error

    def tasks(self) -> tuple[list[Task], list[str]]:
        """Return the runs to make, grouped by workload, and a note for each optional trace that is absent.

        Raises
        ------
        InputError
            A name occurs twice or is unknown, or a trace cannot be loaded.
        """
        labels = [trace.label for trace in self.traces]
        for kind, names in (("trace", labels), ("scheduler", list(self.scheduler_texts))):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise InputError(f"{kind} {twice[0]!r} occurs twice", file=f"suite {self.name}", mend="name it once")
        for scheduler in self.scheduler_texts:
            Profile.of(scheduler)
        tasks, notes = [], []
        for trace in self.traces:
            try:
                find_trace(trace.trace)
            except InputError as error:
                if not trace.optional:
                    raise
                notes.append(f"{trace.label} was skipped: {error}")
                continue
            options = json.dumps(trace.options, sort_keys=True, default=str)
            load(trace.trace, options, 0)
            tasks += [
                Task(trace.label, trace.trace, options, scheduler, seed, self.time_budget)
                for seed in range(self.replicates)
                for scheduler in self.scheduler_texts
            ]
        return tasks, notes

    def run(
        self,
        workers: int = 2,
        out: str | os.PathLike[str] | None = None,
        *,
        fresh: bool = False,
        executor: Executor | None = None,
        progress: Progress | None = None,
    ) -> Results:
        """Make the runs that are not stored yet, then write the summary and the report.

        Parameters
        ----------
        workers
            Runs under way at a time, in as many processes; 1 stays in this process. More than 1 starts processes
            afresh, so a script must guard its own top level with ``if __name__ == "__main__":``.
        out
            Folder of the results; default ``results/<name>``.
        fresh
            Make stored runs once more.
        executor
            Any `concurrent.futures.Executor` to use in place of a process pool.
        progress
            Called with (runs done, total, tasks under way).

        Returns
        -------
        Results
            A run that failed is a row with its reason.
        """
        folder = Path(out) if out is not None else Path("results") / self.name
        tasks, notes = self.tasks()
        runs = folder / "runs"
        runs.mkdir(parents=True, exist_ok=True)
        store.sweep(runs)
        outcomes = execute(tasks, runs, workers=workers, fresh=fresh, executor=executor, progress=progress)
        results = Results(self, folder, outcomes, notes)
        results.write()
        return results
