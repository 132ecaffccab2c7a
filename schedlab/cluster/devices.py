"""Devices: which pod holds how much of which device of its node."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

from schedlab.cluster.plan import Binding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schedlab.cluster.columns import NodeColumns
    from schedlab.cluster.plan import Action

WHOLE = 1000  # milli of a device
MOST = 64  # devices of a node that are told apart
SHARED = "-milli"  # a node that offers X and X-milli has X devices to share
Holding = tuple[tuple[int, int], ...]  # (device, milli) of each device that a pod holds


def holding(devices: Iterable[Any]) -> Holding:
    """Return what ``assign`` gave as a holding.

    Raises
    ------
    ValueError
        If that is no pairs (device, milli) of different devices 0..63 with 1..1000 milli each.
    """
    try:
        pairs = tuple((index(device), _whole(milli)) for device, milli in devices)
    except (TypeError, ValueError):
        raise ValueError(f"{devices!r:.60} is no sequence of (device, milli)") from None
    if problem := problem_with(pairs):
        raise ValueError(problem)
    return pairs


def _whole(milli: Any) -> int:
    return int(milli) if isinstance(milli, float) and milli.is_integer() else index(milli)


def problem_with(pairs: Holding) -> str | None:
    """Say what is wrong with a holding; None: nothing."""
    for device, milli in pairs:
        if not 0 <= device < MOST:
            return f"there is no device {device}; devices are 0..{MOST - 1}"
        if not 0 < milli <= WHOLE:
            return f"device {device} is to give {milli} milli; it has 1..{WHOLE}"
    if len({device for device, _ in pairs}) < len(pairs):
        return "a device is named twice"
    return None


def offered(capacity: Mapping[str, int]) -> int:
    """Return how many devices a node of this capacity has to share; at most 64 are told apart."""
    return max((min(capacity[name], MOST) for name in capacity if name + SHARED in capacity), default=0)


class Devices:
    """What each bound pod holds; the column ``devices`` of the nodes is the sum of it."""

    def __init__(self) -> None:
        self._held: dict[int, Holding] = {}

    def of(self, pod: int) -> Holding:
        """Return what a pod holds."""
        return self._held.get(pod, ())

    def take(self, pod: int, position: int, devices: Holding, nodes: NodeColumns) -> bool:
        """Give devices of its node to a pod; return whether the column ``devices`` got more rows."""
        grown = nodes.ensure_devices(1 + max(device for device, _ in devices))
        for device, milli in devices:
            nodes.devices[device, position] += milli
        self._held[pod] = devices
        return grown

    def give_back(self, pod: int, position: int, nodes: NodeColumns) -> None:
        """Take a pod's devices from it."""
        for device, milli in self._held.pop(pod, ()):
            nodes.devices[device, position] -= milli

    def overfull(self, group: tuple[Action, ...], on: Mapping[int, int], nodes: NodeColumns) -> str | None:
        """Say which device a group of actions gives away beyond its 1000 milli; ``on`` is each pod's position."""
        left: dict[tuple[int, int], float] = {}
        for action in group:
            binding = isinstance(action, Binding)
            position = on[action.pod]
            for device, milli in action.devices if isinstance(action, Binding) else self.of(action.pod):
                at = (device, position)
                used = nodes.devices[at] if device < len(nodes.devices) else 0.0
                left[at] = left.get(at, WHOLE - used) + (-milli if binding else milli)
                if binding and left[at] < 0:
                    return f"device {device} of node {nodes.nodes[position].metadata.name} is full"
        return None
