"""load_trace: from a name, a folder or a file to a Workload."""

from __future__ import annotations

import difflib
import glob
from pathlib import Path
from typing import TYPE_CHECKING

from schedlab.errors import InputError
from schedlab.workload.catalog import catalog
from schedlab.workload.data import VARIABLE, data_root, shelves
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
        data (SCHEDLAB_DATA), of the user's cache (SCHEDLAB_CACHE) or of the checkout, or a file in one, such as
        "swf-small/NASA-iPSC-1993-3.1-cln"; or the path of a folder or file. A file's ending may be left out.
    **chosen
        Options of the loader that reads it, as its ``load`` documents.

    Raises
    ------
    InputError
        The name is unknown, no loader reads what is there, an option is unknown, or something in the files is wrong.
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
    """Return the loader that reads what `load_trace` is given, and the folder or file (None: it needs no files).

    Raises
    ------
    InputError
        The name is unknown, or no loader reads what is there.
    """
    found = loaders()
    for loader in found:
        if where == loader.NAME and loader.claims(None):
            return loader, None
    named = [shelf / where for shelf in shelves().values()] if isinstance(where, str) and _is_name(where) else []
    places = (*named, Path(where))
    for place in places:
        for path in _at(place):
            for loader in found:
                if loader.claims(path):
                    return loader, path
    for path in filter(Path.is_dir, places):
        within = sorted(
            f"{where}/{each.name}" for each in path.iterdir() if any(loader.claims(each) for loader in found)
        )
        mend = f"name one of {', '.join(within)}" if within else "write pods.csv and nodes.csv"
        raise InputError("no loader reads what is in this folder", file=path, mend=mend)
    if (path := Path(where)).exists():
        raise InputError("no loader reads this file", file=path, mend="give the folder that holds a trace")
    raise _unknown(str(where))


def _at(path: Path) -> list[Path]:
    """Return what a path may stand for: what is there, else the files of that name but for their ending."""
    return [path] if path.exists() else sorted(path.parent.glob(f"{glob.escape(path.name)}.*"))


def known_traces() -> dict[str, Path | None]:
    """Return the traces that are here and have names, each with its folder (None: it needs no files)."""
    found = loaders()
    names: dict[str, Path | None] = {}
    for shelf in reversed([shelf for shelf in shelves().values() if shelf.is_dir()]):  # the first shelf wins
        for each in shelf.iterdir():
            if any(loader.claims(each) for loader in found):
                names[each.name] = each
            elif each.is_dir():
                within = [file for file in each.iterdir() if any(loader.claims(file) for loader in found)]
                names |= {f"{each.name}/{file.name}": file for file in within}
    return dict(sorted(names.items())) | {loader.NAME: None for loader in found if loader.claims(None)}


def _is_name(where: str) -> bool:
    path = Path(where)
    return not path.is_absolute() and len(path.parts) <= 2 and ".." not in path.parts


def _unknown(where: str) -> InputError:
    names = known_traces()
    places = [str(Path.cwd()), *map(str, shelves().values())]
    if where in catalog():
        mend = f"fetch it: schedlab trace fetch {where}{'' if catalog()[where].address else ' --from URL'}"
        return InputError(f"the trace {where} is not in {', '.join(places)}", mend=mend)
    near = difflib.get_close_matches(where, sorted(names), 3)
    mend = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(sorted(names))}, or a folder's path"
    if not data_root():
        mend += f" (set {VARIABLE} to the folder of the reference data for the public traces)"
    return InputError(f"there is no trace {quoted(where)} in {', '.join(places)}", mend=mend)
