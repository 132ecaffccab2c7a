"""Node lifecycle: nodes come, go and are cordoned as the trace says."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from schedlab.cluster.facts import Fact, NodeAdded, NodeCordoned, NodeRemoved
from schedlab.errors import InputError
from schedlab.sim.events import NODES, Event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schedlab.cluster import ClusterView
    from schedlab.objects import Node
    from schedlab.workload import NodeEvent

NODE_DUE = "node due"
KINDS = ("add", "remove", "cordon", "uncordon")


class NodeLifecycle:
    """Replays the node events of a workload."""

    phase: ClassVar[int] = NODES
    kinds: ClassVar[frozenset[str]] = frozenset({NODE_DUE})

    def __init__(self, nodes: Sequence[Node], events: Sequence[NodeEvent]) -> None:
        self._nodes = {node.metadata.name: node for node in nodes}
        self._events = events
        for event in events:
            if event.node not in self._nodes or event.kind not in KINDS:
                problem = f"at {event.time / 1e6:g} s {event.kind!r} happens to node {event.node!r}"
                raise InputError(problem, mend=f"write one of {', '.join(KINDS)}, and a node of the workload")

    def agenda(self) -> list[Event]:
        """Return what is to happen, to be put on the engine's heap."""
        return [Event(event.time, NODE_DUE, index) for index, event in enumerate(self._events)]

    def absent(self) -> set[str]:
        """Return the nodes that are not there at the start: those whose first event adds them."""
        first: dict[str, str] = {}
        for event in self._events:
            first.setdefault(event.node, event.kind)
        return {name for name, kind in first.items() if kind == "add"}

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Fact]:
        """State the facts in the trace's order."""
        for due in batch:
            event = self._events[due.subject]
            match event.kind:
                case "add":
                    yield NodeAdded(self._nodes[event.node])
                case "remove":
                    yield NodeRemoved(event.node)
                case kind:
                    yield NodeCordoned(event.node, kind == "cordon")
