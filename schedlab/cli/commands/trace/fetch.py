"""``schedlab trace fetch``: download a trace of the catalogue."""

from typing import Annotated

import typer

from schedlab.cli.console import note, print_json, progress
from schedlab.workload.catalog import catalogued
from schedlab.workload.fetch import fetch as fetch_trace


def fetch(
    name: Annotated[str, typer.Argument(help="Of a trace that schedlab trace list shows.")],
    mirror: Annotated[
        str, typer.Option("--from", metavar="URL", help="A folder that holds the files as the catalogue lists them.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Download a trace of the catalogue.

    It goes into the cache (SCHEDLAB_CACHE), every file is checked, and what is there is not fetched again.

    Example: schedlab trace fetch openb
    """
    entry = catalogued(name)
    with progress(f"fetching {name}") as bar:
        folder = fetch_trace(name, mirror, progress=bar)
    if entry.note:
        note(entry.note)
    if as_json:
        print_json({"trace": name, "folder": str(folder), "licence": entry.licence})
        return
    typer.echo(f"{name}: {folder}")
    typer.echo(f"licence: {entry.licence}{'' if entry.redistributable else ', not redistributable'}")
