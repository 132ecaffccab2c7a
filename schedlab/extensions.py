"""Extensions: what a name finds beside the package's own, in a user's files and in installed packages.

A name is one of the package's own, one that an installed package declares as an entry point, ``file.py:name`` or
``package.module:name``.
"""

from __future__ import annotations

import difflib
import functools
import hashlib
import importlib
import importlib.util
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from schedlab.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType


class Installed(NamedTuple):
    """What an installed package declares under a name."""

    package: str  # with its version
    entry: metadata.EntryPoint


@functools.cache
def packages(group: str) -> dict[str, tuple[Installed, ...]]:
    """Return what installed packages declare in a group of entry points, by name; nothing is loaded."""
    found: dict[str, tuple[Installed, ...]] = {}
    for entry in metadata.entry_points(group=group):
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.module
        found[entry.name] = (*found.get(entry.name, ()), Installed(package, entry))
    return found


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the names most like one that is unknown, all if there are none, as the mend of an error."""
    names = list(known)
    return f"known: {', '.join(difflib.get_close_matches(name, names, 3, 0.5) or sorted(names))}"


@dataclass(frozen=True)
class Kind:
    """A kind of extension, and how its names are looked up.

    Attributes
    ----------
    noun, example, decorate
        Words of its errors: "plug-in", "my.py:tightest", "decorate it with ...".
    group
        Of the entry points.
    own
        The package's own, by name.
    holds
        Whether an object is one.
    members
        Those that a module defines.
    name_of
        What one calls itself.
    """

    noun: str
    example: str
    decorate: str
    group: str
    own: Callable[[], Mapping[str, Any]]
    holds: Callable[[Any], bool]
    members: Callable[[ModuleType], list[Any]]
    name_of: Callable[[Any], str]

    def locate(self, name: str) -> Any:
        """Return what a name in any form finds.

        Raises
        ------
        InputError
            If there is none, or it cannot be loaded.
        """
        place, _, inner = name.rpartition(":")
        if not place:
            return self.find(name)
        return self.load_file(name) if place.endswith(".py") or not _dotted(place) else self._load_module(place, inner)

    def find(self, name: str) -> Any:
        """Return one of the package, or one that an installed package declares as an entry point.

        Raises
        ------
        InputError
            With the nearest names, if there is none of that name; if it is broken, or several have it.
        """
        own, others = self.own(), packages(self.group)
        found = others.get(name, ())
        if len(found) + (name in own) > 1:
            owners = (["schedlab itself"] if name in own else []) + [each.package for each in found]
            raise InputError(
                f"{self.noun} {name!r} is in {' and in '.join(owners)}", mend="uninstall all but one of them"
            )
        if found:
            return self._load(found[0])
        if name not in own:
            raise InputError(
                f"there is no {self.noun} {name!r}",
                mend=f"{nearest(name, [*own, *others])}, or your own as FILE.py:NAME",
            )
        return own[name]

    def _load(self, installed: Installed) -> Any:
        """Return what an installed package declares; this imports the package."""
        name, package = installed.entry.name, installed.package

        def broken(problem: str) -> InputError:
            told = f"{self.noun} {name!r} of {package} ({installed.entry.value}) {problem}"
            return InputError(told, mend=f"mend or uninstall {package}")

        try:
            found = installed.entry.load()
        except (Exception, SystemExit) as error:
            raise broken(f"does not load: {type(error).__name__}: {error}") from error
        if not self.holds(found):
            raise broken(f"is no {self.noun}: {self.decorate}")
        if self.name_of(found) != name:
            raise broken(f"calls itself {self.name_of(found)!r}: give both the same name")
        return found

    def load_file(self, where: str) -> Any:
        """Return what ``file.py:name`` names. This runs the file: it is code that its user chose to run.

        Raises
        ------
        InputError
            If there is no such file or name, the file does not run, or the name is of something else.
        """
        path, _, name = where.rpartition(":")
        if not path or not name:
            mend = "write file.py:name, the file and the function or class in it"
            raise InputError(f"{self.noun} {where!r}", mend=mend)
        if not Path(path).is_file():
            raise InputError(f"there is no file {path!r}", mend=f"name an existing Python file, as in {self.example}")
        return self._member(_run(path), name, path)

    def _load_module(self, place: str, name: str) -> Any:
        try:
            module = importlib.import_module(place)
        except Exception as error:
            told = f"the module cannot be imported: {type(error).__name__}: {error}"
            mend = f"install the package, or name a file as in {self.example}"
            raise InputError(told, file=place, mend=mend) from error
        return self._member(module, name, place)

    def _member(self, module: ModuleType, name: str, place: str) -> Any:
        if not hasattr(module, name):
            names = ", ".join(map(self.name_of, self.members(module))) or f"no {self.noun}"
            raise InputError(f"there is no {name!r} in it", file=place, mend=f"it holds {names}")
        found = getattr(module, name)
        if not self.holds(found):
            raise InputError(f"{found!r:.80} is no {self.noun}: {self.decorate}", file=place)
        return found


def _run(path: str) -> ModuleType:
    """Return the module that a file makes."""
    place = hashlib.sha256(str(Path(path).resolve()).encode()).hexdigest()[:8]  # two files may have one name
    spec = importlib.util.spec_from_file_location(f"schedlab_file_{Path(path).stem}_{place}", path)
    if spec is None or spec.loader is None:
        raise InputError("this is no Python file", file=path, mend="name a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses with postponed annotations look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise InputError(f"the file does not run: {type(error).__name__}: {error}{line}", file=path) from error
    return module


def _dotted(place: str) -> bool:
    return "." in place and all(part.isidentifier() for part in place.split("."))
