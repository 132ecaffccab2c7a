"""The catalogue: traces known by name, with source, licence and the sha256 of each file (catalog.toml)."""

from __future__ import annotations

import difflib
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from schedlab.errors import InputError
from schedlab.workload.canonical.files import sha256
from schedlab.workload.canonical.manifest import read_manifest
from schedlab.workload.data import shelves
from schedlab.workload.loaders import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CATALOG = resources.files("schedlab") / "workload" / "catalog.toml"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A trace.

    Attributes
    ----------
    files
        The sha256 of each file as it is held.
    address, downloads
        Where files may be fetched from, a URL to which names are added, and the sha256 of each as it is there; these
        are the same tables, maybe otherwise compressed.
    """

    title: str
    source: str
    citation: str
    licence: str
    redistributable: bool
    files: dict[str, str]
    note: str = ""
    address: str = ""
    downloads: dict[str, str] = {}

    def differences(self, folder: Path) -> Iterator[str]:
        """Yield one line for each file of a folder that is missing or not the catalogued one."""
        forms = (self.files, self.downloads)
        form = max(forms, key=lambda names: sum((folder / name).is_file() for name in names))
        for name, wanted in form.items():
            path = folder / name
            if not path.is_file():
                yield f"{path}: there is no such file"
            elif (found := sha256(path)) != wanted:
                yield f"{path}: its sha256 is {found}, and the catalogue says {wanted}"


def catalog() -> dict[str, Entry]:
    """Return the catalogued traces by name."""
    return msgspec.toml.decode(CATALOG.read_bytes(), type=dict[str, Entry])


def catalogued(name: str) -> Entry:
    """Return a trace of the catalogue.

    Raises
    ------
    InputError
        There is none of that name.
    """
    known = catalog()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        mend = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        raise InputError(f"the catalogue has no trace {name!r:.80}", mend=mend)
    return known[name]


def entry_of(path: Path | None) -> Entry | None:
    """Return what the catalogue says of a folder, or of a file's, that stands where traces are looked for by name."""
    if path is None:
        return None
    folder = path if path.is_dir() else path.parent
    known = folder.resolve().parent in [shelf.resolve() for shelf in shelves().values()]
    return catalog().get(folder.name) if known else None


def provenance(folder: Path | None, source: str) -> dict[str, Any]:
    """Return what `write_trace` is to be told of where a trace comes from; ``source`` is what else to call it.

    Of a trace that is a single file, that is what it was made of.
    """
    files = [] if folder is None else [folder]
    if folder is not None and folder.is_dir():
        files = sorted(path for path in folder.iterdir() if path.is_file())
    found: dict[str, Any] = {"source": source, "source_files": {path.name: sha256(path) for path in files}}
    if folder and canonical.claims(folder):
        manifest = read_manifest(folder)
        carried = ("source", "licence", "redistributable", "citation")
        return found | {fact: getattr(manifest, fact) for fact in carried}
    if entry := entry_of(folder):
        found |= {"source": entry.source, "licence": entry.licence, "citation": entry.citation}
        found["redistributable"] = "yes" if entry.redistributable else "no"
    return found
