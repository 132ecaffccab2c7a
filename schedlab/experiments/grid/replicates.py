"""Replicates: other worlds of the same kind, in which all schedulers meet again."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from schedlab.errors import InputError
from schedlab.workload.units import microseconds

Many = Annotated[int, msgspec.Meta(ge=1)]


class Replicates(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """How replicates arise; one of the three.

    Attributes
    ----------
    seeds, first
        Of the generator or resampler: replicate i has seed ``first`` + i.
    windows
        Disjoint stretches of the trace, ``length`` each, the first beginning at ``start``: texts such as "6h", or
        seconds. With ``drain`` a run goes on after the last arrival until all is done.
    thinnings
        Parts of a partition of the trace by whole tenants or jobs, on nodes shrunk alike.
    """

    seeds: Many | None = None
    first: int = 0
    windows: Many | None = None
    thinnings: Many | None = None
    length: str | float | None = None
    start: str | float = 0
    drain: bool = False
    by: Literal["tenant", "job"] | None = None

    def __post_init__(self) -> None:
        if sum(count is not None for count in (self.seeds, self.windows, self.thinnings)) != 1:
            raise ValueError("give one of seeds, windows and thinnings")
        if (self.windows is None) != (self.length is None):
            raise ValueError("windows need a length, and nothing else has one")
        if self.first and self.seeds is None:
            raise ValueError("only seeds have a first one")
        if (self.start or self.drain) and self.windows is None:
            raise ValueError("only windows have a start, or drain")
        if (self.thinnings is None) != (self.by is None):
            raise ValueError("thinnings need by: tenant or job, and nothing else has it")
        try:
            self.transforms(0)
        except InputError as error:
            raise ValueError(str(error)) from None

    @property
    def count(self) -> int:
        """How many."""
        return self.seeds or self.windows or self.thinnings or 1

    @property
    def population(self) -> str:
        """What they are drawn from, in words: what a verdict over them speaks of."""
        if self.windows:
            return f"disjoint windows of {self.length}{'' if isinstance(self.length, str) else ' s'}"
        return f"disjoint thinnings by {self.by}" if self.thinnings else "seeds of the generator"

    def transforms(self, replicate: int) -> list[dict[str, Any]]:
        """Return the transforms that make one replicate of the trace."""
        if self.windows:
            length = microseconds(str(self.length))
            start = microseconds(str(self.start)) + replicate * length
            drain = {"drain": True} if self.drain else {}  # the name of a world that was there before stays
            return [{"window": {"start": f"{start}us", "length": f"{length}us"} | drain}]
        if self.thinnings:
            return [{"thin": {"by": self.by, "parts": self.thinnings, "part": replicate}}]
        return []
