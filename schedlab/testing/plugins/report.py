"""Report: the verdicts on a plug-in, and how long its calls take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """One check: its name, whether the plug-in passes, and what was seen or what to mend."""

    name: str
    ok: bool
    detail: str

    def __str__(self) -> str:
        return f"{'ok' if self.ok else 'FAIL':4}  {self.name:11}  {self.detail}"


@dataclass(frozen=True)
class Timing:
    """CPU time of one call, microseconds, beside that of a built-in of the same kind and scope."""

    part: str
    nodes: int
    microseconds: float
    beside: str
    beside_microseconds: float

    @property
    def ratio(self) -> float:
        """How many times as long as the built-in it takes."""
        return self.microseconds / self.beside_microseconds


@dataclass(frozen=True)
class Report:
    """What `check_plugin` found; true if the plug-in passes, so that a test is ``assert check_plugin(rule)``."""

    plugin: str
    verdicts: tuple[Verdict, ...]
    timings: tuple[Timing, ...] = ()
    untried: tuple[str, ...] = ()  # checks that make no sense until what failed is mended

    @property
    def ok(self) -> bool:
        """Whether every verdict is."""
        return all(verdict.ok for verdict in self.verdicts)

    @property
    def failed(self) -> dict[str, str]:
        """The checks that the plug-in does not pass, and why."""
        return {verdict.name: verdict.detail for verdict in self.verdicts if not verdict.ok}

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return "\n".join((f"plug-in {self.plugin}", *map(str, self.verdicts)))

    __repr__ = __str__  # what an assertion shows

    def raise_if_failed(self) -> Report:
        """Return the report if all is well.

        Raises
        ------
        AssertionError
            With a line for each check that fails.
        """
        if not self.ok:
            raise AssertionError(
                "\n".join((f"plug-in {self.plugin}", *(str(each) for each in self.verdicts if not each.ok)))
            )
        return self
