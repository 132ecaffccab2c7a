"""Suite: a grid of runs and how to compare them, read from a YAML file or written in Python."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schedlab.errors import InputError
from schedlab.experiments.estimate import Estimate, estimate
from schedlab.experiments.execution import execute
from schedlab.experiments.grid import read
from schedlab.experiments.grid.grid import Filled, Grid
from schedlab.experiments.grid.include import Gathered
from schedlab.experiments.grid.written import Comparing, Written
from schedlab.experiments.progress import in_notebook
from schedlab.experiments.results import Results
from schedlab.experiments.searches.search import searches
from schedlab.experiments.store import Store
from schedlab.metrics import choose
from schedlab.scoring import Profile

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor

    from schedlab.experiments.execution import Progress
    from schedlab.experiments.task import Task


@dataclass(frozen=True)
class Suite:
    """A grid of runs, and how to compare them.

    Attributes
    ----------
    name
        Folder of the results below ``results/``.
    grids
        With the folder in which the files that each names are looked for, after the current one.
    comparing
        How its schedulers are compared.
    problems
        What is wrong in it; the rest of it runs.
    objects
        Schedulers that were given as objects, by name; their runs stay in this process.
    """

    name: str
    grids: tuple[tuple[Grid, Path], ...]
    comparing: Comparing
    problems: tuple[str, ...] = ()
    objects: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @staticmethod
    def of(name: str, traces: Sequence[Any], schedulers: Sequence[Any], **settings: Any) -> Suite:
        """Make a suite in Python.

        Parameters
        ----------
        name
            As in a file.
        traces
            Names, or mappings as a file has them.
        schedulers
            The same; or objects that `replay` takes: a `Profile`, a plug-in function. Runs of these are made in this
            process, and stored like others, under the hash of their source.
        settings
            The other fields of a suite file.

        Raises
        ------
        InputError
            A field is wrong.
        """
        objects: dict[str, Any] = {}
        entries = []
        for each in schedulers:
            if isinstance(each, str | dict | list | tuple):
                entries.append(each)
            else:
                label = Profile.of(each).name
                objects[label] = each
                entries.append(label)
        content = {"name": name, "traces": list(traces), "schedulers": entries, **settings}
        return _made(read.checked(content, Written, f"suite {name}"), Path(), f"suite {name}", objects)

    @staticmethod
    def from_file(where: str | os.PathLike[str]) -> Suite:
        """Read a suite.

        Parameters
        ----------
        where
            Path of a YAML file, or the name of a shipped suite such as "quick".

        Raises
        ------
        InputError
            There is no such file or name, or the file is wrong; the line names file and field. What is wrong in a file
            that it includes is one of `problems`.
        """
        file = read.find(str(where), Path())
        written = read.checked(read.parse(file, str(where)), Written, str(where))
        folder = file.parent if isinstance(file, Path) else Path()
        return _made(written, folder, read.identity(file), {})

    def filled(self, only: Sequence[str] = ()) -> Filled:
        """Return the runs that it stands for; ``only`` keeps those that match all of some patterns, as `matching` says.

        Nothing is loaded yet; each scheduler's name and parameters are checked.

        Raises
        ------
        InputError
            There is nothing to run, or nothing matches.
        """
        filled = Filled(problems=list(self.problems))
        margin = self.comparing.margin
        for wanted in (*self.comparing.metrics, *(margin if isinstance(margin, dict) else ())):
            filled.measure(wanted, self.grids[0][1] if self.grids else Path())
        for grid, folder in self.grids:
            filled.add(grid, folder, self.objects)
        names = dict.fromkeys(task.contender.name for task in filled.tasks)
        for baseline in self.comparing.baselines:
            if baseline not in names:
                near = difflib.get_close_matches(baseline, names, 3) or list(names)
                filled.problems.append(f"baseline {baseline!r} is no scheduler of the suite; known: {', '.join(near)}")
        if not filled.tasks:
            problem = "; ".join(filled.problems or filled.notes) or "it has no traces or no schedulers"
            raise InputError(f"suite {self.name} stands for no runs: {problem}")
        chosen = matching(filled.tasks, only)
        if len(chosen) < len(filled.tasks):
            filled.notes.append(f"{len(chosen)} of the suite's {len(filled.tasks)} runs, filtered")
        filled.tasks = chosen
        return filled

    def preview(self, out: str | os.PathLike[str] | None = None, only: Sequence[str] = ()) -> Estimate:
        """Return what would run, and how long it might take; nothing is written."""
        filled = self.filled(only)
        return estimate(filled.tasks, Store(self.folder(out)), filled.notes, filled.problems)

    def run(
        self,
        workers: int = 2,
        out: str | os.PathLike[str] | None = None,
        *,
        fresh: bool = False,
        only: Sequence[str] = (),
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
        only
            Patterns; see `matching`.
        executor
            Any `concurrent.futures.Executor` to use in place of a process pool, with a store that it can reach.
        progress
            Called with (runs done, total, tasks under way); default: a bar in a notebook, nothing elsewhere.

        Returns
        -------
        Results
            A run that failed is a row with its reason.

        Raises
        ------
        SchedlabError
            The disk is full; what is stored stays, and the same call goes on from there.
        """
        filled = self.filled(only)
        store = Store(self.folder(out))
        store.open()
        tell = progress or in_notebook()
        outcomes = execute(filled.tasks, store, workers=workers, fresh=fresh, executor=executor, progress=tell)
        own = choose(filled.metrics) | {name: searches()[name].definition for name in filled.searches}
        told = filled.populations, own, filled.notes, filled.problems
        results = Results(self.name, self.comparing, store, outcomes, *told, partial=bool(only))
        results.write()
        return results

    def folder(self, out: str | os.PathLike[str] | None = None) -> Path:
        """Return the folder of its results."""
        return Path(out) if out is not None else Path("results") / self.name


def matching(tasks: Sequence[Task], only: Sequence[str]) -> list[Task]:
    """Return the tasks that match every pattern.

    A pattern is ``trace=GLOB``, ``scheduler=GLOB`` or ``replicate=N``, or a text that ``trace scheduler #replicate``
    contains.

    Raises
    ------
    InputError
        Nothing matches.
    """
    found = list(tasks)
    for pattern in only:
        before, found = found, [task for task in found if _matches(task, pattern)]
        if before and not found:
            mend = f"write trace=GLOB, scheduler=GLOB, replicate=N or a part of {str(before[0])!r}"
            raise InputError(f"no run matches {pattern!r}", mend=mend)
    return found


def _matches(task: Task, pattern: str) -> bool:
    field, found, glob = pattern.partition("=")
    named = {"trace": task.trace, "scheduler": task.contender.name, "replicate": str(task.replicate)}
    return fnmatchcase(named[field], glob) if found and field in named else pattern in str(task)


def _made(written: Written, folder: Path, told: str, objects: dict[str, Any]) -> Suite:
    gathered = Gathered()
    comparing = gathered.take(written, folder, (told,))
    return Suite(written.name, tuple(gathered.grids), comparing, tuple(gathered.problems), objects)
