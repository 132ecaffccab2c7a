"""``schedlab results list``: what is stored."""

from pathlib import Path
from typing import Annotated

import typer

from schedlab.cli.console import print_json, print_table
from schedlab.cli.results import WHERE, stores
from schedlab.experiments.table import size


def list(
    folder: Annotated[Path, typer.Argument(help="Where results are.")] = WHERE,
    runs: Annotated[bool, typer.Option("--runs", help="A line for each run.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the stored results.

    A line for each suite, or each run. A run is stale if another version of schedlab made it: the suite would make it
    again.

    Example: schedlab results list --runs
    """
    frames = {str(store.folder): store.frame() for store in stores(folder)}
    if as_json:
        print_json({place: frame.to_dict("records") for place, frame in frames.items()})
        return
    if runs:
        for place, frame in frames.items():
            rows = [
                [row["run"], row["trace"], row["scheduler"], str(row["seed"]), size(row["bytes"]), _told(row["stale"])]
                for row in frame.to_dict("records")
            ]
            print_table(place, ["run", "trace", "scheduler", "seed", "size", "made by"], rows, (0, 1, 2, 5))
        return
    rows = [
        [place, str(len(frame)), str(frame["trace"].nunique()), str(frame["scheduler"].nunique()),
         size(frame["bytes"].sum()), str(int(frame["stale"].sum()))]
        for place, frame in frames.items()
    ]  # fmt: skip
    print_table("Stored results", ["folder", "runs", "traces", "schedulers", "size", "stale"], rows)


def _told(stale: bool) -> str:
    return "another version" if stale else "this version"
