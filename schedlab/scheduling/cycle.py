"""One scheduling cycle: filter, score, select; the answer is a Plan of one pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.cluster import Plan
from schedlab.scoring.assign import binding
from schedlab.scoring.evaluation import Evaluation
from schedlab.scoring.explain import summarize

if TYPE_CHECKING:
    from schedlab.scoring.evaluate import Evaluator


def cycle(pod: int, evaluator: Evaluator, seed: int = 0) -> Plan:
    """Decide where a pending pod goes.

    Returns
    -------
    Plan
        With one binding, or with the pod in ``unschedulable`` and why.

    Raises
    ------
    PluginError
        If a plug-in raises or breaks its contract.
    """
    found = evaluator.choose(pod)
    if isinstance(found, Evaluation) and found.total is None:
        return Plan(unschedulable=((pod, summarize(found, evaluator.view, pod)),))
    return Plan(((binding(found, evaluator, pod, seed),),))
