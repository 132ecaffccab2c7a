"""Drawn: which runs of a trace the figures show, read from the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schedlab.errors import InputError
from schedlab.experiments.comparison.columns import FIRST_TIE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.experiments.comparison import Line
    from schedlab.experiments.report.source import Source
    from schedlab.record import Run

TABLES = ("pods", "nodes", "samples")  # that figures read


@dataclass(frozen=True)
class Drawn:
    """Runs of one replicate, one a scheduler.

    Attributes
    ----------
    replicate
        The first that has any run to read.
    runs
        By the suite's names of the schedulers; empty if none can be read.
    baseline, best
        A baseline, or what comes first; the best of the others, "" if there is none.
    problems
        Why runs could not be read.
    """

    replicate: int
    runs: dict[str, Run]
    baseline: str
    best: str
    problems: tuple[str, ...]


def drawn_of(trace: str, lines: Sequence[Line], results: Source, most: int) -> Drawn:
    """Return the runs of a trace to draw, so many at most; ``lines`` are its schedulers, the best first."""
    names = [line.scheduler for line in lines if line.runs]
    baselines = [name for name in results.comparison.baselines if name in names] or names[:1]
    chosen = list(dict.fromkeys([*baselines, *names]))[:most]
    problems: list[str] = []
    for replicate in sorted(map(int, results.frame.loc[results.frame["trace"] == trace, "replicate"].unique())):
        runs = {}
        for name in chosen:
            try:
                run = results.run(trace, name, replicate, FIRST_TIE)
                if run is not None:
                    for table in TABLES:  # stored ones are read here, if they can be
                        _ = run.tables[table]
                    runs[name] = replace(run, manifest={**run.manifest, "scheduler": name})
            except InputError as error:
                problems.append(str(error))
        if runs:
            baseline = next((name for name in baselines if name in runs), next(iter(runs)))
            best = next((name for name in names if name in runs and name != baseline), "")
            return Drawn(replicate, runs, baseline, best, tuple(problems))
    return Drawn(0, {}, baselines[0], "", tuple(problems))
