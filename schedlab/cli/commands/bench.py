"""``schedlab bench``: run a suite and compare its schedulers."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from schedlab.cli.comparison import print_means, print_verdicts
from schedlab.cli.console import complain, note, print_json, print_table, progress
from schedlab.experiments import Results, Suite
from schedlab.experiments.estimate import Estimate
from schedlab.experiments.execution import executor_of
from schedlab.experiments.grid.read import shipped
from schedlab.experiments.store import Store
from schedlab.experiments.table import clock, size

SUITE = f"A YAML file, or a shipped suite: {', '.join(sorted(shipped()))}."
FILTER = "trace=GLOB, scheduler=GLOB, replicate=N, or a text in a run's name; repeatable, all must match."


def bench(
    suite: Annotated[str, typer.Argument(help=SUITE)] = "quick",
    workers: Annotated[int | None, typer.Option(min=1, help="Runs under way at a time [default: a CPU each].")] = None,
    executor: Annotated[str, typer.Option(help="processes, or dask:ADDRESS of a Dask scheduler.")] = "processes",
    only: Annotated[list[str] | None, typer.Option("--filter", metavar="PATTERN", help=FILTER)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would run and how long it may take.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder of the results [default: results/<suite>].")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make runs again that are stored already.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run a suite: all schedulers on all traces; compare them.

    Each trace is replayed in some replicates. Runs that are stored already are used again, so an interrupted suite
    goes on where it stopped. The report's path is printed last.

    Example: schedlab bench quick --workers 2 --filter scheduler=best_fit
    """
    chosen = Suite.from_file(suite)
    if dry_run:
        with progress("loading the traces"):
            expected = chosen.preview(out, only or [])
        _print_estimate(expected, workers or os.cpu_count() or 1, as_json)
        _end(expected.problems)
        return
    for problem in (filled := chosen.filled(only or [])).problems:
        complain(problem)
    results = _made(chosen, workers, executor, out, fresh, only or [])
    for text in results.notes:
        note(text)
    if stored := sum(outcome.reused for outcome in results.outcomes):
        note(f"{stored} of {len(results.outcomes)} runs were stored already; --fresh makes them again")
    if as_json:
        print_json(_as_json(results))
    else:
        for trace, lines in results.tables.items():
            print_means(trace, lines, results)
        print_verdicts(results)
        typer.echo(f"report: {results.report}")
    failures = _grouped(results)
    if results.failed:
        note(f"the tracebacks are in {results.folder / 'manifest.json'}")
    _end([problem for problem in results.problems if problem not in filled.problems] + failures, bool(filled.problems))


def _grouped(results: Results) -> list[str]:
    """Return the failures, a line for each reason: the first run that it befell, and how many more."""
    runs: dict[str, list[str]] = {}
    for outcome in results.failed:
        runs.setdefault(outcome.error, []).append(str(outcome.task))
    more = {error: f" (and {len(of) - 1} more)" if len(of) > 1 else "" for error, of in runs.items()}
    return [f"{of[0]}{more[error]}: {error}" for error, of in runs.items()]


def _made(chosen: Suite, workers: int | None, executor: str, out: Path | None, fresh: bool, only: list[str]) -> Results:
    """Run a suite; who interrupts it is told what is kept."""
    with executor_of(executor) as (pool, threads), progress("loading the traces") as bar:
        try:
            return chosen.run(
                workers or threads or os.cpu_count() or 1,
                out,
                fresh=fresh,
                only=only,
                executor=pool,
                progress=lambda done, total, running: bar(done, total, ", ".join(map(str, running)) or "writing"),
            )
        except KeyboardInterrupt:
            stored = sum(1 for _ in Store(chosen.folder(out)))
            raise KeyboardInterrupt(f"interrupted; {stored} runs are stored, run it again to go on") from None


def _end(problems: list[str], before: bool = False) -> None:
    """Name what went wrong; that is exit status 1."""
    for problem in problems:
        complain(problem)
    if problems or before:
        raise typer.Exit(1)


def _print_estimate(expected: Estimate, workers: int, as_json: bool) -> None:
    rows = expected.table.to_dict("records")
    if as_json:
        print_json({"runs": rows, "seconds": expected.seconds, "notes": expected.notes, "problems": expected.problems})
        return
    for text in expected.notes:
        note(text)
    shown = "runs", "stored"
    texts = [
        [row["trace"], row["scheduler"], *(str(row[each]) for each in shown), clock(row["seconds"]), size(row["bytes"])]
        for row in rows
    ]
    headings = ["trace", "scheduler", "runs", "stored", "CPU time", "memory of one"]
    print_table(f"What would run: {sum(row['runs'] for row in rows)} runs", headings, texts, (0, 1))
    typer.echo(f"about {clock(expected.seconds / workers)} with {workers} worker(s), {clock(expected.seconds)} of CPU")


def _as_json(results: Results) -> dict[str, object]:
    return {
        "suite": results.name,
        "report": str(results.report),
        "notes": results.notes,
        "problems": results.problems,
        "tables": {trace: [asdict(line) for line in lines] for trace, lines in results.tables.items()},
        "verdicts": [asdict(each) for each in results.comparison.verdicts],
        "runs": results.frame.to_dict("records"),
        "failed": len(results.failed),
    }
