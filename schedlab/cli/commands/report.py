"""``schedlab report``: write the page of a suite's results again."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from schedlab.cli.console import complain
from schedlab.cli.results import suites
from schedlab.errors import InputError
from schedlab.experiments import Results
from schedlab.experiments.comparison.columns import entries
from schedlab.experiments.report import page
from schedlab.extensions import nearest


def report(
    folder: Annotated[Path, typer.Argument(help="Where schedlab bench put the results, as results/quick.")],
    pareto: Annotated[
        str, typer.Option(metavar="X,Y", help="The two metrics of the Pareto plot [default: the suite's].")
    ] = "",
    baseline: Annotated[list[str] | None, typer.Option(help="A scheduler to compare with; repeatable.")] = None,
    out: Annotated[Path | None, typer.Option(help="The page [default: report.html in the folder].")] = None,
) -> None:
    """Write the page of a suite's results again.

    Example: schedlab report results/quick --pareto wait.p95,stranded.cpu
    """
    results = Results.load(_suite(folder))
    pair = tuple(part.strip() for part in pareto.split(",")) if pareto else results.comparing.pareto
    if pair and len(pair) != 2:
        raise InputError(f"--pareto {pareto!r}", mend="give two metrics, as in wait.p95,stranded.cpu")
    known = entries(results.frame)
    if pareto and (unknown := [name for name in pair or () if name not in known]):
        raise InputError(f"--pareto {pareto!r}: there is no metric {unknown[0]!r}", mend=nearest(unknown[0], known))
    names = {outcome.task.contender.name for outcome in results.outcomes}
    if unknown := [name for name in baseline or [] if name not in names]:
        told = f"--baseline {unknown[0]!r} is no scheduler of these results"
        raise InputError(told, mend=nearest(unknown[0], names))
    baselines = tuple(baseline or results.comparing.baselines)
    results.comparing = msgspec.structs.replace(results.comparing, pareto=pair, baselines=baselines)
    place = out or results.report
    results.store.write(place, page(results).encode())
    typer.echo(f"report: {place}")
    problems = dict.fromkeys(results.problems)
    for problem in problems:
        complain(problem)
    if problems:
        raise typer.Exit(1)


def _suite(folder: Path) -> Path:
    """Return a folder, unless it has none of a suite's results, but folders with some."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}", mend="name one that schedlab bench wrote, as results/quick")
    if inner := suites(folder):
        raise InputError("these are results of several suites", file=folder, mend=f"name one: {', '.join(inner)}")
    return folder
