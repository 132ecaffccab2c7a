"""One scheduling cycle: filter, score, select; the answer is a Plan of one pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.cluster import Eviction, Plan
from schedlab.cluster.plan import PREEMPTED
from schedlab.scoring.assign import binding
from schedlab.scoring.evaluation import Choice, Evaluation
from schedlab.scoring.explain import summarize

if TYPE_CHECKING:
    from schedlab.scheduling.preemption import Preemption
    from schedlab.scoring.evaluate import Evaluator

GRACE = 30  # seconds that a pod may take to end where its spec does not say (terminationGracePeriodSeconds)
SECOND = 1_000_000


def cycle(
    pod: int,
    evaluator: Evaluator,
    seed: int = 0,
    preemption: Preemption | None = None,
    *,
    told: bool = False,
) -> Plan:
    """Decide where a pending pod goes.

    A pod that is nominated for a node goes there if it can; nothing else is looked at. One that fits nowhere may push
    out others.

    Parameters
    ----------
    told
        Whether it was told before why the pod fits nowhere: then it is not put in words again.

    Returns
    -------
    Plan
        With one binding, or with the pod in ``unschedulable`` and why; and with the evictions that make room for it,
        and its nomination.

    Raises
    ------
    PluginError
        If a plug-in raises or breaks its contract.
    """
    view = evaluator.view
    position = view.nominated(pod)
    if position is not None and evaluator.fits(pod, np.array([position]))[0]:
        total = np.full(len(view.nodes("static")), -np.inf)
        total[position] = 0.0
        return Plan(((binding(Choice(position, total), evaluator, pod, seed),),))
    found = evaluator.choose(pod)
    if not isinstance(found, Evaluation) or found.total is not None:
        return Plan(((binding(found, evaluator, pod, seed),),))
    why = "" if told else summarize(found, view, pod)
    return _preempt(pod, found, why, evaluator, preemption) if preemption else Plan(unschedulable=((pod, why),))


def _preempt(pod: int, found: Evaluation, why: str, evaluator: Evaluator, preemption: Preemption) -> Plan:
    """Return the plan of a pod that fits nowhere: whom to evict, and for which node it is nominated then."""
    view, run = evaluator.view, preemption.find(pod, found)
    told = ((pod, why if run.chosen else f"{why} {' '.join(run.reasons)}"),)
    if run.chosen is None:
        clear = run.tried and view.nominated(pod) is not None
        return Plan(unschedulable=told, nominations=((pod, None),) if clear else ())
    evictions = tuple(_eviction(victim, evaluator) for victim in run.chosen.victims)
    position, priority = run.chosen.position, view.pod_class(pod).priority
    lower = [each for each in view.nominees_of(position) if view.pod_class(each).priority < priority]
    nominations = *((each, None) for each in lower), (pod, int(view.nodes("static").uid[position]))
    return Plan((evictions,), told, nominations)


def _eviction(victim: int, evaluator: Evaluator) -> Eviction:
    view = evaluator.view
    seconds = view.pod_class(victim).pod.spec.termination_grace_period_seconds
    grace = (GRACE if seconds is None else seconds) * SECOND
    return Eviction(victim, int(view.pods.attempt[victim]), PREEMPTED, grace)
