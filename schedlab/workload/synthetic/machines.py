"""Machines: four types over racks and zones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.objects.node import RACK, ZONE
from schedlab.workload.tables.nodes import PODS, node

if TYPE_CHECKING:
    from schedlab.objects import Node

TYPE = "node.kubernetes.io/instance-type"
_TYPES = (("general-16", 16, 64), ("general-32", 32, 128), ("compute-32", 32, 64), ("memory-16", 16, 128))  # cores, GiB
_SHARES = (0.4, 0.3, 0.15, 0.15)  # about 23 cores and 93 GiB a node
_NODES_PER_RACK = 10
_ZONES = 3


def machines(count: int, random: np.random.Generator) -> tuple[Node, ...]:
    """Return ``count`` nodes with labels for type, rack and zone; ten nodes a rack, racks dealt to three zones."""
    bounds = np.cumsum(_SHARES)
    types = np.searchsorted(bounds / bounds[-1], (np.arange(count) + 0.5) / count)
    found = []
    for row, kind in enumerate(random.permutation(types).tolist()):
        name, cores, gibibytes = _TYPES[kind]
        rack = row // _NODES_PER_RACK
        labels = {TYPE: name, RACK: f"rack-{rack:02d}", ZONE: f"zone-{rack % _ZONES}"}
        found.append(node(f"node-{row:03d}", {"cpu": 1000 * cores, "memory": gibibytes << 30, "pods": PODS}, labels))
    return tuple(found)
