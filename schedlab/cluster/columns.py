"""NodeColumns: the live nodes of a cluster as arrays, resource first, node last."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab.cluster.devices import WHOLE, offered
from schedlab.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from schedlab.objects import Node, Quantity, Taint

LARGEST = 2**46  # capacity up to which floor(F * 100 / C) in float64 equals Kubernetes' integer division
FIXED = ("cpu", "memory", "ephemeral-storage", "pods")  # rows 0..3


def amounts(quantities: Mapping[str, Quantity]) -> dict[str, int]:
    """Return quantities as integers: cpu in millicores, everything else in its own unit, rounded up."""
    return {name: q.milli_value() if name == "cpu" else q.value() for name, q in quantities.items()}


class Image(NamedTuple):
    """An image: its size as the first node that has it tells it, as in kube-scheduler's cache, and where it is."""

    size: int
    nodes: NDArray[np.int64]  # positions


class NodeColumns:
    """Live nodes only; a removal moves the last column into the hole.

    Attributes
    ----------
    resources
        Row of each resource.
    allocatable, used, limits, usage
        float64 (R, N) holding integers (usage: any value); millicores, bytes, counts. ``used`` and ``limits``
        sum the bound pods' requests and limits, ``usage`` what running pods are measured to use.
    used_nonzero
        float64 (2, N), cpu and memory requests with Kubernetes' defaults for containers without any.
    sums
        float64 (2 R + 2, N): ``used``, ``used_nonzero`` and ``limits``, which are parts of it.
    devices
        float64 (D, N), milli of each device that bound pods hold. D is the most devices that a node has to share (it
        offers X and X-milli) or that a binding named; 0 where nobody speaks of devices.
    pool
        float64 (D, N), milli that each device has to share: 1000, or 0 where the node has no such device.
    pools
        The resources X of which some node has had devices to share.
    uid
        int64 (N,), never used twice; a node keeps it while it lives.
    rank
        int64 (N,), the tie order: insertion.
    generation
        int64 (N,), counts changes of the node's spec.
    unschedulable
        bool (N,), ``spec.unschedulable``.
    """

    def __init__(self) -> None:
        self.resources: dict[str, int] = {name: row for row, name in enumerate(FIXED)}
        self.nodes: list[Node] = []
        self.position: dict[int, int] = {}  # uid -> position
        self.by_name: dict[str, int] = {}  # name -> uid
        self.ever = 0  # nodes ever added, the next uid
        self.allocatable = self.used = self.limits = self.usage = np.zeros((len(FIXED), 0))
        self.used_nonzero = np.zeros((2, 0))
        self._join()
        self.devices = self.pool = np.zeros((0, 0))
        self.pools: dict[str, None] = {}
        self.uid = self.rank = self.generation = np.zeros(0, np.int64)
        self.unschedulable = np.zeros(0, np.bool_)
        self._codes: dict[str, NDArray[np.int32]] = {}
        self._values: dict[str, dict[str, int]] = {}
        self._taints: NDArray[np.int32] | None = None
        self.taint_lists: list[tuple[Taint, ...]] = []
        self._images: dict[str, Image] | None = None

    def __len__(self) -> int:
        return len(self.nodes)

    def ensure(self, names: Iterable[str]) -> bool:
        """Give every resource a row; return whether there was a new one."""
        new = [name for name in dict.fromkeys(names) if name not in self.resources]
        for name in new:
            self.resources[name] = len(self.resources)
        if new:
            rows = np.zeros((len(new), len(self)))
            for column in ("allocatable", "used", "limits", "usage"):
                setattr(self, column, np.concatenate([getattr(self, column), rows]))
            self._join()
        return bool(new)

    def _join(self) -> None:
        """Make what a binding changes one block, to be changed at once."""
        rows = len(self.used)
        self.sums = np.concatenate([self.used, self.used_nonzero, self.limits])
        self.used, self.used_nonzero, self.limits = np.split(self.sums, [rows, rows + 2])

    def ensure_devices(self, count: int) -> bool:
        """Tell at least so many devices of a node apart; return whether that are more than before."""
        more = count - len(self.devices)
        if more > 0:
            self.devices, self.pool = (
                np.concatenate([each, np.zeros((more, len(self)))]) for each in (self.devices, self.pool)
            )
        return more > 0

    def add(self, nodes: list[Node]) -> None:
        """Append nodes, empty.

        Raises
        ------
        InputError
            On a name that exists, a capacity that is negative or above 2^46, or devices of two kinds to share.
        """
        new = [self._capacity(node) for node in nodes]
        shared = [offered(capacity, node.metadata.name) for node, capacity in zip(nodes, new, strict=True)]
        seen = set(self.by_name)
        for node in nodes:
            if node.metadata.name in seen:
                raise InputError(f"node {node.metadata.name!r} exists already", mend="give every node its own name")
            seen.add(node.metadata.name)
        self.ensure(name for capacity in new for name in capacity)
        block = np.zeros((len(self.resources), len(nodes)))
        for i, capacity in enumerate(new):
            for name, amount in capacity.items():
                block[self.resources[name], i] = amount
        uids = np.arange(self.ever, self.ever + len(nodes))
        self.allocatable = np.concatenate([self.allocatable, block], axis=1)
        for column in ("used", "limits", "usage"):
            setattr(self, column, np.concatenate([getattr(self, column), np.zeros_like(block)], axis=1))
        self.used_nonzero = np.concatenate([self.used_nonzero, np.zeros((2, len(nodes)))], axis=1)
        self._join()
        self.ensure_devices(max((count for _, count in shared), default=0))
        empty = np.zeros((len(self.devices), len(nodes)))
        self.devices, self.pool = (np.concatenate([each, empty], axis=1) for each in (self.devices, self.pool))
        self.uid, self.rank = np.concatenate([self.uid, uids]), np.concatenate([self.rank, uids])
        self.generation = np.concatenate([self.generation, np.zeros(len(nodes), np.int64)])
        cordoned = np.array([node.spec.unschedulable for node in nodes], np.bool_)
        self.unschedulable = np.concatenate([self.unschedulable, cordoned])
        for uid, node in zip(uids.tolist(), nodes, strict=True):
            self.position[uid] = len(self.nodes)
            self.by_name[node.metadata.name] = uid
            self.nodes.append(node)
        for position, (name, count) in enumerate(shared, start=len(self.nodes) - len(nodes)):
            if count:
                self._share(position, name, count)
        self.ever += len(nodes)
        self._forget()

    def _share(self, position: int, name: str, count: int) -> None:
        """Note how many devices a node has to share."""
        self.pool[:, position] = WHOLE * (np.arange(len(self.pool)) < count)
        if count:
            self.pools[name] = None

    @staticmethod
    def _capacity(node: Node) -> dict[str, int]:
        capacity = amounts(node.status.allocatable or node.status.capacity)
        for name, amount in capacity.items():
            if not 0 <= amount <= LARGEST:
                raise InputError(
                    f"allocatable {name} is {amount}",
                    field=f"node {node.metadata.name}",
                    mend="write a capacity between 0 and 2^46",
                )
        return capacity

    def replace(self, position: int, node: Node) -> None:
        """Take a node's new spec; its pods stay."""
        capacity = self._capacity(node)
        shared = offered(capacity, node.metadata.name)
        self.ensure(capacity)
        self.ensure_devices(shared[1])
        self._share(position, *shared)
        self.nodes[position] = node
        self.allocatable[:, position] = 0
        for name, amount in capacity.items():
            self.allocatable[self.resources[name], position] = amount
        self.unschedulable[position] = node.spec.unschedulable
        self.generation[position] += 1
        self._forget()

    def remove(self, position: int) -> None:
        """Drop the node at ``position``; the last node, if another, moves there."""
        node, last = self.nodes[position], len(self.nodes) - 1
        del self.position[self.by_name.pop(node.metadata.name)]
        if position != last:
            self.nodes[position] = self.nodes[last]
            self.position[int(self.uid[last])] = position
        self.nodes.pop()
        for column in (
            "allocatable", "used", "limits", "usage", "used_nonzero", "devices", "pool",
            "uid", "rank", "generation", "unschedulable",
        ):  # fmt: skip
            array = getattr(self, column)
            array[..., position] = array[..., last]
            setattr(self, column, np.ascontiguousarray(array[..., :last]))
        self._join()
        self._forget()

    def find(self, name: str) -> int | None:
        """Return the position of a node, None if there is no such node now."""
        uid = self.by_name.get(name)
        return None if uid is None else self.position[uid]

    def codes(self, label: str) -> NDArray[np.int32]:
        """Return the nodes' values of a label as int32 (N,) codes, -1 where it is absent; see `code`."""
        if label not in self._codes:
            known = self._values.setdefault(label, {})
            values = (node.metadata.labels.get(label) for node in self.nodes)
            codes = [-1 if value is None else known.setdefault(value, len(known)) for value in values]
            self._codes[label] = np.array(codes, np.int32)
        return self._codes[label]

    def code(self, label: str, value: str) -> int:
        """Return the code of a label's value; -2, which no node has, if it was never seen."""
        self.codes(label)
        return self._values[label].get(value, -2)

    def values(self, label: str) -> list[str]:
        """Return the values of a label by code."""
        self.codes(label)
        return list(self._values[label])

    def taints(self) -> NDArray[np.int32]:
        """Return int32 (N,): each node's place in ``taint_lists``."""
        if self._taints is None:
            known: dict[tuple[Taint, ...], int] = {}
            codes = [known.setdefault(tuple(node.spec.taints), len(known)) for node in self.nodes]
            self._taints, self.taint_lists = np.array(codes, np.int32), list(known)
        return self._taints

    def image(self, name: str) -> Image | None:
        """Return what is known of an image; None if no node has it."""
        if self._images is None:
            sizes: dict[str, int] = {}
            where: dict[str, dict[int, None]] = {}
            for position in self.rank.argsort().tolist():
                for image in self.nodes[position].status.images:
                    for each in image.names:
                        sizes.setdefault(each, image.size_bytes)
                        where.setdefault(each, {})[position] = None
            self._images = {
                each: Image(size, np.fromiter(where[each], np.int64, len(where[each]))) for each, size in sizes.items()
            }
        return self._images.get(name)

    def _forget(self) -> None:
        """Drop what was read from the nodes' specs."""
        self._codes.clear()
        self._taints = self._images = None
