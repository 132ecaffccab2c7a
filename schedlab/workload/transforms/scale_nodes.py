"""scale_nodes: fewer nodes, or copies of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from schedlab.objects.node import HOSTNAME
from schedlab.workload import options
from schedlab.workload.recorded import recorded
from schedlab.workload.subset import fair_sample, some_nodes

if TYPE_CHECKING:
    from schedlab.objects import Node
    from schedlab.workload.workload import Workload


@recorded
def scale_nodes(workload: Workload, *, factor: float, seed: int = 0) -> Workload:
    """Multiply the number of nodes, keeping the mix of node types (`schedlab.workload.subset.fair_sample`).

    A copy is called ``NAME-x2``, ``NAME-x3`` and so on, stands beside its original, in its rack and zone, and comes,
    goes and is cordoned with it; it holds no data.

    Parameters
    ----------
    factor
        Above 0; 0.5 keeps half of the nodes, 2.5 copies all of them once and half of them once more.
    seed
        Of which nodes they are.
    """
    by = options.number("factor", factor, low=1e-9, high=1e6)
    whole, rest = divmod(by, 1.0)
    seed = options.count("seed", seed, least=-(2**63))
    times = np.full(len(workload.nodes), int(whole))
    if rest or not whole:
        times += fair_sample(workload.nodes, rest, seed)
    if by < 1:
        return some_nodes(workload, times > 0)
    taken = {node.metadata.name for node in workload.nodes}
    copies = {
        node.metadata.name: [node, *(_copy(node, taken) for _ in range(number - 1))]
        for node, number in zip(workload.nodes, times.tolist(), strict=True)
    }
    return replace(
        workload,
        nodes=tuple(node for group in copies.values() for node in group),
        node_events=tuple(
            replace(event, node=node.metadata.name) for event in workload.node_events for node in copies[event.node]
        ),
    )


def _copy(node: Node, taken: set[str]) -> Node:
    """Return the node under a name that is free, and take it."""
    name = next(name for i in count(2) if (name := f"{node.metadata.name}-x{i}") not in taken)
    taken.add(name)
    labels = {key: name if key == HOSTNAME else text for key, text in node.metadata.labels.items()}
    metadata = msgspec.structs.replace(node.metadata, name=name, labels=labels)
    return msgspec.structs.replace(node, metadata=metadata)
