"""What the volume rules share: the claims of a pod, and verdicts that are kept until an object or a node changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster.marks import ephemeral_claim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from schedlab.objects import PersistentVolumeClaim


class Use(NamedTuple):
    """A claim that a pod uses, by name; ``claim`` is None if there is none of that name."""

    name: str
    claim: PersistentVolumeClaim | None
    ephemeral: bool

    @property
    def missing(self) -> str:
        """The API server's words where the claim does not exist."""
        return f'persistentvolumeclaim "{self.name}" not found'


def uses(pod: Any, cluster: Any) -> Iterator[Use]:
    """Yield the claims of a pod's volumes, in order; those of generic ephemeral volumes too."""
    for volume in pod.spec.volumes:
        if volume.persistent_volume_claim is not None:
            name, ephemeral = volume.persistent_volume_claim.claim_name, False
        elif volume.ephemeral is not None:
            name, ephemeral = ephemeral_claim(pod.name, volume), True
        else:
            continue
        yield Use(name, cluster.objects.get("PersistentVolumeClaim", pod.namespace, name), ephemeral)


def not_the_pods(use: Use, pod: Any) -> str:
    """Return the words for the claim of an ephemeral volume that belongs to somebody else, or ""."""
    if not use.ephemeral or use.claim is None:
        return ""
    owners = [each for each in use.claim.metadata.owner_references if each.controller]
    if owners and (owners[0].kind, owners[0].name) == ("Pod", pod.name):
        return ""
    return f"PVC {use.claim.metadata.key} was not created for pod {pod.namespace}/{pod.name} (pod is not owner)"


def kept(rule: str, pod: Any, cluster: Any, kinds: tuple[str, ...], make: Callable[[], Any]) -> Any:
    """Return what ``make`` gives for a pod's class, made anew only after a change of such objects or a node's spec."""
    return cluster.kept((rule, pod.index), cluster.objects.version_of(*kinds), make)


def by_uid(verdict: NDArray[Any], cluster: Any) -> NDArray[Any]:
    """Return a verdict on all nodes by uid, so that any nodes can look theirs up."""
    nodes = cluster.nodes("static")
    found = np.zeros(cluster.ranks, verdict.dtype)
    found[nodes.uid] = verdict
    return found
