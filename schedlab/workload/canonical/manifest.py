"""manifest.json: what a canonical trace is, where it comes from, and which files hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from schedlab.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

FILE = "manifest.json"
FORMAT, VERSION = "schedlab-trace", "1.0"
_MEND = "convert the trace again"


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """One Parquet file; the path is relative to the manifest's folder, the times (us) are those of its rows."""

    path: str
    rows: int
    sha256: str
    t_min: int | None = None
    t_max: int | None = None


class TableFiles(msgspec.Struct, frozen=True):
    """The files of a table, in order, and what its rows are sorted by."""

    files: list[File]
    sort: list[str] = []


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in manifest.json.

    Attributes
    ----------
    digest
        `Workload.digest`: the trace's identity in results.
    horizon, window, gang_wait
        Microseconds; the window is first and last moment that the trace covers.
    source, source_files
        Where it comes from, and the sha256 of each file that it was converted from.
    licence, redistributable, citation
        Of the source; redistributable is yes, no, research-only, or empty where it is not known.
    converter
        Name, version and arguments of what wrote it.
    resources
        The unit of each resource.
    checks
        Facts of the content, worked out again by ``schedlab trace check``.
    report
        `Workload.report`.
    """

    format: str
    version: str
    name: str
    digest: str
    horizon: int | None
    tables: dict[str, TableFiles]
    window: tuple[int, int] = (0, 0)
    gang_wait: int | None = None
    source: str = ""
    source_files: dict[str, str] = {}
    licence: str = ""
    redistributable: str = ""
    citation: str = ""
    converter: dict[str, Any] = {}
    resources: dict[str, dict[str, str]] = {}
    checks: dict[str, Any] = {}
    report: dict[str, Any] = {}


def read_manifest(folder: Path) -> Manifest:
    """Read a folder's manifest; unknown fields are ignored.

    Raises
    ------
    InputError
        It is missing or damaged, of another format or major version, or names a file outside the folder.
    """
    path = folder / FILE
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path, mend="name a folder of a trace") from None
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$.")
        raise InputError(problem, file=path, field=place.rstrip("`") or None, mend=_MEND) from None
    except msgspec.DecodeError as error:
        raise InputError(f"the file is no JSON ({error})", file=path, mend=_MEND) from None
    if manifest.format != FORMAT:
        raise InputError(f"{manifest.format!r:.80} is not {FORMAT}", file=path, field="format", mend=_MEND)
    major = VERSION.partition(".")[0]
    if manifest.version.partition(".")[0] != major:
        problem = f"version {manifest.version!r:.80}, but this schedlab reads {major}.x"
        raise InputError(problem, file=path, field="version", mend=f"{_MEND}, or use another schedlab")
    root = folder.resolve()
    for name, table in manifest.tables.items():
        for file in table.files:
            if not (folder / file.path).resolve().is_relative_to(root):
                problem = f"{file.path!r:.80} is not in the trace's folder"
                raise InputError(problem, file=path, field=f"tables.{name}", mend=_MEND)
    return manifest
