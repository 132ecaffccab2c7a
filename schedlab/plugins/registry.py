"""Finding plug-ins by name: the package's own and installed packages', ``file.py:name``, ``package.module:name``."""

from __future__ import annotations

import difflib
import functools
import hashlib
import importlib
import importlib.util
import inspect
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schedlab.plugins
from schedlab.errors import InputError
from schedlab.plugins import installed
from schedlab.plugins.plugin import marks_of, name_of

if TYPE_CHECKING:
    from types import ModuleType


@functools.cache
def builtin() -> dict[str, Any]:
    """Return the package's own rules by name, found by looking into every module of `schedlab.plugins`."""
    rules: dict[str, Any] = {}
    for info in pkgutil.walk_packages(schedlab.plugins.__path__, "schedlab.plugins."):
        module = importlib.import_module(info.name)
        for rule in _rules(module):
            rules[name_of(rule)] = rule
    return rules


def _rules(module: ModuleType) -> list[Any]:
    return [
        value
        for value in vars(module).values()
        if (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == module.__name__
        if marks_of(value)
    ]


def locate(name: str) -> Any:
    """Return the rule of a name in any form: a plug-in's, ``file.py:name`` or ``package.module:name``.

    Raises
    ------
    InputError
        If there is none, or it cannot be loaded.
    """
    place, _, inner = name.rpartition(":")
    if not place:
        return find(name)
    return load_file(name) if place.endswith(".py") or not _dotted(place) else _load_module(place, inner)


def find(name: str) -> Any:
    """Return a rule of the package, or one that an installed package declares as an entry point.

    Raises
    ------
    InputError
        With the nearest names, if there is none of that name; if it is broken, or several have it.
    """
    rules, packages = builtin(), installed.packages()
    found = packages.get(name, ())
    if len(found) + (name in rules) > 1:
        owners = (["schedlab itself"] if name in rules else []) + [each.package for each in found]
        raise InputError(f"plug-in {name!r} is in {' and in '.join(owners)}", mend="uninstall all but one of them")
    if found:
        return found[0].load()
    if name not in rules:
        known = [*rules, *packages]
        near = difflib.get_close_matches(name, known, 3, 0.5) or sorted(known)
        raise InputError(f"there is no plug-in {name!r}", mend=f"known: {', '.join(near)}")
    return rules[name]


def load_file(where: str) -> Any:
    """Return the rule that ``file.py:name`` names. This runs the file: it is code that its user chose to run.

    Raises
    ------
    InputError
        If there is no such file or name, the file does not run, or the name is no plug-in.
    """
    path, _, name = where.rpartition(":")
    if not path or not name:
        raise InputError(f"plug-in {where!r}", mend="write file.py:name, the file and the function or class in it")
    if not Path(path).is_file():
        raise InputError(f"there is no file {path!r}", mend="name an existing Python file, as in my.py:tightest")
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
    return _member(module, name, path)


def _load_module(place: str, name: str) -> Any:
    try:
        module = importlib.import_module(place)
    except Exception as error:
        told = f"the module cannot be imported: {type(error).__name__}: {error}"
        raise InputError(told, file=place, mend="install the package, or name a file as in my.py:tightest") from error
    return _member(module, name, place)


def _member(module: ModuleType, name: str, place: str) -> Any:
    rule = getattr(module, name, None)
    if not hasattr(module, name):
        names = ", ".join(rule.__name__ for rule in _rules(module)) or "no plug-in"
        raise InputError(f"there is no {name!r} in it", file=place, mend=f"it holds {names}")
    if not marks_of(rule):
        told = f"{rule!r:.80} is no plug-in: decorate it, or its filter or score, with @filter or @score"
        raise InputError(told, file=place)
    return rule


def source_files(rule: Any) -> list[Path]:
    """Return the files that a rule from outside this package is written in: its own, or all of its package."""
    owner = rule if hasattr(rule, "__module__") and not inspect.ismodule(rule) else inspect.getmodule(rule)
    module = sys.modules.get(getattr(owner, "__module__", ""), owner)
    file = getattr(module, "__file__", None)
    top = (getattr(module, "__name__", "") or "").partition(".")[0]
    if file is None or top == "schedlab":
        return []
    root = getattr(sys.modules.get(top), "__file__", None)
    if root is not None and Path(root).name == "__init__.py":
        return sorted(Path(root).parent.rglob("*.py"))
    return [Path(file)]


def _dotted(place: str) -> bool:
    return "." in place and all(part.isidentifier() for part in place.split("."))
