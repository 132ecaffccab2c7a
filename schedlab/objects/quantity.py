"""Resource quantities as Kubernetes writes them: ``500m``, ``2Gi``, ``1e3``.

Follows ``resource.ParseQuantity`` and ``Quantity.CanonicalizeBytes`` of Kubernetes v1.34.
"""

import math
import operator
import re
from decimal import Decimal
from functools import total_ordering
from typing import Literal

from schedlab.errors import InputError

Format = Literal["DecimalSI", "BinarySI", "DecimalExponent"]

MAX_INT64 = 2**63 - 1
MAX_VALUE = 10**30
"""The largest magnitude that `Quantity.value` tells exactly: all that is beyond reads as this."""

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"": 0, "Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_BINARY_SUFFIX = list(_BINARY)
_NANO = 9
_MAX_EXPONENT = 2**31 - 1
_MAX_LENGTH = 4000  # Python refuses to read integers of more than 4300 digits

# Possessive, so that a long run of zeros or digits is scanned once and not in every way to split it.
_SYNTAX = re.compile(r"([+-]?+)(0*+)([0-9]*+)(?:\.([0-9]*+))?+([eEinumkKMGTP]*+[+-]?+[0-9]*+)")
_EXPONENT = re.compile(r"[eE][+-]?[0-9]+")


class QuantityError(InputError, ValueError):
    """A text or number that is not a quantity."""


def round_away(number: int, unit: int) -> int:
    """Divide by `unit`, rounding away from zero, as Kubernetes rounds every quantity."""
    return -(-number // unit) if number >= 0 else number // unit


@total_ordering
class Quantity:
    """An exact fixed-point number, ``digits * 10**exponent``, and the way it is written. Immutable.

    Made by `Quantity.parse`. Compares, hashes and sorts by value: ``1Ki`` equals ``1024``. (A plain class: msgspec
    would read a dataclass by itself, as an object.)

    Parameters
    ----------
    digits, exponent
        The value; `digits` is not divisible by ten, `exponent` is at least -9 (both are 0 for zero).
    format
        The suffixes that ``str`` uses.
    """

    __slots__ = ("digits", "exponent", "format")
    digits: int
    exponent: int
    format: Format

    def __init__(self, digits: int, exponent: int, format: Format) -> None:
        set_once = super().__setattr__
        set_once("digits", digits)
        set_once("exponent", exponent)
        set_once("format", format)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Quantity is immutable")

    def __reduce__(self) -> tuple[type["Quantity"], tuple[int, int, Format]]:
        return Quantity, (self.digits, self.exponent, self.format)

    @classmethod
    def parse(cls, source: str | int | float) -> "Quantity":
        """Read a quantity.

        Parameters
        ----------
        source
            A text such as ``500m``, or the number that a manifest holds in its place. What is finer than
            ``1n`` is rounded away from zero; a value with a binary suffix is capped at 2**63 - 1.

        Raises
        ------
        QuantityError
            If Kubernetes would refuse the text, or it is longer than 4000 characters, or its exponent does not
            fit in 32 bits.
        """
        text = source if isinstance(source, str) else _number_text(source)
        found = _SYNTAX.fullmatch(text) if 0 < len(text) <= _MAX_LENGTH else None
        if found is None:
            raise _refuse(source)
        sign, zeros, whole, fraction, suffix = found.groups(default="")
        digits = int(whole + fraction or "0")
        exponent = -len(fraction)
        if suffix in _DECIMAL:
            kind: Format = "DecimalSI"
            shift = _DECIMAL[suffix]
        elif suffix in _BINARY:
            kind, shift = "BinarySI", 0
            digits <<= _BINARY[suffix]
        elif _EXPONENT.fullmatch(suffix) and abs(int(suffix[1:])) <= _MAX_EXPONENT:
            kind, shift = "DecimalExponent", int(suffix[1:])
        else:
            raise _refuse(source)
        # Only Kubernetes' fast path reads a suffix without a number, as zero; these do not take that path.
        if not zeros + whole + fraction and (shift < -_NANO or suffix in ("Pi", "Ei")):
            raise _refuse(source)
        digits, exponent = _round_to_nano(digits, exponent + shift)
        if kind == "BinarySI" and digits * 10 ** (exponent + _NANO) > MAX_INT64 * 10**9:
            digits, exponent = MAX_INT64, 0
        digits, exponent = _strip_zeros(digits, exponent)
        return cls(-digits if sign == "-" else digits, exponent, kind)

    @classmethod
    def decode(cls, value: object) -> "Quantity":
        """Read the value that a manifest holds; blanks around a text are dropped, as Kubernetes' JSON reader does.

        Raises
        ------
        QuantityError
            As `parse` does, and if the value is neither text nor number.
        """
        if isinstance(value, str):
            return cls.parse(value.strip())
        if isinstance(value, int | float):
            return cls.parse(value)
        raise _refuse(value)

    def nanos(self) -> int:
        """Return the value in units of 1e-9, exactly up to `MAX_VALUE` (so 1e999999999 costs no memory)."""
        bound = MAX_VALUE * 10**9
        scale: int = 10 ** min(self.exponent + _NANO, 40)  # at 40 any digit is beyond the bound
        return max(-bound, min(bound, self.digits * scale))

    def value(self) -> int:
        """Return the value as an integer, rounded away from zero."""
        return round_away(self.nanos(), 10**9)

    def milli_value(self) -> int:
        """Return the value in thousandths, rounded away from zero."""
        return round_away(self.nanos(), 10**6)

    def __str__(self) -> str:
        """Return the canonical form: no fraction, no precision lost, the largest suffix."""
        if not self.digits:
            return "0"
        if self.format == "BinarySI" and self.exponent >= 0 and abs(self.value()) >= 1024:
            return _binary_form(self.value())
        # For an exponent that has no suffix, v1.34 prints the digits alone, which is another value; later releases
        # print an exponent, as here.
        exponent = self.exponent - self.exponent % 3
        number = self.digits * 10 ** (self.exponent % 3)
        if self.format != "DecimalExponent" and exponent in _DECIMAL_SUFFIX:
            return f"{number}{_DECIMAL_SUFFIX[exponent]}"
        return f"{number}e{exponent}" if exponent else str(number)

    def __repr__(self) -> str:
        return f"Quantity({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quantity):
            return NotImplemented
        return self.digits == other.digits and self.exponent == other.exponent

    def __hash__(self) -> int:
        return hash((self.digits, self.exponent))

    def __lt__(self, other: "Quantity") -> bool:
        return self._decimal() < other._decimal()

    def _decimal(self) -> Decimal:
        return Decimal(f"{self.digits}e{self.exponent}")


def _refuse(source: object) -> QuantityError:
    quoted = repr(source) if len(repr(source)) <= 60 else repr(source)[:57] + "..."
    return QuantityError(f"{quoted} is not a quantity", mend="write a number with an optional suffix: 500m, 2Gi or 1e3")


def _number_text(number: float) -> str:
    """Write a number as Kubernetes' JSON does: plain digits for magnitudes from 1e-6 to 1e21."""
    if isinstance(number, bool):
        raise _refuse(number)
    if not isinstance(number, float):
        return str(operator.index(number))
    if not math.isfinite(number):
        raise _refuse(number)
    text = float.__repr__(number)
    return format(Decimal(text), "f") if number == 0 or 1e-6 <= abs(number) < 1e21 else text


def _round_to_nano(digits: int, exponent: int) -> tuple[int, int]:
    """Round a magnitude away from zero to whole units of 1e-9."""
    surplus = -_NANO - exponent
    if surplus <= 0:
        return digits, exponent
    if surplus > _MAX_LENGTH + 20:  # below 1n whatever the digits are; 10**surplus might not fit in memory
        return min(digits, 1), -_NANO
    return round_away(digits, 10**surplus), -_NANO


def _strip_zeros(digits: int, exponent: int) -> tuple[int, int]:
    """Move all factors of ten from the digits to the exponent."""
    if not digits:
        return 0, 0
    text = str(digits)
    short = text.rstrip("0")
    return int(short), exponent + len(text) - len(short)


def _binary_form(value: int) -> str:
    power = 0
    while value % 1024 == 0:
        value //= 1024
        power += 1
    return f"{value}{_BINARY_SUFFIX[power]}"
