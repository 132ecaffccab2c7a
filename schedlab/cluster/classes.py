"""Pod classes: pods that no plug-in of the core can tell apart share one class, and all per-class work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from schedlab.cluster.derived import terms
from schedlab.cluster.marks import HostPort, host_ports, marks
from schedlab.objects import Affinity, nonzero_requests, pod_limits, pod_requests, score_requests

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from schedlab.cluster.rows import Floats
    from schedlab.objects import OwnerReference, Pod

SPREADING = frozenset({("v1", "ReplicationController"), ("apps/v1", "ReplicaSet"), ("apps/v1", "StatefulSet")})
UNPLACEABLE = 2.0**52  # requests above any allowed capacity are cut to this: they fit nowhere, and sums stay exact


class Facets(NamedTuple):
    """The interned parts of a class; a cache is keyed by those that its plug-in reads."""

    requests: int  # filter, score and non-zero requests, limits
    placement: int  # what it says of nodes: name, selectors, node affinity, tolerations, ports
    peers: int  # of other pods: affinity, spread, its namespace, and the controller that spreads by
    labels: int
    storage: int  # images and volumes
    priority: int  # and whether the pod preempts others, has gates, and how long it may take to end


class Vectors(NamedTuple):
    """A class's resource vectors for one numbering of the resources."""

    requests: Floats  # (R, 1), with pods = 1
    score_requests: Floats  # (2, 1) cpu and memory of the pending pod, with Kubernetes' defaults
    limits: Floats  # (R,)
    demand: Floats  # (R, 1), requests with -inf for 0: what is not asked for fits whatever is used
    sums: Floats  # (2 R + 2,) what a bound pod adds to its node's used, used_nonzero and limits


@dataclass(eq=False, slots=True)
class PodClass:
    """What all pods of a class share."""

    index: int
    facets: Facets
    pod: Pod  # any pod of the class; its status means nothing, nor its name unless it has ephemeral volumes
    requests: Mapping[str, int]
    limits: Mapping[str, int]
    score: tuple[int, int]
    nonzero: tuple[int, int]
    priority: int
    preempts: bool  # whether it may have pods of lower priority evicted
    kind: int  # by placement, peers and labels: what other pods' rules can tell apart
    terms: bool  # whether it has affinity terms of its own
    ports: tuple[HostPort, ...]  # of the node
    marks: tuple[Hashable, ...]  # what a bound pod holds of what others may want (schedlab.cluster.marks)
    _vectors: tuple[int, Vectors] | None = field(default=None)

    def vectors(self, index: Mapping[str, int]) -> Vectors:
        """Return the resource vectors; ``index`` must hold every resource of the class."""
        if self._vectors is None or self._vectors[0] != len(index):
            requests = _column({"pods": 1, **self.requests}, index)
            limits, nonzero = _column(self.limits, index), np.minimum(np.array(self.nonzero, float), UNPLACEABLE)
            self._vectors = (
                len(index),
                Vectors(
                    requests[:, None],
                    np.array(self.score, float)[:, None],
                    limits,
                    np.where(requests > 0, requests, -np.inf)[:, None],
                    np.concatenate([requests, nonzero, limits]),
                ),
            )
        return self._vectors[1]


def _column(amounts: Mapping[str, int], index: Mapping[str, int]) -> Floats:
    column = np.zeros(len(index))
    for resource, amount in amounts.items():
        column[index[resource]] = min(amount, UNPLACEABLE)
    return column


class Classes:
    """The interned pod classes of a cluster; ``classes[i]`` is class number i."""

    def __init__(self) -> None:
        self._all: list[PodClass] = []
        self._by_facets: dict[Facets, int] = {}
        self._kinds: dict[tuple[int, ...], int] = {}
        self._codes: list[dict[Hashable, int]] = [{} for _ in Facets._fields]
        self._sums = np.zeros((0, 0))
        self._priorities = np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, index: int) -> PodClass:
        return self._all[index]

    def priorities(self) -> NDArray[np.int64]:
        """Return int64 (C,), the priority of each class."""
        known = len(self._priorities)
        if known < len(self._all):
            more = np.array([cls.priority for cls in self._all[known:]], np.int64)
            self._priorities = np.concatenate([self._priorities, more])
        return self._priorities

    def sums(self, index: Mapping[str, int]) -> Floats:
        """Return float64 (2 R + 2, C): `Vectors.sums` of each class."""
        if len(self._sums) != 2 * len(index) + 2:
            self._sums = np.zeros((2 * len(index) + 2, 0))
        known = self._sums.shape[1]
        if known < len(self._all):
            more = np.stack([cls.vectors(index).sums for cls in self._all[known:]], axis=1)
            self._sums = np.concatenate([self._sums, more], axis=1)
        return self._sums

    def intern(self, pod: Pod) -> PodClass:
        """Return the class of a pod, a new one if none is like it."""
        requests, limits = pod_requests(pod), pod_limits(pod)
        score, nonzero = score_requests(pod), nonzero_requests(pod)
        spec, priority, preempts = pod.spec, pod.spec.priority or 0, pod.spec.preemption_policy != "Never"
        affinity = spec.affinity or Affinity()
        values: tuple[Hashable, ...] = (
            (tuple(sorted(requests.items())), tuple(sorted(limits.items())), score, nonzero),
            _text(
                spec.node_name,
                spec.node_selector,
                affinity.node_affinity,
                spec.tolerations,
                host_ports(pod),
            ),
            _text(
                affinity.pod_affinity,
                affinity.pod_anti_affinity,
                spec.topology_spread_constraints,
                pod.metadata.namespace,
                controller(pod),
            ),
            tuple(sorted(pod.metadata.labels.items())),
            _text(
                [container.image for container in (*spec.init_containers, *spec.containers)],
                spec.volumes,
                pod.metadata.name if any(volume.ephemeral is not None for volume in spec.volumes) else "",
            ),
            (priority, preempts, bool(spec.scheduling_gates), spec.termination_grace_period_seconds),
        )
        codes = (known.setdefault(value, len(known)) for known, value in zip(self._codes, values, strict=True))
        facets = Facets(*codes)
        if facets not in self._by_facets:
            self._by_facets[facets] = len(self._all)
            kind = self._kinds.setdefault((facets.placement, facets.peers, facets.labels), len(self._kinds))
            more = kind, any(True for _ in terms.own(pod)), host_ports(pod), marks(pod)
            self._all.append(
                PodClass(len(self._all), facets, pod, requests, limits, score, nonzero, priority, preempts, *more)
            )
        return self._all[self._by_facets[facets]]


def controller(pod: Pod) -> OwnerReference | None:
    """Return the owner whose selector default spreading goes by, if the pod has one of a kind that has selectors."""
    owners = (each for each in pod.metadata.owner_references if each.controller)
    owner = next(owners, None)
    known = owner is not None and (owner.api_version, owner.kind) in SPREADING
    return msgspec.structs.replace(owner, uid="") if owner is not None and known else None


def _text(*parts: object) -> bytes:
    return msgspec.json.encode(parts, enc_hook=str, order="deterministic")
