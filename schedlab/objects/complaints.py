"""msgspec's complaint about a manifest, told for people: problem, field path, mend."""

import re
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from schedlab.objects.quantity import Quantity, QuantityError

_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|(\[\.\.\.\])")
_PLAIN_KEY = re.compile(r"[\w-]+")
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_GOT = re.compile(r"Expected `(\w+)(?: \| null)?`, got `(\w+)`")
_RANGE = re.compile(r"Expected `int` ([<>]=) (\d+)")
_MENDS = {
    "str": "put it in quotes",
    "int": "write a whole number",
    "bool": "write true or false",
    "array": "write a list",
    "object": "write a mapping",
}


def key_step(key: object) -> str:
    """Return the step of a field path that leads to a map's key."""
    return f".{key}" if _PLAIN_KEY.fullmatch(str(key)) else f"[{str(key)!r}]"


def complain(message: str, values: Any, record: type) -> tuple[str, str, str | None]:
    """Return problem, field path (without its ``$``) and mend.

    Parameters
    ----------
    message
        The text of a ``msgspec.ValidationError``, which ends in the path unless that is the root.
    values, record
        What was to be converted, and to what.
    """
    problem, _, place = message.rpartition(" - at `") if " - at `" in message else (message, "", "$`")
    _, _, path = place.removesuffix("`").rpartition("$")  # "key` in `$.metadata.labels" speaks of a key
    steps = [(field, index) for field, index, _ in _STEP.findall(path)]
    field = path.replace("[...]", "")
    if path.endswith("[...]"):
        field += key_step(_culprit(_follow(values, steps[:-1]), problem))
    if missing := _MISSING.match(problem):
        return f"{missing[1]} is missing", f"{field}.{missing[1]}", "add it"
    if got := _GOT.match(problem):
        what = "a key: " if place.startswith("key`") else ""
        return f"{what}expected {got[1]}, got {got[2]}", field, _MENDS.get(got[1])
    if bound := _RANGE.match(problem):
        return "the number is out of range", field, f"write one {bound[1]} {bound[2]}"
    if problem.startswith("Invalid enum value"):
        value = problem.removeprefix("Invalid enum value ")
        return f"{value} is not allowed", field, f"write {_choices(record, steps)}"
    return problem, field, None


def _follow(values: Any, steps: list[tuple[str, str]]) -> Any:
    for field, index in steps:
        values = values[field or int(index)]
    return values


def _culprit(values: dict[object, object], problem: str) -> object:
    """Return the key of the value that the problem is about; msgspec does not tell it."""
    for key, value in values.items():
        try:
            Quantity.decode(value)
        except QuantityError as error:
            if str(error) == problem:
                return key
    return next((key for key, value in values.items() if not isinstance(value, str)), "...")


def _choices(record: type, steps: list[tuple[str, str]]) -> str:
    """Return the values that the field at the end of a path may have."""
    kind: Any = record
    for name, index in steps:
        if not index:
            fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
            kind = inner(fields[name])
    return " or ".join(str(choice) for choice in get_args(kind) if choice != "")


def inner(kind: Any) -> Any:
    """Return the type inside lists and optional fields."""
    if get_origin(kind) in (Union, UnionType, list):
        return inner(next(part for part in get_args(kind) if part is not type(None)))
    return kind
