"""The page of two runs: their metrics side by side, figures, and the decision diff."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from schedlab.experiments.contrast import measured
from schedlab.experiments.report.decisions import decisions
from schedlab.experiments.report.document import document
from schedlab.experiments.report.html import Cell, facts, figure, figures, table
from schedlab.metrics import scarcest
from schedlab.metrics.backlog import takes_time
from schedlab.plots import heatmap, queue, timeline, utilisation_over_time, waiting_time

if TYPE_CHECKING:
    from schedlab.metrics.diff import Diff
    from schedlab.record import Run


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
    rows: list[list[str | Cell]] = [
        [
            each.metric,
            Cell(each.a_text, order=_order(each.a)),
            Cell(each.b_text, order=_order(each.b)),
            Cell(each.difference, order=None if each.bound == "unknown" else _order(each.b - each.a)),
        ]
        for each in measured(a, b)
    ]
    headings: list[str | Cell] = ["metric", *map(Cell, (*names, "difference"))]
    note = (
        f"{names[1]} - {names[0]}, one run each: these are differences, no verdicts. ≥ is a lower bound, ≤ an "
        "upper one; pp: percentage points."
    )
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
    if charged := [run for run in runs if takes_time(run)]:
        caption = "Pods that wait for the scheduler, and how many it binds a second."
        drawn.insert(2, figure("The scheduler's queue", caption, queue(charged)))
    told = {
        name: {key: run.manifest[key] for key in ("scheduler", "seed", "decision_hash", "host")}
        for run, name in zip((a, b), names, strict=True)
    }
    sections = [
        ("Metrics", table(headings, rows, caption=note, name="metrics")),
        ("Decisions", decisions(runs[0], runs[1], found, names)),
        ("Figures", figures(drawn)),
        ("Provenance", facts({"workload": a.manifest["workload"]["name"], **told})),
    ]
    return document(f"schedlab: {names[0]} and {names[1]}", "", sections)


def _order(value: float) -> float | None:
    return value if math.isfinite(value) else None
