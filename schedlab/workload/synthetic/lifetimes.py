"""Heavy-tailed run times: a lognormal body and a bounded Pareto tail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIGMA = 1.2  # of the body's logarithm; its median is 1
_TAIL = 0.15  # share of the pods in the tail
_START, _END, _ALPHA = 3.0, 100.0, 1.3


def lifetimes(count: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return run times (count,) in units of the body's median, between 0.01 and 100."""
    body = random.lognormal(0.0, _SIGMA, count)
    below = 1.0 - (_START / _END) ** _ALPHA  # share of an unbounded Pareto below the bound
    tail = _START * (1.0 - random.random(count) * below) ** (-1.0 / _ALPHA)
    return np.clip(np.where(random.random(count) < _TAIL, tail, body), 0.01, _END)
