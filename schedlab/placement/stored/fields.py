"""Fields of stored objects: each of its type and shape, errors by the field's path."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np


class Damaged(Exception):
    """A field that is not as it was written."""

    def __init__(self, field: str, problem: str) -> None:
        self.field, self.problem = field, problem


def converted(raw: Any, types: dict[str, Any], place: str) -> dict[str, Any]:
    """Return the fields of an object, each of its type; none may lack or be unknown."""
    if not isinstance(raw, dict):
        raise Damaged(place, "is missing" if raw is None else "is no object")
    for name in sorted(raw.keys() ^ types.keys()):
        raise Damaged(f"{place}.{name}", "is missing" if name in types else "is unknown")
    found = {}
    for name, type_ in types.items():
        try:
            found[name] = msgspec.convert(raw[name], type_)
        except msgspec.ValidationError as error:
            told, _, path = str(error).partition(" - at `$")
            raise Damaged(f"{place}.{name}{path.rstrip('`')}", told) from error
    return found


def array(raw: Any, dtype: type, shape: list[int], place: str) -> Any:
    """Return lists of numbers as an array; they must have the shape."""
    rows = raw if len(shape) == 2 else [raw]
    if (len(shape) == 2 and len(rows) != shape[0]) or any(len(row) != shape[-1] for row in rows):
        raise Damaged(place, f"is not of the shape {' x '.join(map(str, shape))}")
    try:
        return np.array(raw, dtype).reshape(shape)
    except OverflowError as error:
        raise Damaged(place, "has a number beyond 64 bits") from error
