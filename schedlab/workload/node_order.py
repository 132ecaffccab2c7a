"""The order of node events: only what is absent can be added, and only what is there can be anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.workload.units import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schedlab.workload.workload import NodeEvent

KINDS = ("add", "remove", "cordon", "uncordon")


def misfit(events: Iterable[NodeEvent]) -> tuple[int, str] | None:
    """Return the first event, by its number, that cannot happen when it does, and why; None if all can."""
    there: dict[str, bool] = {}
    for number, event in enumerate(events):
        if there.setdefault(event.node, event.kind != "add") == (event.kind == "add"):
            state = "there already" if event.kind == "add" else "not there"
            return number, f"{event.kind}: the node {quoted(event.node)} is {state} at that time"
        there[event.node] = event.kind != "remove"
    return None
