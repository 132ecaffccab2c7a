"""A cluster as manifests show it, such as ``kubectl get nodes,pods -A -o yaml`` prints."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, TextIO

from schedlab.cluster.state import Cluster
from schedlab.errors import InputError
from schedlab.objects import Node, Pod, PodDisruptionBudget, PriorityClass, RawObject, load_manifests

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

OVER = ("Succeeded", "Failed")
SHOWN = 3  # of what was ignored, the most frequent
KUBECTL = "kubectl get nodes,pods -A -o yaml prints what is wanted"


class Snapshot(NamedTuple):
    """A cluster, and remarks about what was not taken over from its manifests."""

    cluster: Cluster
    notes: tuple[str, ...]


def read_snapshot(
    sources: Iterable[str | os.PathLike[str] | TextIO],
    pending: Pod | None = None,
    *,
    known: Mapping[str, list[RawObject]] | None = None,
) -> Snapshot:
    """Read the nodes, pods and other objects of some manifest files into a cluster.

    Pods with ``spec.nodeName`` are bound. Kinds that no scheduler reads, unknown fields, finished pods and pods on
    nodes that are not there are left out, and so is ``pending``, the pod that is to be placed. Of kinds that no
    scheduler reads, those in ``known`` are put into its lists.

    Raises
    ------
    InputError
        If a file is broken, there is no node, or an object stands there twice.
    """
    ignored: Counter[str] = Counter()
    objects = [each for source in sources for each in load_manifests(source, ignored=ignored)]
    nodes = [each for each in objects if isinstance(each, Node)]
    pods = [each for each in objects if isinstance(each, Pod)]
    if not nodes:
        raise InputError("there is no node in the cluster's manifests", mend=KUBECTL)
    names = {node.metadata.name for node in nodes}
    _refuse_twice(pods, "pod")
    _refuse_twice([each for each in objects if isinstance(each, PriorityClass)], "PriorityClass")
    live = [pod for pod in pods if pod.status.phase not in OVER]
    stray = [pod for pod in live if pod.spec.node_name and pod.spec.node_name not in names]
    itself = [pod for pod in live if pending is not None and pod.metadata.key == pending.metadata.key]
    left_out = {pod.metadata.key for pod in (*stray, *itself)}
    notes = []
    if ignored:
        notes.append(f"{_count(ignored.total(), 'unknown field')} ignored: {_most(ignored)}")
    known = known or {}
    raw = [each for each in objects if isinstance(each, RawObject)]
    for each in raw:
        if each.kind in known:
            known[each.kind].append(each)
    if kinds := Counter(each.kind for each in raw if each.kind not in known):
        notes.append(f"{_count(kinds.total(), 'object')} of other kinds ignored: {_most(kinds)}")
    if len(live) < len(pods):
        notes.append(f"{_count(len(pods) - len(live), 'finished pod')} left out")
    if stray:
        away = Counter(pod.spec.node_name for pod in stray)
        notes.append(f"{_count(len(stray), 'pod')} on nodes that are not there left out: {_most(away)}")
    notes += [f"pod {pod.metadata.key} is in the cluster too, and left out there" for pod in itself]
    others = [each for each in objects if not isinstance(each, Node | Pod | RawObject)]
    bound = [pod for pod in live if pod.metadata.key not in left_out]
    idle = [each for each in others if isinstance(each, PodDisruptionBudget) and not any(map(each.means, bound))]
    notes += [f"PodDisruptionBudget {each.metadata.key} selects no pod" for each in idle]
    return Snapshot(Cluster(nodes, bound, objects=others), tuple(notes))


def _refuse_twice(objects: Sequence[Pod | PriorityClass], kind: str) -> None:
    names = Counter(each.metadata.key if isinstance(each, Pod) else each.metadata.name for each in objects)
    name, times = next(iter(names.most_common(1)), ("", 0))
    if times > 1:
        raise InputError(f"{kind} {name!r} stands in the cluster's manifests {times} times", mend="keep one of them")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _most(counts: Counter[str]) -> str:
    most = counts.most_common(SHOWN)
    more = len(counts) - len(most)
    return ", ".join(f"{name} ({count:,})" for name, count in most) + (f" and {more} more" if more else "")
