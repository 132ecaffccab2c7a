"""The page of a suite's results."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from schedlab.experiments.report.document import document
from schedlab.experiments.report.html import table
from schedlab.experiments.report.provenance import provenance
from schedlab.experiments.report.ranks import ranks, ties
from schedlab.experiments.report.verdicts import overview, verdicts
from schedlab.experiments.report.workload import workload
from schedlab.experiments.table import counted

if TYPE_CHECKING:
    from schedlab.experiments.report.source import Source

ILLUSTRATED = 6  # traces with figures


def page(results: Source) -> str:
    """Return the report of a suite's results, a whole HTML document."""
    comparison, tables = results.comparison, results.tables
    traces = [
        (f"Trace {trace}", workload(trace, lines, results, figures=at < ILLUSTRATED))
        for at, (trace, lines) in enumerate(tables.items())
    ]
    sections = [
        (f"{counted(len(results.failed), 'run')} failed", _failures(results)),
        ("Overview", overview(comparison)),
        ("Verdicts", verdicts(comparison, results.own)),
        ("Ranks", ranks(comparison)),
        ("Tie-breaks", ties(comparison, results.own)),
        *traces,
        ("Provenance", provenance(results.manifest())),
    ]
    return document(f"schedlab: suite {results.name}", _lead(results), sections)


def _lead(results: Source) -> str:
    rows = results.frame
    counts = ", ".join(counted(rows[column].nunique(), column) for column in ("trace", "scheduler"))
    lines = [
        f"{counts}; {len(rows) - len(results.failed)} of {len(rows)} runs ended well. In a replicate every "
        "scheduler meets the same pods and nodes. Waiting runs from submission to the first binding; pods that were "
        "never placed count with the time they had waited, a lower bound (≥).",
        *_populations(results),
        *(f"Note: {note}" for note in results.notes),
    ]
    if rows["trace"].nunique() > ILLUSTRATED:
        lines.append(f"Figures are drawn for the first {ILLUSTRATED} traces.")
    told = "".join(f"<p{' class=soft' * (at > 0)}>{escape(line)}</p>\n" for at, line in enumerate(lines))
    return told + "".join(f'<p class="bad">{escape(problem)}</p>\n' for problem in results.problems)


def _populations(results: Source) -> list[str]:
    """Return what the replicates are drawn from, the traces that agree in it together."""
    traces: dict[str, list[str]] = {}
    for trace, population in results.populations.items():
        traces.setdefault(population, []).append(trace)
    return [
        f"Replicates are {population}" + (f", of {', '.join(of)}." if len(traces) > 1 else ".")
        for population, of in traces.items()
        if population
    ]


def _failures(results: Source) -> str:
    rows = [[str(outcome.task), outcome.error] for outcome in results.failed]
    return table(["run", "reason"], rows, kind="texts", caption="Runs that failed") if rows else ""
