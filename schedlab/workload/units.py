"""Times and quantities as people write them, to integers; a bad text raises `InputError` without a place."""

from __future__ import annotations

import re
from decimal import Decimal

from schedlab.errors import InputError
from schedlab.objects import Quantity

MAX_TIME = 2**53  # microseconds, 285 years: exact in float64 too
MAX_CAPACITY = 2**46  # millicores or bytes of one node: above it the float64 kernels are no longer exact
_INT64 = 2**63 - 1

_NUMBER = r"(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d{1,3})?"  # possessive: a long run of digits is scanned once
_BARE = re.compile(_NUMBER)
_BESIDE_UNIT = re.compile(r"\s+(?=[^\W\d])|(?<=[^\W\d])\s+")
_NUMBERED = re.compile(rf"\+?{_NUMBER}(\D*)")
_TERM = re.compile(rf"({_NUMBER})([^\d.+-]+)")
_TERMS = re.compile(rf"(?:{_NUMBER}[^\d.+-]+)+")
_MICROSECONDS = {"us": 1, "µs": 1, "ms": 10**3, "s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6, "d": 86_400 * 10**6}
_TIME_MEND = "write a time such as 90, 90s, 1.5h, 2h30m, 250ms or 1d (a bare number is seconds)"
_QUANTITY_MEND = "write a quantity such as 500m, 2 or 2Gi"


def microseconds(text: str) -> int:
    """Return a time in microseconds, rounded to the nearest; a bare number is seconds.

    Raises
    ------
    InputError
        The text is no time, is negative, not finite, of an unknown unit, or above 2^53 us.
    """
    plain = _BESIDE_UNIT.sub("", text)
    if _BARE.fullmatch(plain):
        total = Decimal(plain) * 10**6
    elif _TERMS.fullmatch(plain):
        total = Decimal(0)
        for number, unit in _TERM.findall(plain):
            if unit not in _MICROSECONDS:
                raise InputError(f"{quoted(text)} has the unknown unit {quoted(unit)}", mend="use d, h, m, s, ms or us")
            total += Decimal(number) * _MICROSECONDS[unit]
    else:
        raise InputError(_complaint(text, "a time"), mend=_TIME_MEND)
    if total > MAX_TIME:
        raise InputError(f"{quoted(text)} is above 2^53 us (285 years)", mend="count times from the start of the trace")
    return int(total.to_integral_value())


def spoken(time: int) -> str:
    """Return a time in microseconds as people say it: in days from two on, in hours from two on, else in seconds."""
    for unit in ("d", "h"):
        if time >= 2 * _MICROSECONDS[unit]:
            return f"{time / _MICROSECONDS[unit]:.4g} {unit}"
    return f"{time / 1e6:g} s"


def span(text: str) -> int:
    """Return a run time in microseconds, at least 1 us (a duration of 0 is stored as the shortest there is)."""
    return max(1, microseconds(text))


def millicores(text: str) -> int:
    """Return a CPU quantity in millicores, rounded up; what exceeds int64 is cut to it."""
    return min(_quantity(text).milli_value(), _INT64)


def nanocores(text: str) -> int:
    """Return a CPU quantity in units of 1e-9 core, rounded up: usage may be far below a millicore."""
    return min(_quantity(text).nanos(), _INT64)


def units(text: str) -> int:
    """Return a quantity (memory, storage) in whole units, rounded up; what exceeds int64 is cut to it."""
    return min(_quantity(text).value(), _INT64)


def devices(text: str) -> int:
    """Return a count of an extended resource: a whole number, as Kubernetes demands."""
    quantity = _quantity(text)
    if quantity.nanos() % 10**9:
        raise InputError(f"{quoted(text)} is not a whole number", mend="this resource is counted in whole units")
    return min(quantity.value(), _INT64)


def capacity(text: str, value: int) -> int:
    """Return ``value``, which ``text`` stands for, unless it is more than a node may have."""
    if value > MAX_CAPACITY:
        problem = f"{quoted(text)} is above 2^46 (millicores, bytes or units)"
        raise InputError(problem, mend="check the unit; no node may have so much")
    return value


def quoted(text: str) -> str:
    """Return a text as an error quotes it: on one line, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _quantity(text: str) -> Quantity:
    number = _NUMBERED.fullmatch(text)
    if not number:
        raise InputError(_complaint(text, "a quantity"), mend=_QUANTITY_MEND)
    try:
        return Quantity.parse(text)
    except InputError:
        if not number[1]:
            raise InputError(f"{quoted(text)} is not a quantity", mend=_QUANTITY_MEND) from None
        mend = "use m, k, M, G, T, Ki, Mi, Gi or Ti"
        raise InputError(f"{quoted(text)} has the unknown unit {quoted(number[1])}", mend=mend) from None


def _complaint(text: str, kind: str) -> str:
    if not text:
        return "the cell is empty"
    if text.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
        return f"{text!r} is not a finite number"
    return f"{quoted(text)} is {'negative' if text.startswith('-') else f'not {kind}'}"
