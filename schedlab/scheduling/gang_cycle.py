"""The cycle of a gang: its pods are placed one after the other, for real only if enough of them find a node."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from schedlab.cluster import Binding, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.scoring.evaluate import Evaluator

Place = Callable[[int, list[Binding]], Plan]


def gang_cycle(name: str, pods: Sequence[int], need: int, evaluator: Evaluator, place: Place) -> Plan:
    """Decide where the pods of a gang go together.

    Parameters
    ----------
    pods
        Those that wait; in this order they are tried.
    need
        How many of them must start; the others do if they can.
    place
        ``place(pod, bindings)``: the plan of one pod, the ones before it being bound already.

    Returns
    -------
    Plan
        With one group that binds at least ``need`` pods, or with all pods in ``unschedulable`` and why.
    """
    view = evaluator.view
    bound: list[Binding] = []
    failed: dict[int, str] = {}  # class -> why its pods fit nowhere any more
    with view.hypothesis() as suppose:
        for left, pod in enumerate(pods):
            cls = int(view.pods.cls[pod])
            if cls not in failed:
                plan = place(pod, bound)
                if plan.groups:
                    suppose(plan)
                    bound += [each for each in plan.groups[0] if isinstance(each, Binding)]
                elif evaluator.firm or evaluator.by_class:
                    failed[cls] = plan.unschedulable[0][1]
                else:
                    failed[-1 - pod] = plan.unschedulable[0][1]
            if len(bound) + len(pods) - left - 1 < need:
                break
    if len(bound) >= need:
        return Plan((tuple(bound),))
    why = next(reversed(failed.values()))
    text = f"gang {name}: {len(bound)} of {len(pods)} pods fit, {need} must start together; the next: {why}"
    return Plan(unschedulable=tuple((pod, text) for pod in pods))
