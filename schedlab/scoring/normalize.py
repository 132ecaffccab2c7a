"""Bringing raw scores to one scale, over the feasible nodes only."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from schedlab.plugins.api import Skip

if TYPE_CHECKING:
    from collections.abc import Callable

    from schedlab.plugins.api import Normalizer
    from schedlab.scoring.profile import Weighted

Numbers = NDArray[Any]


@dataclass(frozen=True)
class Whole:
    """A score or a normaliser whose answers are cut to whole numbers towards 0, as Go converts to int64."""

    function: Callable[..., Any]
    name: str = ""

    def __repr__(self) -> str:
        return f"trunc({self.name})"

    def __call__(self, *args: Any) -> Any:
        """Ask, and cut the answer."""
        return np.trunc(self.function(*args))


def normalize(
    raw: Numbers, feasible: NDArray[np.bool_], how: Normalizer, low: float | None = None, high: float | None = None
) -> Numbers:
    """Return scores (N,) on the scale of ``how``; values at infeasible nodes mean nothing.

    ``max`` and ``reversed_max`` are kube-scheduler's DefaultNormalizeScore, floor(100 s / max) and 100 minus it;
    where the maximum is 0 they give zeros and all 100. ``min_max`` is (s - min) / (max - min) * 100, not
    floored, and 0 for all where every score is equal. ``low`` and ``high`` are the extremes over feasible nodes, where
    the caller knows them.
    """
    if how == "none":
        return raw
    if callable(how):
        return np.asarray(how(raw, feasible))
    raw = raw.astype(np.float64, copy=False)  # differences of bool or int8 would fail or overflow
    if high is None:
        chosen = raw[feasible]
        low, high = chosen.min(), chosen.max()
    if how == "min_max":
        assert low is not None
        return np.zeros(len(raw)) if high == low else (raw - low) * (100.0 / (high - low))
    scaled = np.zeros(len(raw)) if high == 0 else np.floor(raw * 100.0 / high)
    return 100.0 - scaled if how == "reversed_max" else scaled


def normalizer_of(score: Weighted, states: dict[str, Any]) -> Normalizer:
    """Return how a score is normalised; a rule's own normaliser gets the state, as its filter and score do."""
    plugin = score.plugin
    if plugin.prepare is None or plugin.scale is None or score.normalize != plugin.scale:
        return score.normalize
    state = states[plugin.name]
    return functools.partial(_scaled, plugin.scale, state.state if isinstance(state, Skip) else state)


def _scaled(scale: Any, state: Any, raw: Numbers, feasible: NDArray[np.bool_]) -> Any:
    return scale(raw, feasible, state)
