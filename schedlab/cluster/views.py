"""Read-only views: what plug-ins, controllers and probes see of a cluster.

A nodes view has one class per scope, so that what a scope may not see is simply not there:

* `StaticNodes`: the nodes' specs;
* `LocalNodes` (scope ``node``): that node's own columns as well;
* `ClusterNodes` (scope ``cluster``): also the feasible nodes and, through ``cluster``, everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from schedlab import streams
from schedlab.cluster.rows import Floats, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schedlab.cluster.classes import PodClass
    from schedlab.cluster.log import ChangeLog
    from schedlab.cluster.pods import PodTable
    from schedlab.cluster.state import Cluster
    from schedlab.objects import Pod

Scope = Literal["static", "node", "cluster"]


class ScopeError(AttributeError):
    """A plug-in asked for what its declared scope may not see."""


def _frozen(array: Any) -> Any:
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
    """

    allocatable: Rows
    uid: NDArray[np.int64]
    rank: NDArray[np.int64]
    unschedulable: NDArray[np.bool_]

    def __init__(self, cluster: Cluster) -> None:
        columns = cluster.nodes
        self._cluster = cluster
        self.allocatable = Rows.of(columns.allocatable, columns.resources)
        self.uid, self.rank = _frozen(columns.uid), _frozen(columns.rank)
        self.unschedulable = _frozen(columns.unschedulable)

    def __getattr__(self, name: str) -> Any:
        for scope, wider in (("node", LocalNodes), ("cluster", ClusterNodes)):
            if name in wider.__annotations__:
                raise ScopeError(f"nodes.{name} is not seen here: declare scope={scope!r}")
        raise AttributeError(f"nodes have no {name!r}")

    def __len__(self) -> int:
        return len(self.uid)

    def label(self, key: str) -> NDArray[np.int32]:
        """Return the codes of a label's values, int32 (N,), -1 where the node lacks it."""
        return cast("NDArray[np.int32]", _frozen(self._cluster.nodes.codes(key)))

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
    """

    used: Rows
    limits: Rows
    usage: Rows
    used_nonzero: Floats

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        columns = cluster.nodes
        self.used = Rows.of(columns.used, columns.resources)
        self.limits = Rows.of(columns.limits, columns.resources)
        self.usage = Rows.of(columns.usage, columns.resources)
        self.used_nonzero = _frozen(columns.used_nonzero)


class ClusterNodes(LocalNodes):
    """All there is to see.

    Attributes
    ----------
    feasible
        bool (N,): the nodes that passed every filter, once the filters have run.
    cluster
        The `ClusterView`.
    """

    feasible: NDArray[np.bool_]
    cluster: ClusterView

    def __init__(self, cluster: Cluster, view: ClusterView) -> None:
        super().__init__(cluster)
        self.cluster = view
        self.feasible = np.ones(len(self), np.bool_)


class Subset:
    """Some nodes of a nodes view, gathered as they are asked for."""

    def __init__(self, nodes: StaticNodes, positions: NDArray[np.int64]) -> None:
        self._nodes, self._positions = nodes, positions

    def __len__(self) -> int:
        return len(self._positions)

    def __getattr__(self, name: str) -> Any:
        whole = getattr(self._nodes, name)
        if isinstance(whole, Rows):
            part: Any = Rows.of(whole.take(self._positions, axis=1), self._nodes._cluster.nodes.resources)
        elif isinstance(whole, np.ndarray):
            part = _frozen(whole.take(self._positions, axis=-1))
        else:
            return whole
        setattr(self, name, part)
        return part

    def label(self, key: str) -> NDArray[np.int32]:
        """Return the codes of a label's values, as `StaticNodes.label`."""
        return self._nodes.label(key)[self._positions]


class ClassView:
    """What every pod of a class shares: the pod as plug-ins of scope static and node see it.

    Attributes
    ----------
    requests
        `Rows`, float64 (R, 1): what filters count, with pods = 1.
    score_requests
        float64 (2, 1): cpu and memory with Kubernetes' defaults, as scores of the pending pod use them.
    limits
        `Rows`, float64 (R,).
    rows
        The rows with a request above 0, as integers.
    priority
        The pod's priority.
    spec, labels
        ``spec`` and ``metadata.labels`` as Kubernetes objects.
    """

    def __init__(self, cls: PodClass, index: Mapping[str, int]) -> None:
        vectors = cls.vectors(index)
        self.requests = Rows.of(vectors.requests, index)
        self.score_requests = _frozen(vectors.score_requests)
        self.limits = Rows.of(vectors.limits, index)
        self.rows = vectors.rows
        self.priority = cls.priority
        self.spec = cls.pod.spec
        self.labels: Mapping[str, str] = cls.pod.metadata.labels

    def __getattr__(self, name: str) -> Any:
        if name in ("id", "name", "attempt", "dataset", "waiting", "uniform"):
            raise ScopeError(f"pod.{name} belongs to one pod, not to its class: declare scope='cluster'")
        raise AttributeError(f"pods have no {name!r}")


class PodView:
    """One pod, as plug-ins of scope cluster see it: its class's attributes and its own."""

    def __init__(self, cluster: Cluster, shared: ClassView, pod: int, seed: int) -> None:
        self.shared = shared
        self.id = pod
        self._cluster, self._seed = cluster, seed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.shared, name)

    @property
    def name(self) -> str:
        """The pod's name."""
        return self._cluster.pods.name(self.id)

    @property
    def attempt(self) -> int:
        """How often the pod was evicted or lost before."""
        return int(self._cluster.pods.attempt[self.id])

    @property
    def dataset(self) -> int:
        """The data set that the pod reads, by position; -1: none."""
        return int(self._cluster.pods.dataset[self.id])

    @property
    def waiting(self) -> int:
        """Microseconds since this attempt was queued."""
        return self._cluster.now - int(self._cluster.pods.queued[self.id])

    def uniform(self, entities: NDArray[np.int64]) -> Floats:
        """Return numbers in [0, 1), shape of ``entities``, fixed by (seed, pod, attempt, entity).

        With ``nodes.uid`` a node's number is the same in any order and any subset of the nodes.
        """
        return streams.uniform(streams.key(self._seed, "policy", self.id, self.attempt), entities)


class PodsView:
    """The columns of a `PodTable`, read-only."""

    def __init__(self, pods: PodTable) -> None:
        self._pods = pods
        self.name = pods.name
        self.bound = pods.bound

    def __len__(self) -> int:
        return len(self._pods)

    def __getattr__(self, name: str) -> NDArray[Any]:
        return cast("NDArray[Any]", _frozen(getattr(self._pods, name)))


class ClusterView:
    """The whole cluster, read-only: for plug-ins of scope cluster, controllers and probes."""

    def __init__(self, cluster: Cluster, seed: int = 0) -> None:
        self._cluster = cluster
        self._epoch = -1
        self._seed = seed
        self._classes: dict[int, ClassView] = {}
        self._nodes: dict[Scope, StaticNodes] = {}
        self._pods = PodsView(cluster.pods)
        self._by_rank = True

    @property
    def now(self) -> int:
        """Simulated time, microseconds."""
        return self._cluster.now

    @property
    def last_bound(self) -> int:
        """Rank of the node that last received a pod; -1 before the first."""
        return self._cluster.last_bound

    @property
    def ranks(self) -> int:
        """Ranks given so far; every ``nodes.rank`` is below it."""
        return self._cluster.nodes.ever

    @property
    def pods(self) -> PodsView:
        """The pods' columns."""
        return self._pods

    @property
    def log(self) -> ChangeLog:
        """The change log; read it only."""
        return self._cluster.log

    def nodes(self, scope: Scope = "cluster") -> Any:
        """Return the nodes as plug-ins of that scope see them."""
        if self._epoch != self._cluster.log.epoch:
            self._refresh()
        return self._nodes[scope]

    def _refresh(self) -> None:
        cluster = self._cluster
        self._epoch = cluster.log.epoch
        self._classes.clear()
        self._by_rank = bool((np.diff(cluster.nodes.rank) > 0).all())
        self._nodes = {
            "static": StaticNodes(cluster),
            "node": LocalNodes(cluster),
            "cluster": ClusterNodes(cluster, self),
        }

    @property
    def by_rank(self) -> bool:
        """Whether positions follow the ranks, so that the first of equals has the lowest rank."""
        if self._epoch != self._cluster.log.epoch:
            self._refresh()
        return self._by_rank

    def pod(self, pod: int) -> PodView:
        """Return one pod; its ``shared`` is what scopes static and node see."""
        if self._epoch != self._cluster.log.epoch:
            self._refresh()
        index = int(self._cluster.pods.cls[pod])
        shared = self._classes.get(index)
        if shared is None:
            shared = self._classes[index] = ClassView(self._cluster.classes[index], self._cluster.nodes.resources)
        return PodView(self._cluster, shared, pod, self._seed)

    def pod_class(self, pod: int) -> PodClass:
        """Return the class of a pod."""
        return self._cluster.classes[self._cluster.pods.cls[pod]]

    def pods_on(self, position: int) -> NDArray[np.int64]:
        """Return the rows of the pods bound to a node, in binding order."""
        return self._cluster.pods_on(position)

    def node_name(self, position: int) -> str:
        """Return the name of the node at a position."""
        return self._cluster.nodes.nodes[position].metadata.name

    def generation(self, position: int) -> int:
        """Return how often the node's spec changed."""
        return int(self._cluster.nodes.generation[position])

    def distance(self, dataset: int) -> NDArray[np.int64]:
        """Return int64 (N,), how far each node is from a data set: 0 on it, 1 rack, 2 zone, 3 beyond."""
        return self._cluster.distance(dataset)

    def size(self, dataset: int) -> int:
        """Return the bytes of a data set."""
        return self._cluster.datasets[dataset].size

    def object(self, pod: int) -> Pod:
        """Return a Kubernetes object of the pod's class."""
        return self.pod_class(pod).pod
