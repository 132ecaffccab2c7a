"""load_trace: from a name or a folder to a Workload."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from schedlab.errors import InputError
from schedlab.workload.data import VARIABLE, checkout_root, data_root
from schedlab.workload.loaders import loaders, options
from schedlab.workload.units import quoted

if TYPE_CHECKING:
    import os
    from typing import Any

    from schedlab.workload.loaders import Loader
    from schedlab.workload.workload import Workload


def load_trace(where: str | os.PathLike[str], **chosen: Any) -> Workload:
    """Load a workload.

    Parameters
    ----------
    where
        "generated"; the name of a trace, such as "openb" or "tiny", which is a folder below ``traces`` of the reference
        data (SCHEDLAB_DATA) or of the checkout; or the path of a folder.
    **chosen
        Options of the loader that reads it, as its ``load`` documents.

    Raises
    ------
    InputError
        The name is unknown, no loader reads the folder, an option is unknown, or something in the files is wrong.
    """
    loader, folder = find_trace(where)
    known = options(loader)
    for name in chosen:
        if name not in known:
            raise InputError(
                f"the loader {loader.NAME} has no option {name!r}", mend=f"its options are {', '.join(known)}"
            )
    return loader.load(folder, **chosen)


def find_trace(where: str | os.PathLike[str]) -> tuple[Loader, Path | None]:
    """Return the loader that reads what `load_trace` is given, and the folder (None: it needs no files).

    Raises
    ------
    InputError
        The name is unknown, or no loader reads the folder.
    """
    found = loaders()
    for loader in found:
        if where == loader.NAME and loader.claims(None):
            return loader, None
    shelves = [root / "traces" for root in (data_root(), checkout_root()) if root]
    named = [shelf / where for shelf in shelves] if isinstance(where, str) and Path(where).name == where else []
    for folder in (*named, Path(where)):
        if folder.is_dir():
            for loader in found:
                if loader.claims(folder):
                    return loader, folder
    path = Path(where)
    if path.is_dir():
        raise InputError("no loader reads what is in this folder", file=path, mend="write pods.csv and nodes.csv")
    if path.exists():
        raise InputError("this is a file", file=path, mend="give the folder that holds it")
    raise _unknown(str(where), found, shelves)


def _unknown(where: str, found: list[Loader], shelves: list[Path]) -> InputError:
    names = {loader.NAME for loader in found if loader.claims(None)}
    for shelf in (shelf for shelf in shelves if shelf.is_dir()):
        names |= {folder.name for folder in shelf.iterdir() if any(loader.claims(folder) for loader in found)}
    places = [str(Path.cwd()), *map(str, shelves)]
    near = difflib.get_close_matches(where, sorted(names), 3)
    mend = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(sorted(names))}, or a folder's path"
    if not data_root():
        mend += f" (set {VARIABLE} to the folder of the reference data for the public traces)"
    return InputError(f"there is no trace {quoted(where)} in {', '.join(places)}", mend=mend)
