"""Checks of the options of loaders and transforms: each returns the value or raises `InputError` naming the option."""

from __future__ import annotations

import difflib
import math
from numbers import Integral, Real
from typing import TYPE_CHECKING

from schedlab.errors import InputError
from schedlab.workload.units import microseconds

if TYPE_CHECKING:
    from collections.abc import Sequence


def count(name: str, value: object, least: int = 1) -> int:
    """Return an integer that is at least ``least``."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise InputError(f"option {name} is {value!r}", mend=f"give a whole number of at least {least}")
    return int(value)


def number(name: str, value: object, low: float = 0.0, high: float = math.inf) -> float:
    """Return a finite number in [low, high]."""
    found = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not math.isfinite(found) or not low <= found <= high:
        bounds = f"of at least {low:g}" if high == math.inf else f"between {low:g} and {high:g}"
        raise InputError(f"option {name} is {value!r}", mend=f"give a number {bounds}")
    return found


def choice(name: str, value: object, among: Sequence[str]) -> str:
    """Return one of some texts."""
    if value not in among:
        near = difflib.get_close_matches(str(value), among, 1)
        mend = f"did you mean {near[0]}?" if near else f"give {' or '.join(among)}"
        raise InputError(f"option {name} is {value!r}", mend=mend)
    return str(value)


def flag(name: str, value: object) -> bool:
    """Return a truth value."""
    if not isinstance(value, bool):
        raise InputError(f"option {name} is {value!r}", mend="give true or false")
    return value


def time(name: str, value: object, least: int = 1) -> int:
    """Return a time in us, at least ``least``; a number is seconds, a text is read as in the CSV files."""
    if isinstance(value, bool) or not isinstance(value, str | Real):
        raise InputError(f"option {name} is {value!r}", mend="give seconds, or a text such as 1.5h")
    try:
        return max(least, microseconds(str(value)))
    except InputError as error:
        raise InputError(f"option {name}: {error}") from None
