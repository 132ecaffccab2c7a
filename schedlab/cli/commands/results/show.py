"""``schedlab results show``: one stored run."""

from pathlib import Path
from typing import Annotated

import typer

from schedlab.cli.console import print_json, print_table
from schedlab.cli.results import WHERE, run_of
from schedlab.experiments.table import summary_texts
from schedlab.metrics import summary


def show(
    run: Annotated[str, typer.Argument(help="Its folder, or the beginning of its key.")],
    folder: Annotated[Path, typer.Option("--in", help="Where results are.")] = WHERE,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a stored run: what ran, and what came of it.

    Example: schedlab results show 3f2a
    """
    store, key = run_of(run, folder)
    found = store.load(key)
    measured, manifest = summary(found), found.manifest
    if as_json:
        print_json({"run": key, "summary": measured.to_dict(), "manifest": manifest})
        return
    facts = {
        "folder": store.runs / key,
        "trace": manifest["workload"]["name"],
        "scheduler": manifest["scheduler"],
        "seed": manifest["seed"],
        "schedlab": manifest["schedlab"] + (" (another version)" if store.stale(found) else ""),
        "decisions": manifest["decision_hash"],
    }
    print_table(f"Run {key}", ["", ""], [[name, str(value)] for name, value in facts.items()], (0, 1))
    print_table("Summary", ["metric", "value"], summary_texts(measured, {}))
