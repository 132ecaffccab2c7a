"""Preemption for a gang: room for enough of its pods at once, or nobody is evicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.cluster import Binding, Eviction, Plan
from schedlab.scheduling.cycle import cycle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.scheduling.preemption import Preemption
    from schedlab.scoring.evaluate import Evaluator


def gang_preemption(
    pods: Sequence[int], need: int, evaluator: Evaluator, preemption: Preemption, seed: int = 0
) -> Plan | None:
    """Decide whom to evict for the pods of a gang that does not fit.

    Its pods are placed one after the other as if victims were gone at once; each that then has a node is nominated for
    it, so that nobody of their priority or below takes it meanwhile. kube-scheduler has no such thing: it would evict
    for one pod after the other, of which too few may start in the end.

    Returns
    -------
    Plan
        None if victims are still on their way out for one of the pods, or there cannot be room for ``need`` of them.
    """
    view = evaluator.view
    waits = [(pod, view.nominated(pod)) for pod in pods]
    if any(position is not None and preemption.under_way(pod, position) for pod, position in waits):
        return None
    evictions: list[Eviction] = []
    nominations: list[tuple[int, int | None]] = []
    placed = 0
    with view.hypothesis() as suppose:
        for left, pod in enumerate(pods):
            plan = cycle(pod, evaluator, seed, preemption, told=True)
            if plan.unschedulable and plan.groups:
                suppose(plan)
                evictions += [each for each in plan.groups[0] if isinstance(each, Eviction)]
                nominations += [(each, uid) for each, uid in plan.nominations if uid is None]
                plan = cycle(pod, evaluator, seed)
            for action in plan.groups[0] if plan.groups else ():
                if isinstance(action, Binding):
                    suppose(Plan(((action,),)))
                    nominations.append((pod, action.node))
                    placed += 1
            if placed + len(pods) - left - 1 < need:
                break
    if placed < need or not evictions:
        return None
    return Plan((tuple(evictions),), nominations=tuple(nominations))
