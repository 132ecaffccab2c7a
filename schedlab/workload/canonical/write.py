"""write_trace: a Workload to a folder in the canonical form, whole or not at all."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from schedlab import atomic
from schedlab.errors import InputError
from schedlab.workload.canonical.check import facts
from schedlab.workload.canonical.encode import SORT, encode
from schedlab.workload.canonical.files import write_table
from schedlab.workload.canonical.manifest import FILE, FORMAT, VERSION, Manifest

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from schedlab.workload.workload import Workload

_UNITS = {"cpu": "millicores", "memory": "bytes", "ephemeral-storage": "bytes"}


def new_folder(folder: str | os.PathLike[str]) -> Path:
    """Return a path that nothing has yet.

    Raises
    ------
    InputError
        Something has it.
    """
    path = Path(folder)
    if path.exists() or path.is_symlink():
        raise InputError("this is there already", file=path, mend="name a new folder")
    return path


def write_trace(
    workload: Workload,
    folder: str | os.PathLike[str],
    *,
    source: str = "",
    source_files: Mapping[str, str] | None = None,
    licence: str = "",
    redistributable: str = "",
    citation: str = "",
    arguments: Mapping[str, Any] | None = None,
) -> Manifest:
    """Write a workload as "schedlab trace v1"; `load_trace` of the folder gives it back, with the same digest.

    The folder appears when all is written and on the disk; an interrupted write leaves nothing that a loader claims.

    Parameters
    ----------
    folder
        A new one; folders above it are made.
    source, source_files
        Where the trace comes from, and the sha256 of each file that it was made of.
    licence, redistributable, citation
        Of the source; redistributable is yes, no or research-only.
    arguments
        What it was converted with: JSON values.

    Raises
    ------
    InputError
        There is something of that name already.
    """
    target = new_folder(folder)
    with atomic.folder(target) as partial:
        files = {
            name: write_table(partial, name, table, SORT.get(name, table.column_names[:1]))
            for name, table in encode(workload).items()
        }
        manifest = Manifest(
            format=FORMAT,
            version=VERSION,
            name=workload.name,
            digest=workload.digest(),
            horizon=workload.horizon,
            gang_wait=workload.gang_wait,
            tables=files,
            window=(0, workload.horizon or int(workload.pods.submit[-1])),
            source=source,
            source_files=dict(source_files or {}),
            licence=licence,
            redistributable=redistributable,
            citation=citation,
            converter={
                "name": "schedlab",
                "version": metadata.version("schedlab"),
                "arguments": dict(arguments or {}),
            },
            resources={name: {"unit": _UNITS.get(name, "units")} for name in _resources(workload)},
            checks=facts(workload),
            report=workload.report,
        )
        (partial / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    return manifest


def _resources(workload: Workload) -> list[str]:
    return list(dict.fromkeys(name for node in workload.nodes for name in node.status.allocatable))
