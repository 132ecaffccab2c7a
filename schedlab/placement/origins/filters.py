"""Filters: on which nodes a profile lets a pod, other pods apart; what no problem can say is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schedlab.cluster.derived.attached_volumes import claim_class
from schedlab.errors import InputError
from schedlab.plugins.kubernetes.claims import uses
from schedlab.plugins.kubernetes.node_selection import meets_term
from schedlab.scoring.evaluate import Evaluator
from schedlab.scoring.profile import Profile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.plugins.plugin import Plugin

STATIC = ("NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "VolumeBinding", "VolumeZone")
ENCODED = (
    "NodeResourcesFit", "NodePorts", "InterPodAffinity", "PodTopologySpread", "VolumeRestrictions", "NodeVolumeLimits",
)  # fmt: skip


class Filters:
    """The filters of a profile: those that look at a node alone, asked; the others by name.

    Raises
    ------
    InputError
        If a filter looks at more than a node's spec and is none of kube-scheduler's.
    """

    def __init__(self, profile: Profile, view: ClusterView) -> None:
        self.view = view
        self.by_name = {plugin.name: plugin for plugin in profile.filters}
        for plugin in profile.filters:
            if not (_static(plugin) or plugin.name in ENCODED):
                told = f"the filter {plugin.name} may look at what other pods do, which no problem can say"
                raise InputError(told, mend="declare scope='static' if it only reads specs, or leave it out")
        static = tuple(plugin for plugin in profile.filters if _static(plugin))
        self._evaluator = Evaluator(Profile.build("static", static, []), view, mode="full") if static else None
        self._masks: dict[tuple[int, ...], NDArray[np.bool_]] = {}

    def rule(self, name: str) -> Any:
        """Return the rule of a filter; None if the profile has none of this name."""
        plugin = self.by_name.get(name)
        return None if plugin is None else plugin.rule

    def passed(self, row: int) -> NDArray[np.bool_]:
        """Return bool (N,): the nodes, by position, that the filters let a pod onto.

        Raises
        ------
        InputError
            If the pod has volumes whose node is chosen by who comes first.
        """
        view = self.view
        if self._evaluator is None:
            return np.ones(len(view.nodes("static")), np.bool_)
        facets = view.pod(row).facets
        own = {*self.by_name} <= {*STATIC, *ENCODED}  # then these facets say it all
        key = (facets.placement, facets.storage, facets.peers) if own else tuple(facets)
        if key not in self._masks:
            if view.pod(row).spec.volumes:
                self._refuse_volumes(row)
            self._masks[key] = self._evaluator.evaluate(row).feasible
        return self._masks[key]

    def _refuse_volumes(self, row: int) -> None:
        view = self.view
        pod = view.pod(row)
        limited = "NodeVolumeLimits" in self.by_name and any(
            said.allocatable is not None for each in view.objects.all("CSINode") for said in each.spec.drivers
        )
        for use in uses(pod, view):
            if use.claim is None:
                continue
            storage = view.objects.get("StorageClass", "", claim_class(use.claim))
            late = not use.claim.spec.volume_name and getattr(storage, "volume_binding_mode", "") != "Immediate"
            if late or limited:
                why = "is bound once a node is chosen" if late else "counts against a limit of the node's driver"
                told = f"pod {view.pods.name(row)!r}: its claim {use.name!r} {why}, which no problem can say"
                raise InputError(told, mend="leave the pod out, or bind the claim first" if late else "leave it out")


def _static(plugin: Plugin) -> bool:
    return plugin.name in STATIC or plugin.filter_scope == "static"


def affinity_cost(view: ClusterView, row: int) -> NDArray[np.int64]:
    """Return int64 (N,), what a pod on each node costs the objective ``locality``.

    That is 100 times how far what it reads is (0..3), and the weights of its preferred node affinity that is not met.
    """
    nodes, pod = view.nodes("static"), view.pod(row)
    cost = np.zeros(len(nodes), np.int64)
    if pod.dataset >= 0:
        cost += 100 * np.asarray(view.distance(pod.dataset), np.int64)
    affinity = pod.spec.affinity and pod.spec.affinity.node_affinity
    for each in affinity.preferred if affinity else ():
        cost += each.weight * ~meets_term(each.preference, nodes)
    return cost
