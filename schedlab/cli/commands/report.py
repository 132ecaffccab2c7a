"""``schedlab report``: write the page of a suite's results again."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from schedlab.cli.console import complain
from schedlab.errors import InputError
from schedlab.experiments import Results
from schedlab.experiments.report import page


def report(
    folder: Annotated[Path, typer.Argument(help="Where schedlab bench put the results, as results/quick.")],
    pareto: Annotated[
        str, typer.Option(metavar="X,Y", help="The two metrics of the Pareto plot [default: the suite's].")
    ] = "",
    baseline: Annotated[list[str] | None, typer.Option(help="A scheduler to compare with; repeatable.")] = None,
    out: Annotated[Path | None, typer.Option(help="The page [default: report.html in the folder].")] = None,
) -> None:
    """Write the page of a suite's results, from what is stored.

    Example: schedlab report results/quick --pareto wait.p95,stranded.cpu
    """
    results = Results.load(folder)
    pair = tuple(part.strip() for part in pareto.split(",")) if pareto else results.comparing.pareto
    if pair and len(pair) != 2:
        raise InputError(f"--pareto {pareto!r}", mend="give two metrics, as in wait.p95,stranded.cpu")
    names = {outcome.task.contender.name for outcome in results.outcomes}
    if unknown := [name for name in baseline or [] if name not in names]:
        raise InputError(f"--baseline {unknown[0]!r} is no scheduler of these results", mend=f"known: {sorted(names)}")
    baselines = tuple(baseline or results.comparing.baselines)
    results.comparing = msgspec.structs.replace(results.comparing, pareto=pair, baselines=baselines)
    place = out or results.report
    results.store.write(place, page(results).encode())
    for problem in results.problems:
        complain(problem)
    typer.echo(f"report: {place}")
