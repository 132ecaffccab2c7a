"""``schedlab results rm``: remove stored runs."""

from pathlib import Path
from typing import Annotated

import typer

from schedlab.cli.results import WHERE, run_of, stores
from schedlab.errors import InputError


def rm(
    runs: Annotated[list[str] | None, typer.Argument(help="Folders, or the beginnings of keys.")] = None,
    stale: Annotated[bool, typer.Option("--stale", help="All runs that another version of schedlab made.")] = False,
    folder: Annotated[Path, typer.Option("--in", help="Where results are.")] = WHERE,
) -> None:
    """Remove stored runs.

    The suite makes them again when it runs next.

    Example: schedlab results rm --stale
    """
    if bool(runs) == stale:
        raise InputError("nothing to remove was named, or too much", mend="name runs, or give --stale")
    found = [run_of(run, folder) for run in runs or []]
    if stale:
        found = [(store, key) for store in stores(folder) for key in store.frame().query("stale")["run"]]
    for store, key in dict.fromkeys(found):
        store.remove(key)
    typer.echo(f"removed: {len(dict.fromkeys(found))} run(s)")
