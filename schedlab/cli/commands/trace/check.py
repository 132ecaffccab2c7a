"""``schedlab trace check``: whether a trace's files are what they should be."""

from pathlib import Path
from typing import Annotated

import typer

from schedlab.cli.console import complain, print_json, progress
from schedlab.errors import InputError
from schedlab.workload.catalog import entry_of
from schedlab.workload.load import find_trace
from schedlab.workload.loaders import Loader


def check(
    trace: Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="A trace's name, or its folder or file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the files of a trace.

    They are compared with the catalogue and with their own manifest, and every cell is read. Exit status: 0 all is
    well, 1 something differs, 2 there is no such trace.

    Example: schedlab trace check traces/tiny
    """
    loader, folder = find_trace(trace)
    with progress(f"checking {trace}"):
        problems = _problems(loader, folder)
    if as_json:
        where = None if folder is None else str(folder)
        print_json({"trace": trace, "folder": where, "ok": not problems, "problems": problems})
    for problem in problems:
        complain(problem)
    if problems:
        raise typer.Exit(1)
    if not as_json:
        typer.echo(f"{trace}: all is well")


def _problems(loader: Loader, folder: Path | None) -> list[str]:
    entry = entry_of(folder)
    problems = list(entry.differences(folder if folder.is_dir() else folder.parent)) if entry and folder else []
    try:
        if differences := getattr(loader, "differences", None):
            problems += differences(folder)
        else:
            loader.load(folder)
    except InputError as error:
        problems.append(str(error))
    return problems
