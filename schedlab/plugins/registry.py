"""Finding plug-ins: the package's own by name, a user's by object or by ``file.py:name``."""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.util
import inspect
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schedlab.plugins
from schedlab.errors import InputError
from schedlab.plugins.api import Plugin

if TYPE_CHECKING:
    from types import ModuleType


@functools.cache
def builtin() -> dict[str, Any]:
    """Return the package's own rules by name, found by looking into every module of `schedlab.plugins`."""
    rules: dict[str, Any] = {}
    for info in pkgutil.walk_packages(schedlab.plugins.__path__, "schedlab.plugins."):
        module = importlib.import_module(info.name)
        for rule in _rules(module):
            rules[Plugin.of(rule).name] = rule
    return rules


def _rules(module: ModuleType) -> list[Any]:
    return [
        value
        for value in vars(module).values()
        if (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == module.__name__
        if any(hasattr(part, "__schedlab__") for part in (value, *vars(value).values()))
    ]


def find(name: str) -> Any:
    """Return one of the package's own rules.

    Raises
    ------
    InputError
        With the nearest names, if there is none of that name.
    """
    rules = builtin()
    if name not in rules:
        near = difflib.get_close_matches(name, rules, 3, 0.5) or sorted(rules)
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
    spec = importlib.util.spec_from_file_location(f"schedlab_file_{Path(path).stem}", path)
    if spec is None or spec.loader is None:
        raise InputError("this is no Python file", file=path, mend="name a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses with postponed annotations look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise InputError(f"the file does not run: {type(error).__name__}: {error}{line}", file=path) from error
    try:
        rule = getattr(module, name)
        Plugin.of(rule)
    except AttributeError as error:
        names = ", ".join(getattr(rule, "__name__", "?") for rule in _rules(module)) or "no plug-in"
        raise InputError(f"there is no {name!r} in it", file=path, mend=f"it holds {names}") from error
    except TypeError as error:
        raise InputError(str(error), file=path) from error
    return rule
