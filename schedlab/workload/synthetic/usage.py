"""Usage curves: most pods stay below their requests, those of growing classes rise above them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.workload.synthetic.classes import LIMIT
from schedlab.workload.workload import UsageCurves

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AT = np.array([0.0, 0.05, 0.2, 0.4, 0.7])  # offsets as shares of the run time
_SETTLE = np.array([0.6, 0.8, 0.95, 1.0, 1.0])  # memory of an ordinary pod, as shares of its level
_GROW = np.array([0.4, 0.5, 0.65, 0.8, 1.0])  # of a growing one
_LEVEL, _PEAK = (0.6, 0.95), (1.1, float(LIMIT))  # level of memory as a multiple of the request
_CPU = (0.3, 0.9)


def usage_curves(
    cpu: NDArray[np.int64],
    memory: NDArray[np.int64],
    grows: NDArray[np.bool_],
    duration: NDArray[np.int64],
    age: NDArray[np.int64],
    random: np.random.Generator,
) -> UsageCurves:
    """Return curves of five steps for pods (P,) with these requests (millicores, bytes).

    A pod of some ``age`` (us) enters its curve there; ``duration`` (us) is what it still runs.
    """
    count, steps = len(cpu), len(_AT)
    level = np.where(grows, random.uniform(*_PEAK, count), random.uniform(*_LEVEL, count))
    shape = np.where(grows[:, None], _GROW, _SETTLE)
    cpu_share = random.uniform(*_CPU, (count, steps)) * np.where(grows, LIMIT, 1)[:, None]
    whole = UsageCurves(
        first=np.arange(count + 1, dtype=np.int64) * steps,
        offset=(_AT * (duration + age)[:, None]).astype(np.int64).ravel(),
        cpu=(cpu[:, None] * cpu_share).ravel().astype(np.float32),
        memory=((memory * level)[:, None] * shape).ravel().astype(np.float32),
    )
    return whole.entered(age)
