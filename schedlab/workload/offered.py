"""Offered load: the demand that pods would make if each started when submitted, over the capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedlab.objects import pod_requests
from schedlab.workload.walltimes import stays
from schedlab.workload.workload import FOREVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from schedlab.objects import Node, Pod
    from schedlab.workload.workload import PodColumns


def totals(nodes: Sequence[Node]) -> dict[str, int]:
    """Return the allocatable total of each resource but pods: cpu in millicores, the rest in units."""
    found: dict[str, int] = {}
    for node in nodes:
        for name, quantity in node.status.allocatable.items():
            amount = quantity.milli_value() if name == "cpu" else quantity.value()
            found[name] = found.get(name, 0) + amount
    found.pop("pods", None)
    return found


def present(pods: PodColumns, templates: Sequence[Pod], horizon: int) -> NDArray[np.float64]:
    """Return how long each pod would be there within [0, horizon], (P,) us, if it started when submitted."""
    stay = stays(pods, templates)
    end = np.where(stay == FOREVER, horizon, np.minimum(pods.submit + stay, horizon))
    return np.maximum(end - pods.submit, 0).astype(np.float64)


def offered_load(pods: PodColumns, templates: Sequence[Pod], nodes: Sequence[Node], horizon: int) -> dict[str, float]:
    """Return the mean offered load over [0, horizon] (us) of each resource of the nodes.

    1.0 is what all nodes together hold, present or not; 0 where the horizon is 0.
    """
    time = np.bincount(pods.template, weights=present(pods, templates, horizon), minlength=len(templates))
    requests = [pod_requests(pod) for pod in templates]
    load = {}
    for name, total in totals(nodes).items():
        amounts = np.array([request.get(name, 0) for request in requests], np.float64)
        load[name] = round(float((amounts * time).sum()) / (total * horizon), 6) if total and horizon else 0.0
    return load
