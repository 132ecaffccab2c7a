"""Explain: what preemption would do for a pod that fits nowhere, all nodes considered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schedlab.scheduling.preemption.preemption import Preemption

if TYPE_CHECKING:
    from schedlab.scoring.evaluate import Evaluator
    from schedlab.scoring.evaluation import Evaluation


def post_filter(evaluator: Evaluator, pod: int, evaluation: Evaluation) -> dict[str, Any]:
    """Return what DefaultPreemption says of a pod that fits nowhere, nodes and pods by name.

    Returns
    -------
    dict
        ``ok``; ``nominatedNode``, the first by rank of ``best``, the nodes that tie; its ``victims``; ``candidates``:
        per node on which preemption works ``victims``, most important first, and ``numPDBViolations``; ``rejected``:
        per node tried in vain its status. Where ``ok`` is False, ``code``, ``plugin`` and ``reasons``.
    """
    view = evaluator.view
    settings = evaluator.profile.preemption
    assert settings is not None
    found = Preemption(evaluator, settings).find(pod, evaluation, every=True)
    tried = sorted(found.rejected)
    more = {"rejected": {view.node_name(each): found.rejected[each] for each in tried}} if tried else {}
    if not found.candidates:
        reasons = list(found.reasons)
        return {"ok": False, "code": found.code, "plugin": "DefaultPreemption", "reasons": reasons} | more
    candidates: dict[str, dict[str, Any]] = {
        view.node_name(each.position): {
            "victims": [view.pod_key(pod) for pod in each.victims],
            "numPDBViolations": each.violations,
        }
        for each in sorted(found.candidates)
    }
    best = [view.node_name(position) for position in found.best]
    victims = sorted(candidates[best[0]]["victims"])
    told = {"ok": True, "nominatedNode": best[0], "victims": victims, "candidates": candidates, "best": best}
    return told | more
