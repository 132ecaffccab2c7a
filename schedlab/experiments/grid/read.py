"""Reading suite files, with what they include."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from schedlab.errors import InputError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

SHIPPED = resources.files("schedlab") / "experiments" / "suites"


def shipped() -> dict[str, Traversable]:
    """Return the suites of the package by name."""
    return {Path(file.name).stem: file for file in SHIPPED.iterdir() if file.name.endswith(".yaml")}


def find(where: str, folder: Path) -> Path | Traversable:
    """Return the file of a suite: a path, from ``folder`` on, or the name of a shipped suite.

    Raises
    ------
    InputError
        There is neither.
    """
    path = folder / where
    if path.is_file():
        return path
    own = shipped()
    if where not in own:
        mend = f"name a YAML file, or a shipped suite: {', '.join(sorted(own))}"
        raise InputError(f"there is no suite {where!r}", mend=mend)
    return own[where]


def identity(file: Path | Traversable) -> str:
    """Return what tells a suite file from others."""
    return str(file.resolve()) if isinstance(file, Path) else file.name


def parse(file: Path | Traversable, told: str) -> dict[str, Any]:
    """Return what a suite file says, as JSON values.

    Raises
    ------
    InputError
        It cannot be read, or is no YAML mapping; ``told`` names it.
    """
    try:
        content = msgspec.yaml.decode(file.read_bytes())
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=told) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is no YAML: {error}", file=told) from error
    if not isinstance(content, dict):
        raise InputError("this is no suite", file=told, mend="write name, traces and schedulers")
    return content


def checked(content: Any, kind: Any, told: str, field: str = "") -> Any:
    """Return JSON values as a record, or raise InputError that names file and field."""
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        inner = place.rstrip("`").removeprefix(".")
        raise InputError(problem, file=told, field=".".join(filter(None, (field, inner))) or None) from error
