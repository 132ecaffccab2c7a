"""What the commands on stored results share: where they are, and which run is meant."""

from __future__ import annotations

from pathlib import Path

from schedlab.errors import InputError
from schedlab.experiments.results import MANIFEST
from schedlab.experiments.store import Store

WHERE = Path("results")  # where suites put theirs


def stores(folder: Path) -> list[Store]:
    """Return the stores in a folder: itself, or those in the folders directly below.

    Raises
    ------
    InputError
        There is none.
    """
    places = [folder, *sorted(path for path in folder.glob("[!.]*") if path.is_dir())] if folder.is_dir() else []
    found = [store for store in map(Store, places) if store.runs.is_dir()]
    if not found:
        raise InputError("there are no results here", file=folder, mend="run schedlab bench, or name another folder")
    return found


def suites(folder: Path) -> list[str]:
    """Return the folders of suites' results directly below one that has none itself."""
    return [] if (folder / MANIFEST).exists() else sorted(str(file.parent) for file in folder.glob(f"[!.]*/{MANIFEST}"))


def run_of(text: str, folder: Path) -> tuple[Store, str]:
    """Return the store and the key of the run that a text means: its folder, or the beginning of its key.

    Raises
    ------
    InputError
        It means none, or several.
    """
    path = Path(text)
    if (path / "manifest.json").is_file() and path.parent.name == "runs":
        return Store(path.parent.parent), path.name
    found = [(store, key) for store in stores(folder) for key in store if key.startswith(text)]
    if len(found) > 1 and len({key for _, key in found}) == 1:
        places = " and in ".join(str(store.folder) for store, _ in found)
        mend = f"give its folder, or --in {found[0][0].folder}"
        raise InputError(f"run {found[0][1]} is in {places}", mend=mend)
    if len(found) != 1:
        problem = f"{len(found) or 'no'} stored runs have a key that begins with {text!r}"
        raise InputError(problem, file=folder, mend="schedlab results list --runs shows the keys")
    return found[0]
