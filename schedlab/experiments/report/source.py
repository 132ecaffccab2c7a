"""What the page needs to know of a suite's results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from schedlab.experiments.comparison import Comparison, Line
    from schedlab.metrics import Metric
    from schedlab.record import Run


class Failure(Protocol):
    """A run that failed."""

    @property
    def task(self) -> object:
        """Which one; its text names it."""
        ...

    @property
    def error(self) -> str:
        """Why."""
        ...


class Settings(Protocol):
    """How a suite wants to be compared."""

    @property
    def pareto(self) -> tuple[str, ...] | None:
        """The two metrics of the Pareto plot, if it names them."""
        ...


class Source(Protocol):
    """A suite's results."""

    @property
    def name(self) -> str:
        """The suite's."""
        ...

    @property
    def comparing(self) -> Settings:
        """How its schedulers are compared."""
        ...

    @property
    def populations(self) -> Mapping[str, str]:
        """What the replicates of each trace are drawn from; "" where there is but one."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What was left out as it may be."""
        ...

    @property
    def problems(self) -> Sequence[str]:
        """What was wrong in the suite."""
        ...

    @property
    def frame(self) -> pd.DataFrame:
        """The table of runs that `compare` takes."""
        ...

    @property
    def comparison(self) -> Comparison:
        """The schedulers compared with the baselines."""
        ...

    @property
    def tables(self) -> Mapping[str, Sequence[Line]]:
        """Trace to schedulers side by side, the best first."""
        ...

    @property
    def failed(self) -> Sequence[Failure]:
        """Runs that failed."""
        ...

    @property
    def own(self) -> Mapping[str, Metric[Any]]:
        """The suite's own metrics, beside the package's."""
        ...

    def run(self, trace: str, scheduler: str, replicate: int, tie: int = 0) -> Run | None:
        """Return a run, None where there is none."""
        ...

    def manifest(self) -> dict[str, Any]:
        """Return how the results came about, as JSON values."""
        ...
