"""ClusterView: what plug-ins, controllers and probes see of a cluster; all of it read-only."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from schedlab.cluster.node_views import ClusterNodes, LocalNodes, Scope, StaticNodes, frozen
from schedlab.cluster.pod_views import ClassBatch, ClassView, PodView
from schedlab.cluster.pods import COLUMNS, FORESIGHT
from schedlab.cluster.registry import ObjectsView
from schedlab.cluster.thinned import Thinned

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster.classes import PodClass
    from schedlab.cluster.derived.attached_volumes import Volume
    from schedlab.cluster.devices import Holding
    from schedlab.cluster.log import ChangeLog
    from schedlab.cluster.nominees import Guests
    from schedlab.cluster.plan import Outcome, Plan
    from schedlab.cluster.pods import PodTable
    from schedlab.cluster.state import Cluster
    from schedlab.objects.selectors import LabelSelector


KEPT = 10_000  # answers of `ClusterView.kept`; then all begin anew


class PodsView:
    """The columns of a `PodTable`, read-only, with its ``name`` and ``bound``."""

    def __init__(self, pods: PodTable) -> None:
        self._pods = pods
        self.version = pods.version
        self.name, self.bound = pods.name, pods.bound
        for column in COLUMNS.keys() - FORESIGHT:
            setattr(self, column, frozen(getattr(pods, column)[: len(pods)]))

    def __len__(self) -> int:
        return len(self._pods)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> NDArray[Any]: ...


class ClusterView:
    """The whole cluster, read-only: for plug-ins of scope cluster, controllers and probes.

    Attributes
    ----------
    objects
        The `ObjectsView`: namespaces, services, claims and whatever else is neither node nor pod.
    peers
        The `Peers`: bound pods as the rules of others see them, counted by domain.
    """

    def __init__(self, cluster: Cluster, seed: int = 0) -> None:
        self._cluster = cluster
        self.objects = ObjectsView(cluster.objects)
        self.peers = cluster.peers
        self._epoch = -1
        self._seed = seed
        self._classes: dict[int, ClassView] = {}
        self._nodes: dict[Scope, StaticNodes] = {}
        self._pods = PodsView(cluster.pods)
        self._by_rank = True
        self._kept: dict[Hashable, tuple[Hashable, Any]] = {}
        self._kept_specs = -1
        self._batch: tuple[tuple[int, int], ClassBatch] | None = None  # all classes, while there are so many

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
        if self._pods.version != self._cluster.pods.version:
            self._pods = PodsView(self._cluster.pods)
        return self._pods

    @property
    def log(self) -> ChangeLog:
        """The change log; read it only."""
        return self._cluster.log

    @property
    def standing(self) -> int:
        """A number that grows when an object or a node's spec changes, or a pod with affinity terms comes or goes."""
        return self.log.specs + self.log.objects + self.peers.version

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
        """Return one pod; its ``shared`` is what scopes static and node see, `PodView.shown_to` what a plug-in sees."""
        return PodView(self._cluster, self.class_view(int(self._cluster.pods.cls[pod])), pod, self._seed)

    def class_view(self, index: int) -> ClassView:
        """Return a pod class as plug-ins of scope static and node see it."""
        if self._epoch != self._cluster.log.epoch:
            self._refresh()
        shared = self._classes.get(index)
        if shared is None:
            nodes = self._cluster.nodes
            shared = self._classes[index] = ClassView(self._cluster.classes[index], nodes.resources, nodes.pools)
        return shared

    def class_batch(self, classes: Sequence[int]) -> ClassBatch:
        """Return some pod classes at once."""
        count = len(self._cluster.classes)
        if self._batch is None or self._batch[0] != (self._cluster.log.epoch, count):
            whole = ClassBatch([self.class_view(index) for index in range(count)])
            self._batch = (self._cluster.log.epoch, count), whole
        return self._batch[1].take(classes)

    def pod_key(self, pod: int) -> str:
        """Return a pod's namespace/name."""
        return f"{self.pod_class(pod).pod.metadata.namespace}/{self.pods.name(pod)}"

    def pod_class(self, pod: int) -> PodClass:
        """Return the class of a pod."""
        return self._cluster.classes[self._cluster.pods.cls[pod]]

    def class_at(self, index: int) -> PodClass:
        """Return a class by its number."""
        return self._cluster.classes[index]

    def pods_on(self, position: int) -> NDArray[np.int64]:
        """Return the rows of the pods bound to a node, in binding order."""
        return self._cluster.pods_on(position)

    def guests(self, pod: PodView) -> Guests | None:
        """Return the nominated pods that count for a pending one: those of its priority or above, less itself."""
        cluster = self._cluster
        return cluster.nominees.guests(pod.id, pod.shared.priority, cluster) if len(cluster.nominees) else None

    @property
    def nominees(self) -> int:
        """How many pods are nominated for a node."""
        return len(self._cluster.nominees)

    @property
    def nominations(self) -> int:
        """How often a nomination began or ended."""
        return self._cluster.nominees.version

    def claims(self, priority: int) -> Guests | None:
        """Return the nominated pods of a priority or above; None if there are none."""
        return self._cluster.nominees.guests(-1, priority, self._cluster)

    def nominated(self, pod: int) -> int | None:
        """Return the position of the node that a pod is nominated for; None if it is not, or the node is gone."""
        uid = self._cluster.nominees.node(pod)
        return None if uid is None else self._cluster.nodes.position.get(uid)

    @contextmanager
    def hypothesis(self) -> Iterator[Callable[[Plan], Outcome]]:
        """Give what applies plans for the time being: at the end all of it is undone, as `Cluster.hypothesis` says."""
        with self._cluster.hypothesis():
            yield self._cluster.apply

    def thinned(
        self, scope: Scope, positions: NDArray[np.int64], pods: NDArray[np.int32], gone: NDArray[np.bool_]
    ) -> Thinned:
        """Return some nodes as a scope shows them, without those of some of their pods that are gone: `Thinned`."""
        return Thinned(self._cluster, self.nodes(scope), positions, pods, gone)

    @property
    def nominees_with_terms(self) -> bool:
        """Whether a nominated pod has affinity terms of its own."""
        cluster = self._cluster
        return any(cluster.classes[cluster.pods.cls[pod]].terms for pod in cluster.nominees)

    @property
    def priorities(self) -> NDArray[np.int64]:
        """int64 (C,), the priority of each pod class."""
        return cast("NDArray[np.int64]", frozen(self._cluster.classes.priorities()))

    def devices(self, pod: int) -> Holding:
        """Return the (device, milli) that a bound pod holds of its node."""
        return self._cluster.devices.of(pod)

    def tightest_devices(self, pod: int, position: int) -> Holding:
        """Return the devices of a node that a pod gets where no plug-in chooses: with the least room that suffices."""
        return self._cluster.tightest_devices(pod, position)

    def nominees_of(self, position: int) -> list[int]:
        """Return the pods that are nominated for a node."""
        uid = int(self._cluster.nodes.uid[position])
        return [pod for pod in self._cluster.nominees if self._cluster.nominees.node(pod) == uid]

    def count(self, selector: LabelSelector | Mapping[str, str]) -> NDArray[np.int64]:
        """Return int64 (N,), how many bound pods of each node match a LabelSelector, or have all of some labels."""
        return self._cluster.peers.count(selector)

    def usage_average(self, half_life: int) -> NDArray[np.float64]:
        """Return float64 (2, N), cpu and memory that nodes used lately: past usage counts half after ``half_life``.

        Microseconds. The history begins when this is first asked.
        """
        return cast("NDArray[np.float64]", frozen(self._cluster.usage_average(half_life)))

    def dominant_share(self, tenant: int) -> float:
        """Return the largest share, over resources, that a tenant's pods ask for of what the nodes offer; -1: nobody's.

        Ghodsi et al., Dominant Resource Fairness, NSDI 2011, section 4.
        """
        return self._cluster.dominant_share(tenant)

    def kept(self, key: Hashable, version: Hashable, make: Callable[[], Any]) -> Any:
        """Return what ``make`` gives, made once for a version until a node's spec changes, or nodes come or go."""
        if self._kept_specs != self._cluster.log.specs or len(self._kept) > KEPT:
            self._kept.clear()
            self._kept_specs = self._cluster.log.specs
        found = self._kept.get(key)
        if found is None or (found[0] is not version and found[0] != version):
            found = self._kept[key] = version, make()
        return found[1]

    def held(self, mark: Hashable) -> bool:
        """Return whether a pod on any node holds what `schedlab.cluster.marks` calls so."""
        return self._cluster.holdings.anywhere(mark)

    def volume_count(self, driver: str) -> NDArray[np.int64]:
        """Return int64 (N,), how many volumes of a CSI driver the pods of each node have."""
        self._cluster.volumes.refresh(self._cluster)
        return cast("NDArray[np.int64]", frozen(self._cluster.volumes.count(driver, len(self._cluster.nodes))))

    def volume_nodes(self, volume: Volume) -> list[int]:
        """Return the positions of the nodes whose pods have a CSI volume."""
        self._cluster.volumes.refresh(self._cluster)
        return list(self._cluster.volumes.where.get(volume, ()))

    def position(self, uid: int) -> int | None:
        """Return the position of a node, None if it is gone."""
        return self._cluster.nodes.position.get(uid)

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
