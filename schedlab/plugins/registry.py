"""Finding plug-ins by name: the package's own and installed packages', ``file.py:name``, ``package.module:name``."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schedlab.plugins
from schedlab.extensions import Kind
from schedlab.plugins.plugin import HOOKS, marks_of, name_of

if TYPE_CHECKING:
    from types import ModuleType

GROUP = "schedlab.plugins"  # of entry points


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


KIND = Kind(
    noun="plug-in",
    example="my.py:tightest",
    decorate="decorate it, or its filter or score, with @filter or @score",
    group=GROUP,
    own=builtin,
    holds=lambda rule: bool(marks_of(rule)),
    members=_rules,
    name_of=name_of,
)
locate, find, load_file = KIND.locate, KIND.find, KIND.load_file


def sources(rule: Any) -> list[Path] | None:
    """Return the files that a rule from outside this package is written in: its own, or all of its package.

    None where there is no file, as for what was typed into a notebook.
    """
    owner = rule if hasattr(rule, "__module__") and not inspect.ismodule(rule) else inspect.getmodule(rule)
    module = sys.modules.get(getattr(owner, "__module__", ""), owner)
    file = getattr(module, "__file__", None)
    top = (getattr(module, "__name__", "") or "").partition(".")[0]
    if top == "schedlab":
        return []
    if file is None or not Path(getattr(_code(rule), "co_filename", file)).is_file():
        return None
    root = getattr(sys.modules.get(top), "__file__", None)
    if root is not None and Path(root).name == "__init__.py":
        return sorted(Path(root).parent.rglob("*.py"))
    return [Path(file)]


def _code(rule: Any) -> Any:
    """Return the code object of a rule, or of what it is called by; None where there is none."""
    for name in ("", "__call__", "filter", "score", *HOOKS):
        found = getattr(rule, name, None) if name else rule
        code = getattr(found, "__code__", None)
        if code is not None:
            return code
    return None
