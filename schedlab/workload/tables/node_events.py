"""node_events.csv: time, node, event (add, remove, cordon, uncordon)."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import numpy as np

from schedlab.workload.node_order import KINDS, misfit
from schedlab.workload.tables.table import Table
from schedlab.workload.units import microseconds, quoted
from schedlab.workload.workload import NodeEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from schedlab.objects import Node


def read_node_events(path: Path, nodes: Sequence[Node]) -> tuple[NodeEvent, ...]:
    """Read node_events.csv, sorted by time; rows of one time keep the file's order.

    Raises
    ------
    InputError
        A cell is bad, a node or kind unknown, a node is added that is there, or anything else happens to one that is
        not.
    """
    table = Table(path, ("time", "node", "event"))
    node, event = table.column("node"), table.column("event")
    known = {item.metadata.name: None for item in nodes}
    for code, text in enumerate(node.values):
        if text not in known:
            near = difflib.get_close_matches(text, known, 1)
            mend = f"did you mean {near[0]}?" if near else "name a node of nodes.csv"
            raise node.fault(node.row_of(code), f"no node is called {quoted(text)}", mend)
    for code, text in enumerate(event.values):
        if text not in KINDS:
            raise event.fault(event.row_of(code), f"{quoted(text)} is no event", f"write one of {', '.join(KINDS)}")
    times = table.column("time").parse(microseconds)
    names, kinds = node.texts(), event.texts()
    order = np.argsort(times, kind="stable").tolist()
    found = tuple(NodeEvent(time=int(times[row]), kind=kinds[row], node=names[row]) for row in order)
    if wrong := misfit(found):
        raise event.fault(order[wrong[0]], wrong[1], "correct the order of events")
    return found
