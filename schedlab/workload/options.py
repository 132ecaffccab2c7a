"""Checks of loader options: each returns the value or raises `InputError` naming the option."""

from __future__ import annotations

import math
from numbers import Integral, Real

from schedlab.errors import InputError
from schedlab.workload.units import span


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


def time(name: str, value: object) -> int:
    """Return a time in us, at least 1; a number is seconds, a text is read as in the CSV files."""
    if isinstance(value, bool) or not isinstance(value, str | Real):
        raise InputError(f"option {name} is {value!r}", mend="give seconds, or a text such as 1.5h")
    try:
        return span(str(value))
    except InputError as error:
        raise InputError(f"option {name}: {error}") from None
