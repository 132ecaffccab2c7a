"""thin: some of the tenants or jobs, whole, and as much less of the nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.errors import InputError
from schedlab.streams import generator
from schedlab.workload import options
from schedlab.workload.offered import offered_load
from schedlab.workload.recorded import recorded
from schedlab.workload.subset import fair_sample, some_nodes, some_pods

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.workload.workload import Workload


@recorded
def thin(
    workload: Workload,
    *,
    by: str = "job",
    keep: float | None = None,
    parts: int | None = None,
    part: int = 0,
    seed: int = 0,
    nodes: bool = True,
) -> Workload:
    """Keep whole tenants or whole jobs, never single pods of one; a pod of none counts as one of its own.

    Parameters
    ----------
    by
        "tenant" or "job".
    keep
        Share of the pods to keep, reached to within the largest group; default 0.5, unless ``parts`` is given.
    parts, part
        Cut the workload into so many disjoint parts, about equal in pods, and keep one, counted from 0: replicates that
        share no tenant (job).
    seed
        Of the cut, and of which nodes stay.
    nodes
        Keep as large a share of the nodes as of the load offered in the resource that is most asked for, with the mix
        of node types as it was, so that the offered load stays; False: keep all.
    """
    by = options.choice("by", by, ("tenant", "job"))
    seed = options.count("seed", seed, least=-(2**63))
    weights, part = _cut(keep, parts, options.count("part", part, least=0))
    groups = _groups(workload, by)
    sizes = np.bincount(groups)
    if parts is not None and len(sizes) < len(weights):
        raise InputError(f"{len(sizes)} {by}s do not make {len(weights)} parts", mend="give a smaller number of parts")
    kept = _deal(sizes, weights, generator(seed, "thin", by))[groups] == part
    if not kept.any():
        raise InputError(f"no {by} is as small as a share of {weights[part]:g} of the pods", mend="keep more")
    some = some_pods(workload, kept)
    if not options.flag("nodes", nodes):
        return some
    return some_nodes(some, fair_sample(workload.nodes, _share(some, workload), seed))


def _cut(keep: float | None, parts: int | None, part: int) -> tuple[list[float], int]:
    """Return the share of the pods that each part shall have, and the part to keep."""
    if parts is None:
        if part:
            raise InputError(f"option part is {part}, but there are no parts", mend="give parts too")
        share = options.number("keep", 0.5 if keep is None else keep, high=1.0)
        return [share, 1.0 - share], 0
    if keep is not None:
        raise InputError("options keep and parts exclude each other", mend="give one of them")
    count = options.count("parts", parts)
    if part >= count:
        raise InputError(f"option part is {part}", mend=f"give a whole number between 0 and {count - 1}")
    return [1 / count] * count, part


def _groups(workload: Workload, by: str) -> NDArray[np.int64]:
    """Return which group each pod is of, (P,), numbered without gaps."""
    column = workload.pods.tenant if by == "tenant" else workload.pods.job
    if column is None:
        mend = f"choose a trace that has: pods.csv may have a column {by}, generated workloads have tenants and jobs"
        raise InputError(f"the pods of {workload.name} have no {by}s", mend=mend)
    alone = column < 0
    groups = np.where(alone, len(workload.pods) + np.cumsum(alone), column)
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _deal(sizes: NDArray[np.int64], weights: list[float], random: np.random.Generator) -> NDArray[np.int64]:
    """Deal groups of these sizes (G,) to parts: in random order, each to the part that it leaves least full."""
    parts = [part for part, weight in enumerate(weights) if weight > 0]
    equal = len(set(weights)) == 1
    filled = dict.fromkeys(random.permutation(parts).tolist() if equal else parts, 0)
    dealt = np.empty(len(sizes), np.int64)
    for group in random.permutation(len(sizes)).tolist():
        size = int(sizes[group])
        dealt[group] = least = min(filled, key=lambda part: (filled[part] + size) / weights[part])
        filled[least] += size
    return dealt


def _share(some: Workload, whole: Workload) -> float:
    """Return which share of the load offered in the resource most asked for some of the pods make."""
    span = whole.horizon or int(whole.pods.submit[-1])
    part, all_ = (offered_load(each.pods, each.templates, each.nodes, span) for each in (some, whole))
    most = max(all_, key=lambda name: all_[name])
    return part[most] / all_[most] if all_[most] else 1.0
