"""The page of two runs: their metrics side by side, figures, and the decision diff."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from schedlab.experiments.comparison import Mean
from schedlab.experiments.comparison.columns import CENSORED
from schedlab.experiments.report.decisions import decisions
from schedlab.experiments.report.document import document
from schedlab.experiments.report.html import Cell, facts, figure, table
from schedlab.experiments.table import UNITS, amount, cell, unit_of
from schedlab.metrics import scarcest, summary
from schedlab.plots import heatmap, timeline, utilisation_over_time, waiting_time

if TYPE_CHECKING:
    from schedlab.metrics.diff import Diff
    from schedlab.record import Run


def measured(a: Run, b: Run) -> list[tuple[str, float, float, str, str, str]]:
    """Return (metric, value of a, value of b, both as texts, difference as text) for each entry of either summary."""
    found = [summary(run).to_dict() for run in (a, b)]
    names = [name for name in dict.fromkeys([*found[0], *found[1]]) if not name.endswith(CENSORED)]
    rows = []
    for name in names:
        values = [float(of.get(name, math.nan)) for of in found]
        unit = UNITS.get(unit_of(name), "")
        texts = [
            f"{cell(name, Mean(value, 0.0, bool(of.get(name + CENSORED)))).value} {unit}".rstrip()
            for value, of in zip(values, found, strict=True)
        ]
        known = all(math.isfinite(value) for value in values)
        rows.append((name, *values, *texts, amount(name, values[1] - values[0]) if known else "-"))
    return rows  # type: ignore[return-value]


def contrast(a: Run, b: Run, found: Diff, names: tuple[str, str]) -> str:
    """Return the page of two runs, a whole HTML document.

    Parameters
    ----------
    found
        Their `diff`.
    names
        What to call them.
    """
    runs = [replace(run, manifest={**run.manifest, "scheduler": name}) for run, name in zip((a, b), names, strict=True)]
    rows = [
        [name, Cell(first, order=_order(x)), Cell(second, order=_order(y)), Cell(apart, order=_order(y - x))]
        for name, x, y, first, second, apart in measured(a, b)
    ]
    headings = ["metric", *names, "difference"]
    caption = f"{names[1]} - {names[0]}, one run each: these are differences, no verdicts. ≥ is a lower bound."
    resource = scarcest(runs)
    drawn = [
        figure("Who still waits", "Share of the pods still waiting after a time.", waiting_time(runs)),
        figure("Pods pending", "Pods that wait for a node.", timeline(runs, "pending")),
        figure("Utilisation", f"Requested share of {resource}.", utilisation_over_time(runs, resource)),
        *(
            figure(f"Nodes over time: {name}", f"Requested share of {resource} on each node.", heatmap(run, resource))
            for run, name in zip(runs, names, strict=True)
        ),
    ]
    told = {
        name: {key: run.manifest[key] for key in ("scheduler", "seed", "decision_hash", "host")}
        for run, name in zip((a, b), names, strict=True)
    }
    sections = [
        ("Metrics", table(headings, rows, caption=caption, name="metrics")),
        ("Decisions", decisions(runs[0], runs[1], found, names)),
        ("Figures", f'<div class="figures">\n{"".join(drawn)}</div>\n'),
        ("Provenance", facts({"workload": a.manifest["workload"]["name"], **told})),
    ]
    return document(f"schedlab: {names[0]} and {names[1]}", "", sections)


def _order(value: float) -> float | None:
    return value if math.isfinite(value) else None
