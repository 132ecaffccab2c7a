"""Scan: the things that a package holds, one a file, each under the file's name."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

from schedlab.errors import InputError
from schedlab.extensions import nearest

if TYPE_CHECKING:
    from types import ModuleType


def scanned(package: ModuleType) -> dict[str, Any]:
    """Return what the package's modules hold under their own names."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name: getattr(importlib.import_module(f"{package.__name__}.{name}"), name) for name in names}


def found(package: ModuleType, noun: str, name: str) -> Any:
    """Return the one of a name.

    Raises
    ------
    InputError
        With the nearest names, if there is none.
    """
    known = scanned(package)
    if name not in known:
        raise InputError(f"there is no {noun} {name!r}", mend=nearest(name, known))
    return known[name]
