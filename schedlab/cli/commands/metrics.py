"""``schedlab metrics``: what the numbers of a summary mean."""

from typing import Annotated

import typer

from schedlab.cli.console import complain, print_json, print_table
from schedlab.errors import InputError
from schedlab.experiments.searches.search import searches
from schedlab.metrics import choose, offered, table
from schedlab.metrics import metrics as standard

HEADINGS = ("metric", "unit", "better", "formula, and its source")


def metrics(
    own: Annotated[
        list[str] | None, typer.Option("--metric", metavar="FILE.py:NAME", help="Your own too; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the metrics, with formulas and sources.

    A metric gives an entry of its name in a run's summary, or several, such as wait.p95; an entry that is a lower
    bound has one beside it that ends in .censored.

    Example: schedlab metrics --metric my.py:slow_pods
    """
    more = {name: found.definition for name, found in searches().items()} | choose(own or [])
    broken = []
    for name in offered():
        try:
            more |= choose([name])
        except InputError as error:
            broken.append(str(error))
    found = table(standard() | more)
    if as_json:
        print_json(found.to_dict("records"))
    else:
        rows = [
            (name, unit, better.replace(", ", "\n"), "\n".join(filter(None, (formula, source))))
            for name, unit, better, formula, source in found.to_numpy().tolist()
        ]
        print_table("metrics", HEADINGS, rows, (0, 1, 2, 3), wrapped=(3,))
        typer.echo("Your own are functions marked with @metric, named as my.py:slow_pods.")
    for problem in broken:
        complain(problem)
    if broken:
        raise typer.Exit(1)
