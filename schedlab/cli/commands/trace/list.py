"""``schedlab trace list``: the traces that are known by name, and where each is."""

from pathlib import Path
from typing import Annotated, Any

import typer

from schedlab.cli.console import print_json, print_table
from schedlab.workload.catalog import Entry, catalog
from schedlab.workload.data import shelves
from schedlab.workload.load import known_traces


def list(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the traces, here and of the catalogue.

    Example: schedlab trace list
    """
    here, entries = known_traces(), catalog()
    there = {name.partition("/")[0] for name in here}
    names = [*here, *(name for name in entries if name not in there)]
    found = [_facts(name, name in here, here.get(name), entries.get(name.partition("/")[0])) for name in names]
    if as_json:
        print_json(found)
        return
    rows = [(each["name"], _place(each), each["licence"], each["title"]) for each in found]
    print_table("traces", ("name", "where", "licence", "what it is"), rows, (0, 1, 2, 3), wrapped=(1, 3))
    typer.echo("Your own is a folder; schedlab trace info NAME|FOLDER tells more.")


def _facts(name: str, here: bool, folder: Path | None, entry: Entry | None) -> dict[str, Any]:
    shelf = next((shelf for shelf, path in shelves().items() if folder and folder.is_relative_to(path)), None)
    return {
        "name": name,
        "here": here,
        "shelf": shelf,
        "folder": None if folder is None else str(folder),
        "title": entry.title if entry else "Drawn from a seed" if here and not folder else "",
        "licence": entry.licence if entry else "",
        "redistributable": entry.redistributable if entry else None,
        "address": entry.address if entry else "",
    }


def _place(facts: dict[str, Any]) -> str:
    if facts["folder"]:
        return f"{facts['shelf']}: {facts['folder']}"
    if facts["here"]:
        return "needs no files"
    return f"not here: schedlab trace fetch {facts['name']}{'' if facts['address'] else ' --from URL'}"
