"""Results: what a suite's runs gave, and the files that tell it."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from schedlab.errors import InputError, SchedlabError
from schedlab.experiments import store
from schedlab.experiments.comparison import Comparison, Line, compare, means
from schedlab.experiments.comparison.columns import PLACE, chosen
from schedlab.experiments.comparison.verdict import place
from schedlab.experiments.grid.contender import Contender
from schedlab.experiments.grid.trace import World
from schedlab.experiments.grid.written import Comparing
from schedlab.experiments.report import page
from schedlab.experiments.store import Store
from schedlab.experiments.task import Outcome, Settings, Task
from schedlab.metrics import Metric, better_of
from schedlab.notebook import shown

if TYPE_CHECKING:
    from schedlab.record import Run

MANIFEST, SUMMARY, REPORT, FILTERED = "manifest.json", "summary.parquet", "report.html", "filtered.html"
FACTS = ("unit", "better", "formula", "source", "host")  # of a metric, without what measures it


@dataclass(repr=False)
class Results:
    """The outcomes of a suite's runs, in the order of its tasks.

    Attributes
    ----------
    name
        The suite's.
    comparing
        How its schedulers are compared.
    store
        The runs; beside them ``report.html``, ``summary.parquet`` and ``manifest.json``.
    populations
        What the replicates of each trace are drawn from; "" where there is but one.
    own
        The metrics beside the package's, by name.
    notes, problems
        What was left out as it may be, and what was wrong in the suite.
    partial
        Only some of the suite's runs were asked for: the page is ``filtered.html``, and no other file is written.
    """

    name: str
    comparing: Comparing
    store: Store
    outcomes: list[Outcome]
    populations: dict[str, str] = field(default_factory=dict)
    own: dict[str, Metric[Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    partial: bool = False

    @staticmethod
    def load(folder: str | Path) -> Results:
        """Read the results of a suite that ran earlier.

        Raises
        ------
        InputError
            No suite's results are there, or they are damaged.
        """
        kept = Store(Path(folder))
        mend = "name a folder that schedlab bench wrote, or run the suite again"
        try:
            told = json.loads((kept.folder / MANIFEST).read_text())
            rows = pq.read_table(kept.folder / SUMMARY).to_pylist()
            comparing = msgspec.convert(told["comparing"], Comparing)
            outcomes = [_read(row, run, kept) for row, run in zip(rows, told["runs"], strict=True)]
            own = {name: _definition(name, **facts) for name, facts in told["metrics"].items()}
            facts = told["populations"], own, told["notes"], told["problems"]
            return Results(told["suite"], comparing, kept, outcomes, *facts)
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException, msgspec.ValidationError) as error:
            problem = f"these are no results of a suite: {type(error).__name__}: {error}"
            raise InputError(problem, file=folder, mend=mend) from error

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a run: trace, scheduler, replicate, tie, run, error ("": it ended well), then the metrics."""
        rows = [outcome.row() for outcome in self.outcomes]
        return pd.DataFrame(rows, columns=list(dict.fromkeys(name for row in rows for name in row)) or list(PLACE))

    @cached_property
    def comparison(self) -> Comparison:
        """The schedulers compared with the baselines; what cannot be compared is one of the `problems`."""
        names = list(dict.fromkeys(outcome.task.contender.name for outcome in self.outcomes))
        baselines = [name for name in self.comparing.baselines if name in names] or names[:1]
        if lost := [name for name in self.comparing.baselines if name not in names]:
            self.notes.append(f"no run of baseline {', '.join(lost)} is here; compared with {', '.join(baselines)}")
        metrics = [entry for wanted in self.comparing.metrics if (entry := self._entry(wanted))]
        better = partial(better_of, more=self.own)
        margin, confidence = self.comparing.margin, self.comparing.confidence
        try:
            return compare(
                self.frame, baselines=baselines, better=better, metrics=metrics, margin=margin, confidence=confidence
            )
        except InputError as error:  # the margin's
            self.problems += [str(error)] if str(error) not in self.problems else []
            return compare(self.frame, baselines=baselines, better=better, metrics=metrics, confidence=confidence)

    def _entry(self, wanted: str) -> str | None:
        """Return how a metric that the suite names is called in the frame."""
        entry = wanted.rpartition(":")[2]
        try:
            chosen(self.frame, [entry])
        except InputError as error:
            if not any(f"no metric {entry!r}" in problem for problem in self.problems):  # the suite knew
                self.problems.append(str(error))
            return None
        return entry

    @cached_property
    def tables(self) -> dict[str, list[Line]]:
        """The schedulers side by side, for each trace: means over replicates."""
        return means(self.frame)

    @property
    def failed(self) -> list[Outcome]:
        """Runs that failed."""
        return [outcome for outcome in self.outcomes if outcome.error]

    @property
    def folder(self) -> Path:
        """Where the results are."""
        return self.store.folder

    @property
    def report(self) -> Path:
        """Where the report is."""
        return self.folder / (FILTERED if self.partial else REPORT)

    def run(self, trace: str, scheduler: str, replicate: int, tie: int = 0) -> Run | None:
        """Return a run without its warm-up, read from the store as it is used; None where it failed or is gone."""
        for outcome in self.outcomes:
            task = outcome.task
            if (task.trace, task.contender.name, task.replicate, task.tie) == (trace, scheduler, replicate, tie):
                run = self.store.find(outcome.key) if outcome.key else None
                return run and run.trimmed(task.settings.warmup)
        return None

    def __repr__(self) -> str:
        ended = len(self.outcomes) - len(self.failed)
        return f"<Results of suite {self.name}: {ended} of {len(self.outcomes)} runs ended well>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: how many verdicts of each kind every scheduler has against each baseline."""
        comparison = self.comparison
        counts = Counter((each.scheduler, each.baseline, each.verdict) for each in comparison.verdicts)
        words = sorted({each.verdict for each in comparison.verdicts}, key=place)
        pairs = dict.fromkeys((each.scheduler, each.baseline) for each in comparison.verdicts)
        rows = [(*pair, *(str(counts[*pair, word]) for word in words)) for pair in pairs]
        return shown(f"{self!r}, report: {self.report}", ("scheduler", "against", *words), rows)

    def manifest(self) -> dict[str, Any]:
        """Return how the results came about, as JSON values."""
        return {
            "schedlab": metadata.version("schedlab"),
            "code": store.code_version(),
            "suite": self.name,
            "comparing": msgspec.to_builtins(self.comparing),
            "populations": self.populations,
            "metrics": {name: {fact: getattr(item, fact) for fact in FACTS} for name, item in self.own.items()},
            "notes": self.notes,
            "problems": self.problems,
            "runs": [_told(outcome) for outcome in self.outcomes],
        }

    def write(self) -> None:
        """Write summary, report and manifest, each whole or not at all.

        Raises
        ------
        StoreFull
            The disk is full.
        """
        if self.partial:
            self.store.write(self.report, page(self).encode())
            return
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pandas(self.frame.convert_dtypes(), preserve_index=False), sink)
        self.store.write(self.folder / SUMMARY, sink.getvalue())
        self.store.write(self.report, page(self).encode())
        self.store.write(self.folder / MANIFEST, json.dumps(self.manifest(), indent=1).encode())


def _told(outcome: Outcome) -> dict[str, Any]:
    task, manifest = outcome.task, outcome.manifest
    told: dict[str, Any] = {
        "trace": task.trace,
        "scheduler": task.contender.name,
        "replicate": task.replicate,
        "tie": task.tie,
        "warmup": task.settings.warmup,
    }
    if outcome.error:
        return told | {"error": outcome.error, "traceback": outcome.traceback}
    facts = {name: manifest[name] for name in ("seed", "decision_hash", "profile", "timings", "host")}
    return told | {"run": outcome.key, "trace_digest": manifest["workload"]["digest"], **facts}


def _read(row: dict[str, Any], told: dict[str, Any], place: Store) -> Outcome:
    """Return the outcome that a row of the summary and its part of the manifest tell."""
    name = told["scheduler"]
    settings = Settings(told["warmup"])
    task = Task(told["trace"], World(""), Contender(name, name), told["replicate"], told["tie"], settings)
    if "error" in told:
        return Outcome(task, error=told["error"], traceback=told["traceback"])
    run = place.find(told["run"])
    values = {entry: value for entry, value in row.items() if entry not in PLACE and value is not None}
    outcome = Outcome(task, told["run"], True, values, run.manifest if run else {})
    return outcome if run else replace(outcome, error="the run was removed from the store")


def _definition(name: str, **facts: Any) -> Metric[Any]:
    """Return what a metric means, without what measures it."""

    def gone(run: Run) -> int:
        raise SchedlabError(f"only the definition of metric {name} is stored; run {run!r} cannot be measured by it")

    gone.__name__ = name
    return Metric(gone, **facts)
