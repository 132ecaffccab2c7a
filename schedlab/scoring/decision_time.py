"""Decision time: what a scheduler's cycles cost in simulated time."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from schedlab.errors import InputError

UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6}
_PART = re.compile(r"(\d+(?:\.\d+)?) ?(us|ms|s)(/node)?")
LONGEST = 86_400e6  # us
MEND = "write such as 5ms, 5ms+0.2us/node, or measured"


class DecisionTime(NamedTuple):
    """How long a cycle takes: ``constant`` and ``per_node`` for each node scored, or as ``measured`` on this machine.

    Microseconds; ``factor`` multiplies what was measured. Measured times differ from run to run, and so may decisions.
    kube-scheduler needs about 1 to 5 ms for a pod on thousands of nodes; see its scheduler_perf benchmarks.
    """

    constant: float = 0.0
    per_node: float = 0.0
    measured: bool = False
    factor: float = 1.0

    @staticmethod
    def parse(text: str) -> DecisionTime:
        """Read ``5ms``, ``5ms+0.2us/node``, ``measured`` or ``measured*10``.

        Raises
        ------
        InputError
            If it is none of these.
        """
        word, _, factor = text.replace(" ", "").partition("*")
        if word == "measured":
            try:
                number = float(factor or 1)
            except ValueError:
                number = -1.0
            if not 0 < number < float("inf"):
                raise InputError(f"decision time {text!r}: the factor is no positive number", mend=MEND)
            return DecisionTime(measured=True, factor=number)
        sums = {False: 0.0, True: 0.0}
        for part in text.split("+"):
            match = _PART.fullmatch(part.strip())
            if match is None:
                raise InputError(f"decision time {text!r}: {part.strip()!r} is no time", mend=MEND)
            sums[match[3] is not None] += float(match[1]) * UNITS[match[2]]
        if max(sums.values()) > LONGEST:
            raise InputError(f"decision time {text!r:.60} is above a day", mend=MEND)
        return DecisionTime(sums[False], sums[True])

    @staticmethod
    def given(what: str | DecisionTime | None) -> DecisionTime | None:
        """Return what is given, read where it is a text; None where it is no time at all, as ``0s``.

        Raises
        ------
        InputError
            As `parse`.
        """
        read = DecisionTime.parse(what) if isinstance(what, str) else what
        return None if read == DecisionTime() else read

    def of(self, pods: int, scored: int, seconds: float) -> int:
        """Return what a decision costs, microseconds: about so many pods, after scoring so many nodes in all for them.

        ``seconds`` is what it took here.
        """
        micros = seconds * 1e6 * self.factor if self.measured else self.constant * pods + self.per_node * scored
        return max(1, round(micros))

    def __str__(self) -> str:
        """Return the text that `parse` reads as the same."""
        if self.measured:
            return "measured" if self.factor == 1 else f"measured*{self.factor}"
        parts = [_text(self.constant)] if self.constant or not self.per_node else []
        return "+".join(parts + [f"{_text(self.per_node)}/node"] * bool(self.per_node))


def _text(micros: float) -> str:
    unit = next(unit for unit in ("s", "ms", "us") if micros % UNITS[unit] == 0 or unit == "us")
    return f"{Decimal(repr(micros / UNITS[unit])):f}".removesuffix(".0") + unit
