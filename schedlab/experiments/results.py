"""Results: what a suite's runs gave, and the files that tell it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from schedlab.experiments import store
from schedlab.experiments.comparison import Comparison, Line, compare, means
from schedlab.experiments.comparison.columns import FIRST_TIE
from schedlab.experiments.report import page
from schedlab.metrics import better_of

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from schedlab.experiments.suite import Suite
    from schedlab.experiments.task import Outcome
    from schedlab.metrics import Metric
    from schedlab.record import Run


@dataclass(frozen=True)
class Results:
    """The outcomes of a suite's runs, in the order of its tasks.

    Attributes
    ----------
    folder
        Holds ``report.html``, ``summary.parquet``, ``manifest.json`` and the runs.
    notes
        Traces that were skipped, and why.
    """

    suite: Suite
    folder: Path
    outcomes: list[Outcome]
    notes: list[str]
    problems: list[str] = field(default_factory=list)
    populations: dict[str, str] = field(default_factory=dict)
    own: dict[str, Metric[Any]] = field(default_factory=dict)

    @cached_property
    def table(self) -> pa.Table:
        """One row a run: trace, scheduler, replicate, tie, run, error and the metrics of the summary."""
        rows = [outcome.row() for outcome in self.outcomes]
        names = dict.fromkeys(name for row in rows for name in row)
        return pa.table({name: [row.get(name) for row in rows] for name in names})

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The same as a DataFrame."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    @cached_property
    def comparison(self) -> Comparison:
        """The schedulers compared with the first one."""
        return compare(self.frame, baselines=self.frame["scheduler"].unique()[:1].tolist(), better=better_of)

    @property
    def name(self) -> str:
        """The suite's."""
        return self.suite.name

    @property
    def comparing(self) -> Suite:
        """How the schedulers are compared."""
        return self.suite

    def run(self, trace: str, scheduler: str, replicate: int, tie: int = 0) -> Run | None:
        """Return a run, read from the store when it is asked for; None where there is none."""
        for outcome in self.outcomes:
            task = outcome.task
            if (task.label, task.scheduler, task.seed, FIRST_TIE) == (trace, scheduler, replicate, tie):
                return store.find(self.folder / "runs", outcome.key) if outcome.key else None
        return None

    @cached_property
    def tables(self) -> dict[str, list[Line]]:
        """The schedulers side by side, for each trace."""
        return means(self.frame)

    @property
    def failed(self) -> list[Outcome]:
        """Runs that failed."""
        return [outcome for outcome in self.outcomes if outcome.error]

    @property
    def report(self) -> Path:
        """Where the report is."""
        return self.folder / "report.html"

    def manifest(self) -> dict[str, Any]:
        """Return how the results came about, as JSON values."""
        return {
            "schedlab": metadata.version("schedlab"),
            "code": store.code_version(),
            "suite": msgspec.to_builtins(self.suite),
            "notes": self.notes,
            "runs": [_told(outcome) for outcome in self.outcomes],
        }

    def write(self) -> None:
        """Write summary, manifest and report, each whole or not at all."""
        sink = pa.BufferOutputStream()
        pq.write_table(self.table, sink)
        store.write(self.folder / "summary.parquet", sink.getvalue().to_pybytes())
        store.write(self.folder / store.MANIFEST, json.dumps(self.manifest(), indent=1).encode())
        store.write(self.report, page(self).encode())


def _told(outcome: Outcome) -> dict[str, Any]:
    task, manifest = outcome.task, outcome.manifest
    told: dict[str, Any] = {"trace": task.label, "scheduler": task.scheduler, "replicate": task.seed, "tie": FIRST_TIE}
    if outcome.error:
        return told | {"error": outcome.error, "traceback": outcome.traceback}
    facts = {name: manifest[name] for name in ("seed", "decision_hash", "profile", "timings", "host")}
    return told | {"run": outcome.key, "trace_digest": manifest["workload"]["digest"], **facts}
