"""The canonical form, "schedlab trace v1" (`schedlab.workload.canonical`): manifest.json and Parquet tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schedlab import atomic
from schedlab.errors import InputError
from schedlab.workload import options
from schedlab.workload.canonical.check import differences
from schedlab.workload.canonical.decode import decode
from schedlab.workload.canonical.manifest import FILE, read_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from schedlab.workload.workload import Workload

__all__ = ["NAME", "claims", "differences", "load"]

NAME = "canonical"


def claims(folder: Path | None) -> bool:
    """Say whether a manifest and the table of specs are there (a stored run has a manifest, too)."""
    if folder is None or atomic.is_partial(folder) or not (folder / FILE).is_file():
        return False
    return (folder / "specs.parquet").is_file() or (folder / "specs").is_dir()


def load(folder: Path | None, *, horizon: object = None) -> Workload:
    """Read a canonical trace. Rows and cells are checked; ``schedlab trace check`` compares checksums, too.

    Parameters
    ----------
    folder
        Where manifest.json is.
    horizon
        Where the replay stops: seconds, or a text such as "1.5h"; None: as the manifest says.

    Raises
    ------
    InputError
        The version is another, or something in the files is wrong; the line names file, row and column.
    """
    if folder is None:
        raise InputError("the canonical form has no trace of its own", mend="give the folder that holds manifest.json")
    workload = decode(folder, read_manifest(folder))
    return workload if horizon is None else replace(workload, horizon=options.time("horizon", horizon))
