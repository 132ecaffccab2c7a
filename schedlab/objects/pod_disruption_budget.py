"""PodDisruptionBudget: how many of some pods may be evicted at once."""

from typing import Literal

import msgspec

from schedlab.objects.meta import ObjectMeta
from schedlab.objects.pod import Pod
from schedlab.objects.selectors import LabelSelector


class PodDisruptionBudgetSpec(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Which pods, and how many must stay or may go: a number, or a share such as ``50%``."""

    selector: LabelSelector | None = None
    min_available: int | str | None = None
    max_unavailable: int | str | None = None


class PodDisruptionBudgetStatus(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How many may go now; ``disrupted_pods`` are on their way and cost nothing more."""

    disruptions_allowed: int = 0
    disrupted_pods: dict[str, str] = {}


class PodDisruptionBudget(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A budget of evictions for the pods of one namespace that the selector matches."""

    metadata: ObjectMeta
    spec: PodDisruptionBudgetSpec = msgspec.field(default_factory=PodDisruptionBudgetSpec)
    status: PodDisruptionBudgetStatus = msgspec.field(default_factory=PodDisruptionBudgetStatus)
    api_version: Literal["policy/v1"] = "policy/v1"
    kind: Literal["PodDisruptionBudget"] = "PodDisruptionBudget"

    def means(self, pod: Pod) -> bool:
        """Whether a pod comes under it; with an absent or empty selector none does, and no pod without labels.

        As kube-scheduler has it; the API server lets an empty selector mean all.
        """
        meta, selector = pod.metadata, self.spec.selector
        if selector is None or not (selector.match_labels or selector.match_expressions) or not meta.labels:
            return False
        return meta.namespace == self.metadata.namespace and selector.matches(meta.labels)
