"""Classes: the distinct pods, how often each comes, and which of them outgrow their requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from schedlab.workload.templates import template

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.objects import Pod

LIMIT = 2  # a growing class may use this multiple of its requests
_CORES = ((0.5, 1.0, 2.0, 4.0), (0.25, 0.35, 0.25, 0.15))
_GIBIBYTES_PER_CORE = ((2, 4, 8), (0.25, 0.45, 0.3))
_BANDS = (("batch", 0, 0.5), ("service", 100, 0.4), ("critical", 1000, 0.1))  # name, priority, share of the classes


@dataclass(frozen=True, eq=False)
class Classes:
    """Columns (C,) by falling frequency."""

    templates: tuple[Pod, ...]
    share: NDArray[np.float64]  # of the pods, Zipf with exponent 1
    cpu: NDArray[np.int64]  # millicores
    memory: NDArray[np.int64]  # bytes
    grows: NDArray[np.bool_]


def make_classes(count: int, growth: float, random: np.random.Generator) -> Classes:
    """Return ``count`` classes of which those that grow make up at most ``growth`` of the pods, and nearly that."""
    share = 1.0 / np.arange(1, count + 1)
    share /= share.sum()
    cores = random.choice(_CORES[0], count, p=_CORES[1])
    cpu = (1000 * cores).astype(np.int64)
    memory = (cores * random.choice(_GIBIBYTES_PER_CORE[0], count, p=_GIBIBYTES_PER_CORE[1]) * 2**30).astype(np.int64)
    band = random.choice(len(_BANDS), count, p=[band[2] for band in _BANDS])
    grows = np.zeros(count, np.bool_)
    for row in random.permutation(count):
        grows[row] = share[grows].sum() + share[row] <= growth + 1e-9
    templates = []
    for row in range(count):
        name, priority, _ = _BANDS[band[row]]
        requests = {"cpu": int(cpu[row]), "memory": int(memory[row])}
        limits = {resource: amount * (LIMIT if grows[row] else 1) for resource, amount in requests.items()}
        templates.append(template(requests, limits, {"app": f"app-{row:03d}", "tier": name}, priority))
    return Classes(tuple(templates), share, cpu, memory, grows)
