"""Nodes as plug-ins see them: one class per scope, so that what a scope may not see is simply not there.

* `StaticNodes`: the nodes' specs;
* `LocalNodes` (scope ``node``): that node's own columns as well;
* `ClusterNodes` (scope ``cluster``): also the feasible nodes and, through ``cluster``, everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from schedlab.cluster.log import USAGE, USED
from schedlab.cluster.rows import Floats, Rows

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from schedlab.cluster.derived.kept import Column
    from schedlab.cluster.nominees import Guests
    from schedlab.cluster.state import Cluster
    from schedlab.cluster.views import ClusterView
    from schedlab.objects import Taint
    from schedlab.objects.selectors import LabelSelector

Scope = Literal["static", "node", "cluster"]
GROUP_OF = {"used": USED, "limits": USED, "used_nonzero": USED, "devices": USED, "usage": USAGE}  # column -> its group


class ScopeError(AttributeError):
    """A plug-in asked for what its declared scope may not see."""


def frozen(array: Any) -> Any:
    """Return a read-only view of an array."""
    view = array.view()
    view.flags.writeable = False
    return view


class StaticNodes:
    """The nodes' specs; every array's last axis is the node, N long.

    Attributes
    ----------
    allocatable
        `Rows`, float64 (R, N): millicores, bytes, counts.
    uid, rank
        int64 (N,): the node's identity; the tie order.
    unschedulable
        bool (N,).
    pool
        float64 (D, N): milli that each device has to share, 1000, or 0 where the node has no such device.
    pools
        The resources whose devices some node has had to share.
    taints
        int32 (N,): each node's place in ``taint_lists``, which holds every list of taints that some node has.
    positions
        int64 (N,): where these nodes stand among all, in arrays over all nodes.
    """

    allocatable: Rows
    uid: NDArray[np.int64]
    rank: NDArray[np.int64]
    unschedulable: NDArray[np.bool_]
    pool: Floats
    positions: NDArray[np.int64]

    def __init__(self, cluster: Cluster) -> None:
        columns = cluster.nodes
        self._cluster = cluster
        self.allocatable = Rows.of(columns.allocatable, columns.resources)
        self.uid, self.rank = frozen(columns.uid), frozen(columns.rank)
        self.unschedulable, self.pool = frozen(columns.unschedulable), frozen(columns.pool)
        self.pools = tuple(columns.pools)
        self.positions = frozen(np.arange(len(columns)))
        self._least: Floats | None = None

    def __getattr__(self, name: str) -> Any:
        for scope, wider in (("node", LocalNodes), ("cluster", ClusterNodes)):
            if name in wider.__annotations__ or name in vars(wider):
                raise ScopeError(f"nodes.{name} is not seen here: declare scope={scope!r}")
        raise AttributeError(f"nodes have no {name!r}")

    def __len__(self) -> int:
        return len(self.uid)

    def least(self) -> Floats:
        """Return float64 (R, 1), each resource's smallest allocatable over all nodes, whatever subset is seen.

        It is a bound that lets a rule skip work, not something to score by.
        """
        if self._least is None:
            self._least = np.asarray(self.allocatable).min(axis=1, keepdims=True, initial=np.inf)
        return self._least

    @property
    def taints(self) -> NDArray[np.int32]:
        """Each node's place in ``taint_lists``, int32 (N,)."""
        return cast("NDArray[np.int32]", frozen(self._cluster.nodes.taints()))

    @property
    def taint_lists(self) -> list[tuple[Taint, ...]]:
        """Every list of taints that some node has."""
        self._cluster.nodes.taints()
        return self._cluster.nodes.taint_lists

    def image(self, name: str) -> Floats:
        """Return float64 (2, N), of an image: its bytes where a node has it, else 0; and the share of nodes with it."""
        found, count = self._cluster.nodes.image(name), len(self._cluster.nodes)
        answer = np.zeros((2, count))
        if found is not None:
            answer[0, found.nodes], answer[1] = found.size, len(found.nodes) / count
        return answer

    def uid_of(self, name: str) -> int:
        """Return the uid of the node of a name; -1, which no node has, if there is none."""
        return self._cluster.nodes.by_name.get(name, -1)

    def values(self, key: str) -> list[str]:
        """Return a label's values by code, also those that no node has any more."""
        return self._cluster.nodes.values(key)

    def derived(self, column: Column, *parameters: Hashable) -> NDArray[Any]:
        """Return a derived column, (N,) or (D, N)."""
        return self._cluster.derived.of(column, parameters, self, self._cluster.log)

    def label(self, key: str) -> NDArray[np.int32]:
        """Return the codes of a label's values, int32 (N,), -1 where the node lacks it."""
        return cast("NDArray[np.int32]", frozen(self._cluster.nodes.codes(key)))

    def code(self, key: str, value: str) -> int:
        """Return the code of a label's value; -2, which no node has, if no node ever had it."""
        return self._cluster.nodes.code(key, value)


class LocalNodes(StaticNodes):
    """Specs and each node's own columns.

    Attributes
    ----------
    used, limits, usage
        `Rows`, float64 (R, N): sums over bound pods of requests and limits; measured usage.
    used_nonzero
        float64 (2, N): cpu and memory requests with Kubernetes' defaults, as scores use them.
    devices
        float64 (D, N): milli of each device that bound pods hold; D is the most devices of a node that are told apart.
    """

    used: Rows
    limits: Rows
    usage: Rows
    used_nonzero: Floats
    devices: Floats

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        columns = cluster.nodes
        self.used = Rows.of(columns.used, columns.resources)
        self.limits = Rows.of(columns.limits, columns.resources)
        self.usage = Rows.of(columns.usage, columns.resources)
        self.used_nonzero = frozen(columns.used_nonzero)
        self.devices = frozen(columns.devices)

    def holding(self, mark: Hashable) -> NDArray[np.int64]:
        """Return int64 (N,), how many pods of each node hold what `schedlab.cluster.marks` calls so."""
        return cast("NDArray[np.int64]", frozen(self._cluster.holdings.of(mark)))


class ClusterNodes(LocalNodes):
    """All there is to see.

    Attributes
    ----------
    feasible
        bool (N,): the nodes that passed every filter, once the filters have run.
    cluster
        The `ClusterView`.
    guests
        The pods that a filter is to take for bound though they are only nominated, or None; see `Hosting`.
    """

    feasible: NDArray[np.bool_]
    cluster: ClusterView
    guests: Guests | None

    def __init__(self, cluster: Cluster, view: ClusterView) -> None:
        super().__init__(cluster)
        self.cluster, self.guests = view, None
        self.feasible = frozen(np.ones(len(self), np.bool_))

    def count(self, selector: LabelSelector | Mapping[str, str]) -> NDArray[np.int64]:
        """Return int64 (N,), how many bound pods of each node match a LabelSelector, or have all of some labels."""
        return self.cluster.count(selector)

    def distance(self, dataset: int) -> NDArray[np.int64]:
        """Return int64 (N,), how far each node is from a data set: 0 on it, 1 rack, 2 zone, 3 beyond."""
        return self.cluster.distance(dataset)

    def usage_average(self, half_life: int) -> Floats:
        """Return float64 (2, N), cpu and memory that nodes used lately: past usage counts half after ``half_life``.

        Microseconds. The history begins when this is first asked.
        """
        return self.cluster.usage_average(half_life)


class Subset:
    """Some nodes of a nodes view, gathered as they are asked for."""

    def __init__(self, nodes: StaticNodes, positions: NDArray[np.int64], *, batch: bool = False) -> None:
        self._nodes, self._positions, self._batch = nodes, positions, batch

    def __len__(self) -> int:
        return len(self._positions)

    def only(self, where: NDArray[np.intp]) -> Subset:
        """Return some of these nodes, by their places here."""
        return Subset(self._nodes, self._positions[where])

    def for_batch(self) -> Subset:
        """Return the same nodes with (R, 1, N) columns, against which pods of (R, P, 1) broadcast."""
        return Subset(self._nodes, self._positions, batch=True)

    def __getattr__(self, name: str) -> Any:
        whole = getattr(self._nodes, name)
        if not isinstance(whole, np.ndarray):
            return whole
        part: Any = whole.take(self._positions, axis=-1)
        if self._batch and part.ndim == 2:
            part = part[:, None, :]
        part = Rows.of(part, whole.index) if isinstance(whole, Rows) else frozen(part)
        setattr(self, name, part)
        return part

    def derived(self, column: Column, *parameters: Hashable) -> NDArray[Any]:
        """Return a derived column of these nodes, as `StaticNodes.derived`."""
        part = self._nodes.derived(column, *parameters).take(self._positions, axis=-1)
        return cast("NDArray[Any]", frozen(part[:, None, :] if self._batch and part.ndim == 2 else part))

    def image(self, name: str) -> Floats:
        """Return what is known of an image on these nodes, as `StaticNodes.image`."""
        return self._nodes.image(name)[:, self._positions]

    def holding(self, mark: Hashable) -> NDArray[np.int64]:
        """Return how many pods of these nodes hold something, as `LocalNodes.holding`."""
        return cast("NDArray[np.int64]", self._nodes.holding(mark)[self._positions])

    def label(self, key: str) -> NDArray[np.int32]:
        """Return the codes of a label's values, as `StaticNodes.label`."""
        return self._nodes.label(key)[self._positions]

    def count(self, selector: LabelSelector | Mapping[str, str]) -> NDArray[np.int64]:
        """Return how many matching pods these nodes hold, as `ClusterNodes.count`."""
        return cast("NDArray[np.int64]", self._nodes.count(selector)[self._positions])

    def distance(self, dataset: int) -> NDArray[np.int64]:
        """Return how far these nodes are from a data set, as `ClusterNodes.distance`."""
        return cast("NDArray[np.int64]", self._nodes.distance(dataset)[self._positions])

    def usage_average(self, half_life: int) -> Floats:
        """Return what these nodes used lately, as `ClusterNodes.usage_average`."""
        return cast("Floats", self._nodes.usage_average(half_life)[:, self._positions])

    def least(self) -> Floats:
        """Return each resource's smallest allocatable, (R, 1) or for a batch (R, 1, 1), as `StaticNodes.least`."""
        least = self._nodes.least()
        return least[:, None] if self._batch else least


class Noting:
    """A nodes view that notes which column groups a plug-in reads."""

    def __init__(self, nodes: Any) -> None:
        self._nodes = nodes
        self.groups = 0

    def __len__(self) -> int:
        return len(self._nodes)

    def __getattr__(self, name: str) -> Any:
        self.groups |= GROUP_OF.get(name, 0)
        return getattr(self._nodes, name)

    def note(self, groups: int) -> None:
        """Note the groups that a derived column reads."""
        self.groups |= groups
