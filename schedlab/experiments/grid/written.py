"""What a suite file may say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import msgspec

from schedlab.experiments.comparison.margin import MARGIN
from schedlab.experiments.grid.grid import Grid

NAME = msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
Share = Annotated[float, msgspec.Meta(ge=0)]
EXAMPLES = ["0.05", "5%", "{wait.p95: 5%}"]

if TYPE_CHECKING:  # what a margin is once it is read
    Given = Share | dict[str, str | Share]
else:  # and how it may be written
    Given = Annotated[Share | str | dict[str, str | Share], msgspec.Meta(examples=EXAMPLES)]


class Comparing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """How the schedulers of a suite are compared.

    Attributes
    ----------
    baselines
        Schedulers that the others are held against; default: the first one.
    metrics
        Entries of the summary or families of them, and one's own as ``my.py:name``; default: all that have a better
        side.
    margin
        Differences within it do not matter: a share of the baseline's mean, as 0.05 or "5%"; or for each metric "5%"
        of that mean, or an amount in its unit.
    confidence
        Of the intervals.
    pareto
        The two metrics of the Pareto plot.
    """

    baselines: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    margin: Given = MARGIN
    confidence: Annotated[float, msgspec.Meta(gt=0.5, lt=1)] = 0.95
    pareto: Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=2)] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.margin, str):
            return
        number = re.fullmatch(r"(\d+\.?\d*|\.\d+) *%", self.margin)
        if not number:
            raise ValueError(f"margin {self.margin!r}; write {' or '.join(EXAMPLES)}")
        msgspec.structs.force_setattr(self, "margin", float(number[1]) / 100)


class Written(Grid, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A suite as a file says it.

    Attributes
    ----------
    name
        Of the suite; letters, digits, ``.``, ``_`` and ``-``.
    include
        Other files, shipped suites by name, or grids written in place; see `Gathered`.
    compare
        How its schedulers are compared.
    """

    name: Annotated[str, NAME]
    include: tuple[str | Grid, ...] = ()
    compare: Comparing = Comparing()
