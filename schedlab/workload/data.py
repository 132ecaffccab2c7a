"""Where traces are found: the reference data (SCHEDLAB_DATA), the user's cache (SCHEDLAB_CACHE), the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pooch

from schedlab.errors import InputError

VARIABLE, CACHE = "SCHEDLAB_DATA", "SCHEDLAB_CACHE"


def checkout_root() -> Path | None:
    """Return the folder of the source checkout, None for an installed wheel."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() else None


def data_root() -> Path | None:
    """Return the folder of the reference data: SCHEDLAB_DATA, else ``../shared`` beside the checkout if it exists.

    Raises
    ------
    InputError
        SCHEDLAB_DATA names what is not a folder.
    """
    named = os.environ.get(VARIABLE)
    if named:
        root = Path(named)
        if not root.is_dir():
            raise InputError(f"{VARIABLE} names {named!r}, which is not a folder", mend="name a folder that exists")
        return root
    checkout = checkout_root()
    beside = checkout.parent / "shared" if checkout else None
    return beside if beside and beside.is_dir() else None


def cache_root() -> Path:
    """Return the folder that downloads are kept in: SCHEDLAB_CACHE, else the user's cache folder for schedlab."""
    return Path(os.environ.get(CACHE) or pooch.os_cache("schedlab"))


def shelves() -> dict[str, Path]:
    """Return the folders in which traces are looked for by name, first to last, by what they are called."""
    roots = {"reference data": data_root(), "cache": cache_root(), "checkout": checkout_root()}
    return {name: root / "traces" for name, root in roots.items() if root}
