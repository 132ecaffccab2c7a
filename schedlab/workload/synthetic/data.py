"""Data sets: sizes, replicas, and who reads what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.objects.dataset import DataSet
from schedlab.objects.node import RACK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.objects import Node

READERS = 0.3  # share of the pods that read one data set
_MEDIAN, _SIGMA = 8 << 30, 1.0  # bytes; lognormal


def make_datasets(count: int, nodes: Sequence[Node], random: np.random.Generator) -> tuple[DataSet, ...]:
    """Return ``count`` data sets, each held by one node and by the rack of another."""
    sizes = (_MEDIAN * random.lognormal(0.0, _SIGMA, count)).astype(np.int64).tolist()
    homes = random.integers(0, len(nodes), (count, 2)).tolist()
    found = []
    for row, (size, (first, second)) in enumerate(zip(sizes, homes, strict=True)):
        replicas = (("node", nodes[first].metadata.name), ("rack", nodes[second].metadata.labels[RACK]))
        found.append(DataSet(name=f"data-{row:03d}", size=size, replicas=replicas))
    return tuple(found)


def readers(pods: int, datasets: int, random: np.random.Generator) -> NDArray[np.int32]:
    """Return what each pod reads, (pods,): a row of the data sets by Zipf's law, -1 for most."""
    if not datasets:
        return np.full(pods, -1, np.int32)
    share = 1.0 / np.arange(1, datasets + 1)
    reads = random.choice(datasets, pods, p=share / share.sum())
    return np.where(random.random(pods) < READERS, reads, -1).astype(np.int32)
