"""Walltimes: how long pods may run, and so how long they stay where they are put."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.workload.workload import FOREVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.objects import Pod
    from schedlab.workload.workload import PodColumns

UNKNOWN = -1


def walltimes(pods: PodColumns, templates: Sequence[Pod]) -> NDArray[np.int64]:
    """Return how long each pod may run, (P,) us: as its row says, else its template (``activeDeadlineSeconds``)."""
    seconds = [pod.spec.active_deadline_seconds for pod in templates]
    of_template = np.array([UNKNOWN if each is None else each * 1_000_000 for each in seconds], np.int64)[pods.template]
    return of_template if pods.walltime is None else np.where(pods.walltime > 0, pods.walltime, of_template)


def stays(pods: PodColumns, templates: Sequence[Pod]) -> NDArray[np.int64]:
    """Return how long each pod runs once it is started, (P,) us: to its end or its walltime; FOREVER: without end."""
    walltime = walltimes(pods, templates)
    cut = (walltime != UNKNOWN) & ((pods.duration == FOREVER) | (walltime < pods.duration))
    return np.where(cut, walltime, pods.duration)
