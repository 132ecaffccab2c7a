"""Pods as plug-ins see them: a class, some classes at once, or one pod."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab import streams
from schedlab.cluster.classes import controller
from schedlab.cluster.devices import asked
from schedlab.cluster.node_views import ScopeError, frozen
from schedlab.cluster.pods import OPTIONAL
from schedlab.cluster.rows import Floats, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster.classes import PodClass
    from schedlab.cluster.state import Cluster


_OWN = frozenset({"id", "name", "attempt", "dataset", "waiting", "uniform", "rng", "duration", *OPTIONAL})


class ClassView:
    """What every pod of a class shares: the pod as plug-ins of scope static and node see it.

    Attributes
    ----------
    index
        The class's number.
    requests
        `Rows`, float64 (R, 1): what filters count, with pods = 1.
    score_requests
        float64 (2, 1): cpu and memory with Kubernetes' defaults, as scores of the pending pod use them.
    limits
        `Rows`, float64 (R,).
    demand
        float64 (R, 1): ``requests`` with -inf for 0, so that ``used + demand <= allocatable`` passes what is not
        asked for even where it is overcommitted, as kube-scheduler does.
    devices
        float64 (2, 1): how many devices that nodes share the pod asks for, and milli of each; zeros if none.
    priority
        The pod's priority.
    ports
        The node's ports that the pod takes, as `schedlab.cluster.marks.HostPort`.
    spec, labels, namespace
        ``spec``, ``metadata.labels`` and ``metadata.namespace`` as Kubernetes objects.
    facets
        The numbers of the class's parts, `Facets`.
    kind
        The number of the class's placement and labels in `ClusterView.peers`.
    controller
        The owner that is a ReplicationController, ReplicaSet or StatefulSet, or None.
    """

    def __init__(self, cls: PodClass, index: Mapping[str, int], pools: Iterable[str] = ()) -> None:
        vectors = cls.vectors(index)
        self.index, self.facets, self.kind, self.terms = cls.index, cls.facets, cls.kind, cls.terms
        self.requests = Rows.of(vectors.requests, index)
        self.score_requests = frozen(vectors.score_requests)
        self.limits = Rows.of(vectors.limits, index)
        self.demand = frozen(vectors.demand)
        self.devices = frozen(np.array(asked(cls.requests, pools), float)[:, None])
        self.priority = cls.priority
        self.ports = cls.ports
        self.spec = cls.pod.spec
        self.labels: Mapping[str, str] = cls.pod.metadata.labels
        self.namespace, self.controller = cls.pod.metadata.namespace, controller(cls.pod)

    def __getattr__(self, name: str) -> Any:
        if name in _OWN:
            raise ScopeError(f"pod.{name} belongs to one pod, not to its class: declare scope='cluster'")
        raise AttributeError(f"pods have no {name!r}")


class ClassBatch:
    """Some classes as one pod whose arrays have an axis more: (R, P, 1).

    The framework tries a plug-in of scope static or node on it and falls back to one class at a time, so authors
    need not know of it.
    """

    def __init__(self, classes: Sequence[ClassView]) -> None:
        self.requests = Rows.of(np.stack([c.requests[:] for c in classes], axis=1), classes[0].requests.index)
        self.score_requests = np.stack([c.score_requests for c in classes], axis=1)
        self.demand = np.stack([c.demand for c in classes], axis=1)
        self.devices = np.stack([c.devices for c in classes], axis=1)

    def take(self, rows: Sequence[int]) -> ClassBatch:
        """Return some of the classes, by their place in this batch."""
        part = copy(self)
        part.requests = Rows.of(self.requests[:].take(rows, axis=1), self.requests.index)
        for name in ("score_requests", "demand", "devices"):
            setattr(part, name, getattr(self, name).take(rows, axis=1))
        return part


class PodView:
    """One pod, as plug-ins of scope cluster see it: its class's attributes and its own.

    ``walltime`` is how long it may run, as whoever submitted it said, ``deadline`` when it is wanted done, both
    microseconds; ``tenant`` the number of whom it belongs to, ``gang`` that of the job whose pods start together. All
    four are -1 where there is none. An oracle also sees ``duration``, how long the pod will run once it is bound,
    microseconds; -1 is for ever.
    """

    __slots__ = ("_cluster", "_oracle", "_rng", "_seed", "_stream", "id", "shared")

    def __init__(self, cluster: Cluster, shared: ClassView, pod: int, seed: int) -> None:
        self.shared = shared
        self.id = pod
        self._cluster, self._seed = cluster, seed
        self._stream, self._oracle = "", False
        self._rng: np.random.Generator | None = None

    def shown_to(self, plugin: str, *, oracle: bool) -> PodView:
        """Return this view as a plug-in may see it: with random numbers of its own, an oracle with the future."""
        self._stream, self._rng, self._oracle = plugin, None, oracle  # each call draws from the start
        return self

    def __getattr__(self, name: str) -> Any:
        if name == "duration":
            if self._oracle:
                return int(self._cluster.pods.duration[self.id])
            raise ScopeError("pod.duration is not known beforehand: declare oracle=True")
        if name in OPTIONAL:
            return int(getattr(self._cluster.pods, name)[self.id])
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

    @property
    def rng(self) -> np.random.Generator:
        """A generator fixed by (seed, plug-in, pod, attempt); filter and score each draw from its start."""
        if self._rng is None:
            self._rng = streams.generator(self._seed, "policy", self._stream, self.id, self.attempt)
        return self._rng

    def uniform(self, entities: NDArray[np.int64]) -> Floats:
        """Return numbers in [0, 1), shape of ``entities``, fixed by (seed, pod, attempt, entity).

        With ``nodes.uid`` a node's number is the same in any order and any subset of the nodes.
        """
        return streams.uniform(streams.key(self._seed, "policy", self.id, self.attempt), entities)
