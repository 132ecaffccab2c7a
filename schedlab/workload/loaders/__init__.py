"""Loaders, one trace format a file, found by scanning this package: a new one is one file and no other edit.

A loader is a module (or a sub-package) with the three names of `Loader`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from schedlab.workload.workload import Workload


class Loader(Protocol):
    """The contract of a loader module.

    It may also have ``differences(folder)``, which reads a trace and yields a line for each thing that is not as the
    trace's own files say, checksums among them.

    Attributes
    ----------
    NAME
        The format's name; where a format is that of one trace, also the trace's.
    """

    NAME: str

    def claims(self, folder: Path | None) -> bool:
        """Say, by looking at names only, whether a folder or file is in this format.

        None: called by NAME, without files.
        """

    def load(self, folder: Path | None, **options: Any) -> Workload:
        """Read the folder or file. The options are the keyword-only parameters of the module's function.

        Raises `InputError`, one line that names file, row and field, for whatever is wrong in the files.
        """


def loaders() -> list[Loader]:
    """Return every loader, by module name."""
    found = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [cast("Loader", importlib.import_module(f"{__name__}.{name}")) for name in found]


def options(loader: Loader) -> list[str]:
    """Return the names of a loader's options."""
    return list(defaults(loader))


def defaults(loader: Loader) -> dict[str, Any]:
    """Return the options of a loader, each with its default."""
    parameters = inspect.signature(loader.load).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}
