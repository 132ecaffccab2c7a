"""The report: one HTML page that needs no network and no scripts; every text in it is escaped."""

from __future__ import annotations

import base64
from html import escape
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any

from schedlab.experiments import store
from schedlab.experiments.comparison.means import SORTED_BY, Line, scarcest
from schedlab.experiments.table import cell, columns
from schedlab.plots import replicates, svg, utilisation_over_time, waiting_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

    from schedlab.experiments.results import Results
    from schedlab.experiments.task import Outcome
    from schedlab.record import Run

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
"""


def page(results: Results) -> str:
    """Return the report of a suite's results."""
    title = f"schedlab: suite {results.name}"
    style = (resources.files("schedlab") / "experiments" / "report.css").read_text(encoding="utf-8")
    runs = results.outcomes
    names, counts = ({outcome.task.contender.name for outcome in runs}, {outcome.task.replicate for outcome in runs})
    what = (len(results.tables), "workload"), (len(names), "scheduler"), (len(counts), "replicate")
    counts = ", ".join(f"{count} {noun}{'s' * (count != 1)}" for count, noun in what)
    parts = [
        HEAD.format(title=escape(title), style=style),
        f"<h1>Suite {escape(results.name)}</h1>\n",
        f"<p>{counts}; {len(runs) - len(results.failed)} of {len(runs)} runs ended well. In a replicate every "
        "scheduler meets the same pods and nodes. Utilisation is of requests. Waiting runs from submission to "
        "the first binding; pods that were never placed count with the time they had waited, a lower bound (≥).</p>\n",
        *(f'<p class="soft">Note: {escape(note)}</p>\n' for note in results.notes),
        _failures(results.failed),
        *(_trace(label, lines, results) for label, lines in results.tables.items()),
        _provenance(results),
        "</body>\n</html>\n",
    ]
    return "".join(parts)


def _failures(failed: list[Outcome]) -> str:
    if not failed:
        return ""
    rows = [[str(outcome.task), outcome.error] for outcome in failed]
    return f'<h2 class="bad">{len(failed)} run(s) failed</h2>\n' + _texts(["run", "reason"], rows)


def _trace(label: str, lines: list[Line], results: Results) -> str:
    """Return the section of one trace: what the workload is, the table, the figures."""
    ended = [outcome for outcome in results.outcomes if outcome.task.trace == label and not outcome.error]
    heading = f"<h2>{escape(label)}</h2>\n"
    if not ended:
        return heading + '<p class="bad">No run of this workload ended well.</p>\n'
    first = min(ended, key=lambda outcome: outcome.task.seed)
    facts = _facts(first.manifest["workload"]["report"] | {"pods": first.manifest["pods"]})
    told = f"<details open><summary>The workload, replicate {first.task.seed}</summary>\n{facts}</details>\n"
    if (
        len({outcome.manifest["workload"]["digest"] for outcome in ended})
        == 1
        < len({outcome.task.replicate for outcome in ended})
    ):
        told += "<p>All replicates have this one workload: they differ in the schedulers' own random draws only.</p>\n"
    return heading + told + _comparison(lines) + _figures(label, lines, ended, results)


def _comparison(lines: list[Line]) -> str:
    """Return the schedulers side by side as a table."""
    shown = columns(lines)
    replicate = max(line.replicates for line in lines)
    caption = (
        f"Means over {replicate} replicate(s), sorted by {SORTED_BY}. ± is half the range of the replicates; a "
        "difference within it says nothing. ≥ is a lower bound. Pods per second are of scheduling CPU time on this "
        "host."
    )
    head = "".join(f"<th>{escape(c.heading)}<small>{escape(c.unit)}</small></th>" for c in shown)
    body = []
    for line in lines:
        short = f"<small>{line.runs} of {line.replicates} runs</small>" if line.runs < line.replicates else ""
        texts = [cell(column.metric, line.metrics.get(column.metric)) for column in shown]
        cells = "".join(f"<td>{escape(text.value)}<small>{escape(text.spread)}</small></td>" for text in texts)
        body.append(f"<tr><th>{escape(line.scheduler)}{short}</th>{cells}</tr>\n")
    return (
        f'<div class="scroll"><table>\n<caption>{escape(caption)}</caption>\n'
        f"<thead><tr><th>scheduler</th>{head}</tr></thead>\n<tbody>\n{''.join(body)}</tbody>\n</table></div>\n"
    )


def _figures(label: str, lines: list[Line], ended: list[Outcome], results: Results) -> str:
    """Return the three figures of one trace."""
    runs = [run for outcome in ended if (run := _stored(outcome, results))]
    waiting = _figure(
        f"Waiting times: {label}",
        "Share of the pods still waiting after a time; the replicates' pods together. A curve that ends in a dot "
        "ends with pods that were never placed.",
        waiting_time(runs),
    )
    resource = scarcest(lines)
    if not resource:  # nothing lasted long enough to be used
        return waiting
    used = _figure(
        f"Utilisation: {label}",
        f"Requested share of {resource}, the scarcest resource; mean of the replicates.",
        utilisation_over_time(runs, resource),
    )
    stranded = _figure(
        f"Stranded capacity: {label}",
        f"Free {resource} on nodes where a pod drawn from the workload does not fit. A dot is a replicate, the "
        "stroke their mean.",
        replicates(runs, f"stranded.{resource}"),
    )
    return waiting + used + stranded


def _stored(outcome: Outcome, results: Results) -> Run | None:
    """Return a run from the store, named as the suite names its scheduler."""
    return results.store.find(outcome.key)


def _figure(title: str, caption: str, axes: Axes) -> str:
    picture = base64.b64encode(svg(axes).encode()).decode()
    return (
        f'<figure>\n<h3>{escape(title)}</h3>\n<figcaption>{escape(caption)}</figcaption>\n<div class="scroll">'
        f'<img alt="{escape(f"{title}. {caption}")}" src="data:image/svg+xml;base64,{picture}"></div>\n</figure>\n'
    )


def _provenance(results: Results) -> str:
    """Return how the results came about: code, host, profiles, seeds and hashes."""
    ended = [outcome for outcome in results.outcomes if not outcome.error]
    host = ended[0].manifest["host"] if ended else {}
    facts = {"schedlab": metadata.version("schedlab"), "code": store.code_version()[:12], "host": host}
    profiles = [
        [scheduler, _names(of["filters"]), _names(of["scores"]), of["ties"], of["scored"], ", ".join(of["left_out"])]
        for scheduler, of in {outcome.task.contender.name: outcome.manifest["profile"] for outcome in ended}.items()
    ]
    runs = [
        [*map(str, (task.trace, task.contender.name, task.seed)), *(text[:12] for text in hashes), outcome.key]
        for outcome in ended
        for task, told in [(outcome.task, outcome.manifest)]
        for hashes in [(told["workload"]["digest"], told["decision_hash"])]
    ]
    return (
        f"<h2>Provenance</h2>\n{_facts(facts)}"
        "<details><summary>Schedulers; the plug-ins' parameters are in manifest.json</summary>\n"
        f"{_texts(['scheduler', 'filters', 'scores', 'ties', 'scored', 'left out'], profiles)}</details>\n"
        "<details><summary>Runs, with the first digits of their hashes</summary>\n"
        f"{_texts(['workload', 'scheduler', 'seed', 'trace', 'decisions', 'folder'], runs)}</details>\n"
    )


def _names(plugins: list[dict[str, Any]]) -> str:
    """Return the names of a profile's plug-ins, with weights other than 1."""
    weights = [plugin.get("weight", 1) for plugin in plugins]
    return ", ".join(
        plugin["plugin"] + (f" x {weight:g}" if weight != 1 else "")
        for plugin, weight in zip(plugins, weights, strict=True)
    )


def _facts(facts: dict[str, Any]) -> str:
    rows = (f"<dt>{escape(spaced(name))}</dt><dd>{escape(plain(value))}</dd>\n" for name, value in facts.items())
    return f"<dl>\n{''.join(rows)}</dl>\n"


def spaced(name: str) -> str:
    """Return a field's name as words."""
    return name.replace("_", " ")


def plain(value: Any) -> str:
    """Return a JSON value as a phrase."""
    if isinstance(value, dict):
        return ", ".join(f"{spaced(name)} {plain(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, list):
        return "; ".join(map(plain, value)) or "none"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}" if isinstance(value, float) else str(value)


def _texts(heading: list[str], rows: Iterable[list[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heading)
    body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>\n" for row in rows)
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"
    return f'<div class="scroll texts">{table}</div>\n'
