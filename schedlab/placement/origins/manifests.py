"""Manifests: a cluster as Kubernetes YAML shows it, its pending pods to be placed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.columns import amounts
from schedlab.cluster.pods import NOWHERE
from schedlab.cluster.snapshot import read_snapshot
from schedlab.errors import InputError
from schedlab.objects import Quantity
from schedlab.placement.origins.between import Quota
from schedlab.placement.origins.cluster import cluster as problem_of_cluster
from schedlab.placement.origins.source import Source

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from schedlab.cluster import Cluster
    from schedlab.objects import RawObject

ENDINGS = (".yaml", ".yml", ".json")
QUOTA, GROUP = "ResourceQuota", "PodGroup"
GROUP_LABEL = "scheduling.x-k8s.io/pod-group"  # that names a pod's group


def manifests(*sources: str | os.PathLike[str], movable: bool = False, profile: Any = "kubernetes") -> Source:
    """Return the problem of placing the pending pods of some manifest files, and of the files of folders.

    A ResourceQuota limits what placed pods of its namespace request together (Kubernetes asks it when a pod is made,
    not when it is placed). A PodGroup is a gang of its ``minMember``: the pods whose label `GROUP_LABEL` names it.

    Parameters
    ----------
    movable
        Whether running pods may move; else they stay.
    profile
        Whose filters say where pods may go.

    Raises
    ------
    InputError
        If a file is broken, there is no node, or something stands there that no problem can say.
    """
    known: dict[str, list[RawObject]] = {QUOTA: [], GROUP: []}
    cluster, notes = read_snapshot(list(_files(sources)), known=known)
    pods = cluster.pods
    rows = np.arange(len(pods))
    running = rows[(pods.node[: len(pods)] != NOWHERE) & ~pods.terminating[: len(pods)]] if movable else rows[:0]
    least = _gangs(cluster, known[GROUP])
    problem = problem_of_cluster(
        cluster,
        rows[pods.node[: len(pods)] == NOWHERE].tolist(),
        running.tolist(),
        profile=profile,
        least=least,
        quotas=[quota for each in known[QUOTA] for quota in _quotas(each)],
        name=Path(sources[0]).stem,
    )
    return Source(problem, cluster, notes)


def _files(sources: Sequence[str | os.PathLike[str]]) -> Iterator[Path]:
    for source in map(Path, sources):
        if not source.is_dir():
            yield source
            continue
        inside = sorted(each for each in source.iterdir() if each.suffix in ENDINGS)
        if not inside:
            raise InputError(f"there is no {', '.join(ENDINGS)} in it", file=source, mend="name a folder of manifests")
        yield from inside


def _gangs(cluster: Cluster, groups: Sequence[RawObject]) -> dict[int, int]:
    """Note the gang of each pod that is in a PodGroup; return how many of each gang are needed."""
    pods, classes = cluster.pods, cluster.classes
    numbers = {each.metadata.key: number for number, each in enumerate(groups)}
    for row in range(len(pods)):
        meta = classes[pods.cls[row]].pod.metadata
        pods.gang[row] = numbers.get(f"{meta.namespace}/{meta.labels.get(GROUP_LABEL, '')}", -1)
    least = {}
    for number, each in enumerate(groups):
        need = (each.raw.get("spec") or {}).get("minMember", 1)
        if not isinstance(need, int) or need < 0:
            where = f"PodGroup {each.metadata.key} spec.minMember"
            raise InputError(f"{need!r} members", field=where, mend="write a whole number")
        if not (pods.gang[: len(pods)] == number).any():
            mend = f"name it in the label {GROUP_LABEL} of its pods, or leave it out"
            raise InputError(f"PodGroup {each.metadata.key} has no pods", mend=mend)
        least[number] = need
    return least


def _quotas(quota: RawObject) -> Iterator[Quota]:
    """Yield what a ResourceQuota limits; numbers of objects other than pods are nothing to a placement."""
    spec = quota.raw.get("spec") or {}
    named = f"ResourceQuota {quota.metadata.key}"
    if spec.get("scopes") or spec.get("scopeSelector"):
        raise InputError("a quota with scopes", field=f"{named} spec", mend="leave the quota or its scopes out")
    for name, amount in (spec.get("hard") or {}).items():
        resource = name.removeprefix("requests.").removeprefix("count/")
        if name.startswith("limits."):
            told = f"a quota of {name}, where a problem counts requests"
            raise InputError(told, field=f"{named} spec.hard", mend="leave that line out")
        try:
            most = amounts({resource: Quantity.parse(amount)})[resource]
        except (ValueError, TypeError) as error:
            raise InputError(f"{amount!r} is no quantity", field=f"{named} spec.hard.{name}") from error
        yield Quota(quota.metadata.namespace, resource, most)
