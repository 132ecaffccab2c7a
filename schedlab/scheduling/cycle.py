"""One scheduling cycle: filter, score, select; the answer is a Plan of one pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.cluster import Binding, Plan
from schedlab.cluster.devices import holding
from schedlab.cluster.node_views import Subset
from schedlab.errors import PluginError
from schedlab.scoring.evaluation import Evaluation
from schedlab.scoring.explain import summarize
from schedlab.scoring.select import select

if TYPE_CHECKING:
    from schedlab.cluster import ClusterView
    from schedlab.cluster.devices import Holding
    from schedlab.plugins.api import Plugin
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
    view, profile = evaluator.view, evaluator.profile
    found = evaluator.choose(pod)
    attempt = int(view.pods.attempt[pod])
    if isinstance(found, Evaluation) and found.total is None:
        return Plan(unschedulable=((pod, summarize(found, view, pod)),))
    position = select(found, view, profile.ties, seed, pod, attempt)
    devices: Holding = ()
    for plugin in profile.plugins():
        if plugin.assign is not None:
            try:
                devices = holding((*devices, *assigned(plugin, view, pod, position)))
            except Exception as error:
                text = f"assign: {type(error).__name__}: {error}"
                raise PluginError(plugin.name, view.pods.name(pod), text, time=view.now) from error
    uid = int(view.nodes("static").uid[position])
    return Plan(((Binding(pod, attempt, uid, view.generation(position), devices),),))


def assigned(plugin: Plugin, view: ClusterView, pod: int, position: int) -> Holding:
    """Return the devices that a plug-in's ``assign`` chooses on a node, which it sees as a nodes view with N = 1.

    Raises
    ------
    ValueError
        If it answers anything but (device, milli) of different devices.
    """
    assert plugin.assign is not None
    node = Subset(view.nodes("cluster"), np.array([position]))
    return holding(plugin.assign(view.pod(pod).shown_to(plugin.name, oracle=plugin.oracle), node))
