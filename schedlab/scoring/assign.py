"""Assign: the binding of a pod for which a node was found, with the devices that it gets there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.cluster import Binding
from schedlab.cluster.devices import NONE_HELD, holding
from schedlab.cluster.node_views import Subset
from schedlab.errors import PluginError
from schedlab.scoring.select import select

if TYPE_CHECKING:
    from schedlab.cluster import ClusterView
    from schedlab.cluster.devices import Holding
    from schedlab.plugins.api import Plugin
    from schedlab.scoring.evaluate import Evaluator
    from schedlab.scoring.evaluation import Choice, Evaluation


def binding(found: Choice | Evaluation, evaluator: Evaluator, pod: int, seed: int) -> Binding:
    """Return the binding to the best node, ties as the profile says.

    Where no plug-in has an ``assign``, a pod that asks for devices gets those with the least room that suffices.

    Raises
    ------
    PluginError
        If an ``assign`` raises or gives impossible devices.
    """
    view = evaluator.view
    attempt = int(view.pods.attempt[pod])
    position = select(found, view, evaluator.profile.ties, seed, pod, attempt)
    nodes, devices = view.nodes("static"), NONE_HELD
    if len(nodes.pool) and not evaluator.assigning:
        devices = view.tightest_devices(pod, position)
    for plugin in evaluator.assigning:
        try:
            devices = holding((*devices, *assigned(plugin, view, pod, position)))
        except Exception as error:
            text = f"assign: {type(error).__name__}: {error}"
            raise PluginError(plugin.name, view.pods.name(pod), text, time=view.now) from error
    uid = int(nodes.uid[position])
    return Binding(pod, attempt, uid, view.generation(position), devices)


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
