"""``schedlab trace generate``: a synthetic trace in the canonical form."""

from pathlib import Path
from typing import Annotated

import typer

from schedlab.cli.commands.trace.convert import convert
from schedlab.workload.loaders import generated


def generate(
    out: Annotated[Path, typer.Argument(help="Folder to write, a new one.")],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Option of schedlab.generate, as pods=20000; repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Draw a workload and write it in the canonical form.

    Example: schedlab trace generate week --set days=7 --set pods=50000 --set seed=3
    """
    convert(generated.NAME, out, set_, None, as_json)
