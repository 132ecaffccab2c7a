"""Where reference data is found: outside the package, named by SCHEDLAB_DATA."""

from __future__ import annotations

import os
from pathlib import Path

from schedlab.errors import InputError

VARIABLE = "SCHEDLAB_DATA"


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
