"""Reading suite files, with what they include."""

from __future__ import annotations

import difflib
import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import yaml
from msgspec import inspect

from schedlab.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
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
        raise InputError(f"this is no YAML: {_unread(error)}", file=told) from error
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
        place = ".".join(filter(None, (field, inner)))
        raise InputError(problem, file=told, field=place or None, mend=_mend(problem, kind, inner)) from error


def _unread(error: Exception) -> str:
    """Return why a text is no YAML; the parser tells the line twice, and speaks of a byte string."""
    cause = error.__context__
    if isinstance(cause, yaml.MarkedYAMLError) and cause.problem_mark:
        return f"line {cause.problem_mark.line + 1}: {cause.problem}"
    return str(error)


def _mend(problem: str, kind: Any, place: str) -> str | None:
    """Return what to write instead: for an unknown field the nearest of its record, else an example of the field."""
    found = [inspect.type_info(kind)]
    for step in re.findall(r"[^.[\]]+|\[[^]]*\]", place):
        found = [inner for each in found for inner in _inside(each, step)]
    if unknown := re.search("unknown field `(.*)`", problem):
        known = [field.encode_name for each in found for field in _fields(each)]
        near = difflib.get_close_matches(unknown[1], known, 1)
        return f"did you mean {near[0]}?" if near else f"known: {', '.join(dict.fromkeys(known))}"
    examples = [text for each in found for text in _examples(each)]
    return f"write {' or '.join(examples)}" if examples else None


def _kinds(kind: inspect.Type) -> Iterator[inspect.Type]:
    """Yield the types that one may be."""
    if isinstance(kind, inspect.Metadata):
        yield from _kinds(kind.type)
    elif isinstance(kind, inspect.UnionType):
        yield from (inner for each in kind.types for inner in _kinds(each))
    else:
        yield kind


def _fields(kind: inspect.Type) -> list[inspect.Field]:
    return [field for each in _kinds(kind) if isinstance(each, inspect.StructType) for field in each.fields]


def _examples(kind: inspect.Type) -> list[str]:
    return (kind.extra_json_schema or {}).get("examples", []) if isinstance(kind, inspect.Metadata) else []


def _inside(kind: inspect.Type, step: str) -> Iterator[inspect.Type]:
    """Yield what a type holds at a step of a path: a field's name, or a place in brackets."""
    if not step.startswith("["):
        yield from (field.type for field in _fields(kind) if field.encode_name == step)
        return
    for each in _kinds(kind):
        if isinstance(each, inspect.VarTupleType | inspect.ListType):
            yield each.item_type
        elif isinstance(each, inspect.DictType):
            yield each.value_type
