"""One trace: what the workload is, its schedulers side by side, figures, and where two of them part."""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from schedlab.errors import InputError
from schedlab.experiments.comparison.columns import FIRST_TIE
from schedlab.experiments.comparison.means import SORTED_BY, scarcest
from schedlab.experiments.report import html
from schedlab.experiments.report.decisions import decisions
from schedlab.experiments.report.drawn import Drawn, drawn_of
from schedlab.experiments.report.verdicts import main_rows
from schedlab.experiments.table import cell, columns, counted
from schedlab.metrics import better_of, slowdowns
from schedlab.metrics.backlog import takes_time
from schedlab.metrics.diff import diff
from schedlab.plots import (
    distribution,
    heatmap,
    intervals,
    pareto,
    queue,
    timeline,
    utilisation_over_time,
    waiting_time,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from schedlab.experiments.comparison import Line
    from schedlab.experiments.report.source import Source
    from schedlab.metrics import Metric


CURVES = 12  # schedulers in one figure, the best and the baselines


def workload(trace: str, lines: Sequence[Line], results: Source, *, figures: bool) -> str:
    """Return the section of a trace.

    Parameters
    ----------
    lines
        Its schedulers, the best first.
    figures
        Draw them.
    """
    if not any(line.runs for line in lines):
        return '<p class="bad">No run of this trace ended well.</p>\n'
    drawn = drawn_of(trace, lines, results, CURVES if figures else 1)
    parts = [_told(drawn, results.populations.get(trace)), side_by_side(lines, results.own)]
    if figures:
        shown = _compared(trace, lines, results, drawn) + (_figures(lines, drawn) if drawn.runs else [])
        parts += [html.figures(shown), _parting(drawn)]
    return "".join(parts + [f'<p class="bad">{escape(problem)}</p>\n' for problem in drawn.problems])


def _told(drawn: Drawn, population: str | None) -> str:
    """Return what the workload is."""
    if not drawn.runs:
        return '<p class="bad">No run of this trace can be read any more: there is nothing to draw.</p>\n'
    first = next(iter(drawn.runs.values())).manifest
    over = f" Replicates are {population}." if population else ""
    report = first["workload"]["report"]
    told = html.facts(report | {"pods": first["pods"]})
    return _counts(report, drawn.replicate) + html.details(f"The workload, replicate {drawn.replicate}.{over}", told)


def _counts(report: Mapping[str, Any], replicate: int) -> str:
    """Return how many pods arrive and how many are there before, where the workload tells them apart."""
    arrivals, initial = report.get("arrivals"), report.get("initial")
    if not isinstance(arrivals, int) or not isinstance(initial, int):
        return ""
    return f"<p>{counted(arrivals, 'arrival')} and {initial:,} running at the start, in replicate {replicate}.</p>\n"


def side_by_side(lines: Sequence[Line], own: Mapping[str, Metric[Any]]) -> str:
    """Return the schedulers' means as a table; ``own`` are metrics beside the package's."""
    shown = columns(lines, own)
    count = max(line.replicates for line in lines)
    spread = " ± is half the range of the replicates." if count > 1 else ""
    caption = (
        f"Means over {counted(count, 'replicate')}, sorted by {SORTED_BY}.{spread} ≥ is a lower bound. Utilisation is "
        "of requests. Pods per second are of scheduling CPU time on this host."
    )
    rows = []
    for line in lines:
        short = f"{line.runs} of {line.replicates} runs" if line.runs < line.replicates else ""
        found = [(line.metrics.get(column.metric), column.metric) for column in shown]
        texts = [(cell(metric, mean, own), mean) for mean, metric in found]
        numbers = [
            html.Cell(text.value, text.spread, mean.mean if mean and mean.mean == mean.mean else None)
            for text, mean in texts
        ]
        rows.append([html.Cell(line.scheduler, short), *numbers])
    headings: list[str | html.Cell] = ["scheduler", *(html.Cell(column.heading, column.unit) for column in shown)]
    return html.table(headings, rows, caption=caption)


def _compared(trace: str, lines: Sequence[Line], results: Source, drawn: Drawn) -> list[str]:
    """Return the figures that are made from the table of runs: intervals, and the Pareto plot."""
    comparison = results.comparison
    parts: list[str] = []
    scarce = f"stranded.{scarcest(lines)}"
    for metric in [name for name in ("wait.p95", scarce) if name in comparison.metrics] or comparison.metrics[:1]:
        found = main_rows(comparison.verdicts, trace, drawn.baseline, metric)[: 2 * CURVES]
        if found:
            caption = "Mean difference and interval; grey: the margin; an arrow: a lower bound leaves this side open. "
            caption += "▲ better ▼ worse ■ equivalent ● undecided ◇ one replicate."
            axes = intervals(pd.DataFrame(map(asdict, found)))
            parts.append(html.figure(f"{metric} against {drawn.baseline}", caption, axes))
    x, y = results.comparing.pareto or ("wait.p95", scarce)
    rows = results.frame
    rows = rows[(rows["trace"] == trace) & (rows["error"] == "") & (rows["tie"] == FIRST_TIE)]
    if {x, y} <= set(rows.columns) and rows[[x, y]].notna().all(axis=1).any():
        sides = (better_of(x, results.own) or "lower", better_of(y, results.own) or "lower")
        caption = (
            "Mean and range of each scheduler's replicates; the dashed line joins those that no other beats in both."
        )
        parts.append(html.figure(f"{x} against {y}", caption, pareto(rows, x, y, sides)))
    return parts


def _figures(lines: Sequence[Line], drawn: Drawn) -> list[str]:
    """Return the figures that are made from runs."""
    runs, which = list(drawn.runs.values()), f"Replicate {drawn.replicate}."
    parts = [
        html.figure(
            "Who still waits",
            f"Share of the pods still waiting after a time; a curve that ends in a dot has pods never placed. {which}",
            waiting_time(runs),
        ),
        html.figure("Pods pending", f"Pods that wait for a node. {which}", timeline(runs, "pending")),
    ]
    if any(slowdowns(run) is not None for run in runs):
        caption = f"Share of the pods with at most that slowdown; bounded below at 10 s of run time. {which}"
        parts.insert(1, html.figure("Slowdowns", caption, distribution(runs, slowdowns, "bounded slowdown", 1.0)))
    if charged := [run for run in runs if takes_time(run)]:
        caption = f"Pods that wait for the scheduler, and how many it binds a second. {which}"
        parts.append(html.figure("The scheduler's queue", caption, queue(charged)))
    resource = scarcest(lines)
    if resource:  # else nothing lasted long enough to be used
        caption = f"Requested share of {resource}, the scarcest resource. {which}"
        parts.append(html.figure("Utilisation", caption, utilisation_over_time(runs, resource)))
        for name in filter(None, (drawn.baseline, drawn.best)):
            caption = f"Requested share of {resource} on each node, the most used nodes on top. {which}"
            parts.append(html.figure(f"Nodes over time: {name}", caption, heatmap(drawn.runs[name], resource)))
    return parts


def _parting(drawn: Drawn) -> str:
    """Return the decision diff of the baseline and the best of the others."""
    if not drawn.best:
        return ""
    names = drawn.baseline, drawn.best
    a, b = (drawn.runs[name] for name in names)
    title = f"<h3>{escape(f'Decisions: {names[0]} and {names[1]}, replicate {drawn.replicate}')}</h3>\n"
    try:
        return title + decisions(a, b, diff(a, b), names)
    except InputError as error:  # a damaged table, or two that did not meet the same pods
        return f'{title}<p class="bad">{escape(str(error))}</p>\n'
