"""``schedlab bench``: run a suite and compare its schedulers."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from schedlab.cli.console import complain, note, print_json, print_table, progress
from schedlab.experiments import Results, Suite
from schedlab.experiments.comparison.means import SORTED_BY, Line
from schedlab.experiments.table import cell, columns


def bench(
    suite: Annotated[str, typer.Argument(help="A YAML file, or the name of a shipped suite.")] = "default",
    workers: Annotated[int, typer.Option(min=1, help="Runs under way at a time.")] = os.cpu_count() or 1,
    out: Annotated[Path | None, typer.Option(help="Folder of the results [default: results/<suite>].")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make runs again that are stored already.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run a suite: every scheduler on every trace, some replicates of each.

    Runs that are stored already are used again. The report's path is printed last.

    Example: schedlab bench default --workers 2
    """
    chosen = Suite.from_file(suite)
    with progress("loading the traces") as bar:
        results = chosen.run(
            workers,
            out,
            fresh=fresh,
            progress=lambda done, total, running: bar(done, total, ", ".join(map(str, running)) or "writing"),
        )
    for text in results.notes:
        note(text)
    if stored := sum(outcome.reused for outcome in results.outcomes):
        note(f"{stored} of {len(results.outcomes)} runs were stored already; --fresh makes them again")
    if as_json:
        print_json(_as_json(results))
    else:
        for trace, lines in results.tables.items():
            _print(trace, lines)
        typer.echo(f"report: {results.report}")
    for outcome in results.failed:
        complain(f"{outcome.task}: {outcome.error}")
    if results.failed:
        note(f"the tracebacks are in {results.folder / 'manifest.json'}")
        raise typer.Exit(1)


def _print(trace: str, lines: list[Line]) -> None:
    """Print one trace's table."""
    shown = columns(lines)
    headings = [f"{column.heading.replace(' ', chr(10), 1)}\n{column.unit}" for column in shown]
    rows = [
        [line.scheduler, *("\n".join(cell(column.metric, line.metrics.get(column.metric))) for column in shown)]
        for line in lines
    ]
    count = max((line.replicates for line in lines), default=0)
    print_table(f"{trace}: mean ± half range of {count} replicate(s), by {SORTED_BY}", ["scheduler", *headings], rows)


def _as_json(results: Results) -> dict[str, object]:
    tables = {trace: [asdict(line) for line in lines] for trace, lines in results.tables.items()}
    return {
        "suite": results.suite.name,
        "report": str(results.report),
        "notes": results.notes,
        "tables": tables,
        "runs": results.table.to_pylist(),
        "failed": len(results.failed),
    }
