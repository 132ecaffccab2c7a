"""Devices: what of a node's devices a pod asks for, and which pod holds how much of which device."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple

from schedlab.cluster.plan import Binding
from schedlab.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from schedlab.cluster.columns import NodeColumns
    from schedlab.cluster.plan import Action

WHOLE = 1000  # milli of a device
MOST = 64  # devices of a node that are told apart
SHARED = "-milli"  # a node that offers X and X-milli has X devices to share
Holding = tuple[tuple[int, int], ...]  # (device, milli) of each device that a pod holds
NONE_HELD: Holding = ()


class Share(NamedTuple):
    """How many devices of one node a pod asks for, and how many milli of each."""

    devices: int
    milli: int


def asked(requests: Mapping[str, int], pools: Iterable[str]) -> Share:
    """Return what a pod asks of devices that are shared, ``pools`` being the resources that are.

    ``X: k`` with ``X-milli: m`` is k devices with m / k milli of each, ``X: k`` alone k whole ones, ``X-milli: m``
    alone a share of one device or, above 1000, whole ones. More than 1000 milli of a device fit nowhere.
    """
    for pool in pools:
        count, total = requests.get(pool, 0), requests.get(pool + SHARED, 0)
        if count and total:
            return Share(count, -(-total // count))
        if count or total:
            return Share(count or -(-total // WHOLE), min(total or WHOLE, WHOLE))
    return Share(0, 0)


def tightest(room: Iterable[float], share: Share) -> Holding:
    """Return the devices that the framework gives where no plug-in chooses: those with the least room that suffices.

    The lower of equals comes first, so whole devices are the lowest that are idle. ``room`` is the milli left of each
    device, below 0 where there is none. Nothing is returned if there are too few.
    """
    fit = sorted((left, device) for device, left in enumerate(room) if left >= share.milli)
    return (
        tuple((device, share.milli) for _, device in fit[: share.devices]) if len(fit) >= share.devices else NONE_HELD
    )


def marks_of(share: Share) -> tuple[Hashable, Hashable]:
    """Return by what marks `schedlab.cluster.derived.holdings` counts the pods of a node that hold devices.

    The first is that of all of them, the second of those of one kind: shares, or so many whole devices.
    """
    return "devices", ("devices", 0 if share.milli < WHOLE else share.devices)


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


def offered(capacity: Mapping[str, int], node: str) -> tuple[str, int]:
    """Return which devices a node of this capacity has to share, and how many; at most 64 are told apart.

    Raises
    ------
    InputError
        If it shares two kinds: their devices could not be told apart.
    """
    shared = [name for name in capacity if name + SHARED in capacity]
    if len(shared) > 1:
        told = " and ".join(name + SHARED for name in shared[:2])
        raise InputError(f"{told} are both there", field=f"node {node}", mend="share devices of one kind on a node")
    return (shared[0], min(capacity[shared[0]], MOST)) if shared else ("", 0)


class Devices:
    """What each bound pod holds; the column ``devices`` of the nodes is the sum of it."""

    def __init__(self) -> None:
        self._held: dict[int, Holding] = {}

    def of(self, pod: int) -> Holding:
        """Return what a pod holds."""
        return self._held.get(pod, NONE_HELD)

    def take(self, pod: int, position: int, devices: Holding, nodes: NodeColumns) -> bool:
        """Give devices of its node to a pod; return whether the column ``devices`` got more rows."""
        grown = nodes.ensure_devices(1 + max(device for device, _ in devices))
        for device, milli in devices:
            nodes.devices[device, position] += milli
        self._held[pod] = devices
        return grown

    def give_back(self, pod: int, position: int, nodes: NodeColumns) -> Holding:
        """Take a pod's devices from it, and return which they were."""
        held = self._held.pop(pod, NONE_HELD)
        for device, milli in held:
            nodes.devices[device, position] -= milli
        return held

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
