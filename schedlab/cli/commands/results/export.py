"""``schedlab results export``: all runs as one table."""

from pathlib import Path
from typing import Annotated

import typer

from schedlab import atomic
from schedlab.cli.results import WHERE, stores
from schedlab.errors import InputError


def export(
    out: Annotated[Path, typer.Argument(help="The file to write: .csv, .parquet or .json.")],
    folder: Annotated[Path, typer.Option("--in", help="Where results are.")] = WHERE,
) -> None:
    """Write the stored runs as one table.

    A row for each run: what ran, and its metrics.

    Example: schedlab results export runs.csv
    """
    import pandas as pd

    frame = pd.concat([store.frame().assign(folder=str(store.folder)) for store in stores(folder)], ignore_index=True)
    writers = {
        ".csv": lambda: frame.to_csv(index=False).encode(),
        ".parquet": lambda: frame.convert_dtypes().to_parquet(index=False),
        ".json": lambda: frame.to_json(orient="records", indent=1).encode(),
    }
    if out.suffix not in writers:
        raise InputError(f"{out.name!r} ends in no known way", mend=f"name a file that ends in {', '.join(writers)}")
    atomic.write(out, writers[out.suffix]())
    typer.echo(f"{len(frame)} run(s) written to: {out}")
