"""Gangs: jobs of which so many pods must start together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.workload.units import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def sizes(job: NDArray[np.int32] | None, jobs: int) -> NDArray[np.int64]:
    """Return how many pods each job has, (J,), given the job of each pod (P,)."""
    return np.bincount(job[job >= 0], minlength=jobs) if job is not None else np.zeros(jobs, np.int64)


def shortage(
    job: NDArray[np.int32] | None, jobs: Sequence[str], min_available: NDArray[np.int32]
) -> tuple[int, str] | None:
    """Return the first job, by its row, that wants more pods at once than it has, and why; None if none does."""
    have = sizes(job, len(jobs))
    if not (bad := min_available > have).any():
        return None
    row = int(np.argmax(bad))
    return row, f"the job {quoted(jobs[row])} needs {min_available[row]} pods at once, and has {have[row]}"
