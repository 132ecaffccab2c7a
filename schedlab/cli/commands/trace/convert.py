"""``schedlab trace convert``: any trace to the canonical form."""

from pathlib import Path
from typing import Annotated

import typer

from schedlab.cli.console import print_json, progress
from schedlab.cli.settings import loader_options, transform_steps
from schedlab.workload.canonical import new_folder, write_trace
from schedlab.workload.catalog import provenance
from schedlab.workload.load import find_trace, load_trace
from schedlab.workload.transforms import apply


def convert(
    trace: Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="A trace's name, or its folder or file.")],
    out: Annotated[Path, typer.Argument(help="Folder to write, a new one.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Loader option; repeatable.")
    ] = None,
    transform: Annotated[
        list[str] | None, typer.Option(metavar="NAME(OPTION=VALUE)", help="As window(start=6h,length=6h); repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a trace in the canonical form.

    That is Parquet tables and a manifest, of the trace or of what transforms make of it.

    Example: schedlab trace convert openb hours --set load=0.9 --transform 'window(start=3h,length=3h)'
    """
    new_folder(out)
    options, steps = loader_options(set_ or []), transform_steps(transform or [])
    with progress(f"loading {trace}") as bar:
        _, folder = find_trace(trace)
        workload = apply(load_trace(trace, **options), steps)
        bar(0, 1, f"writing {out}")
        arguments = {"trace": trace, "options": options, "transforms": steps}
        manifest = write_trace(workload, out, **provenance(folder, trace), arguments=arguments)
    size = sum(path.stat().st_size for path in out.rglob("*.parquet"))
    if as_json:
        facts = {"pods": len(workload.pods), "nodes": len(workload.nodes), "digest": manifest.digest, "bytes": size}
        print_json({"out": str(out), **facts})
        return
    typer.echo(f"{len(workload.pods):,} pods on {len(workload.nodes):,} nodes, {size:,} bytes")
    typer.echo(f"digest: {manifest.digest}")
    typer.echo(f"written to: {out}")
