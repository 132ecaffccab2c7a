"""Affinity: which nodes, and which other pods, a pod wants near or far.

`required` and `preferred` are Kubernetes' ``requiredDuringSchedulingIgnoredDuringExecution`` and
``preferredDuringSchedulingIgnoredDuringExecution``.
"""

from typing import Annotated, Literal

import msgspec

from schedlab.objects.selectors import LabelSelector, NodeSelector, NodeSelectorTerm

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


class PreferredSchedulingTerm(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A node term and what meeting it is worth."""

    weight: Annotated[int, msgspec.Meta(ge=1, le=100)]
    preference: NodeSelectorTerm


class NodeAffinity(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Which nodes a pod may and would rather use."""

    required: NodeSelector | None = msgspec.field(default=None, name=_REQUIRED)
    preferred: list[PreferredSchedulingTerm] = msgspec.field(default_factory=list, name=_PREFERRED)


class PodAffinityTerm(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Pods, told by labels and namespaces, and the domain that counts as one place.

    `match_label_keys` and `mismatch_label_keys` are merged into `label_selector` by the API server; the scheduler
    reads the selector only.
    """

    topology_key: str
    label_selector: LabelSelector | None = None
    namespaces: list[str] = []
    namespace_selector: LabelSelector | None = None
    match_label_keys: list[str] = []
    mismatch_label_keys: list[str] = []


class WeightedPodAffinityTerm(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A pod term and what meeting it is worth."""

    weight: Annotated[int, msgspec.Meta(ge=1, le=100)]
    pod_affinity_term: PodAffinityTerm


class PodAffinity(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Pods to be near to, or (as `Affinity.pod_anti_affinity`) far from."""

    required: list[PodAffinityTerm] = msgspec.field(default_factory=list, name=_REQUIRED)
    preferred: list[WeightedPodAffinityTerm] = msgspec.field(default_factory=list, name=_PREFERRED)


class Affinity(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A pod's three affinities."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAffinity | None = None


class TopologySpreadConstraint(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How unevenly the pods that match may be spread over the domains of a key.

    An absent policy means ``Honor`` for node affinity and ``Ignore`` for taints.
    """

    max_skew: Annotated[int, msgspec.Meta(ge=1)]
    topology_key: str
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"]
    label_selector: LabelSelector | None = None
    min_domains: Annotated[int, msgspec.Meta(ge=1)] | None = None
    node_affinity_policy: Literal["Honor", "Ignore"] | None = None
    node_taints_policy: Literal["Honor", "Ignore"] | None = None
    match_label_keys: list[str] = []
