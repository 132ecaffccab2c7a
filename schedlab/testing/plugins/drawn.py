"""Drawn: the nodes and pods of a world, with the oddities that plug-ins forget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schedlab.objects import Node, NodeSpec, NodeStatus, ObjectMeta, Pod, Taint, Toleration
from schedlab.objects.node import RACK, ZONE
from schedlab.workload.templates import quantity, template

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

GPU, PART, WIDGET = "nvidia.com/gpu", "nvidia.com/gpu-milli", "example.com/widget"
KINDS = ("ordinary", "empty", "full", "overcommitted", "bare", "cordoned", "gpu", "unlabelled")
CORDON = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")


def node(rng: np.random.Generator, i: int, kind: str) -> Node:
    """Return node number i."""
    has = {"cpu": int(rng.integers(3000, 90_000)), "memory": int(rng.integers(2**32, 2**38)), "pods": 20}
    has["ephemeral-storage"] = int(rng.integers(2**30, 2**36))
    if kind == "bare":
        has[("cpu", "memory", "ephemeral-storage")[i // len(KINDS) % 3]] = 0
    if kind == "gpu":
        has |= {GPU: 8, PART: 8000, WIDGET: 3}
    labels = {} if kind == "unlabelled" else {ZONE: f"z{i % 3}", RACK: f"r{i % 5}", "disk": ("ssd", "hdd")[i % 2]}
    return Node(
        metadata=ObjectMeta(name=f"n{i}", labels=labels),
        spec=NodeSpec(unschedulable=kind == "cordoned", taints=[CORDON] if kind == "cordoned" else []),
        status=NodeStatus(allocatable={name: quantity(name, amount) for name, amount in has.items()}),
    )


def pods_on(rng: np.random.Generator, kind: str, node: Node) -> list[Pod]:
    """Return the pods that run on a node from the start."""
    has = node.status.allocatable
    if kind in ("empty", "unlabelled"):
        return []
    if kind in ("full", "overcommitted"):
        share = 1.0 if kind == "full" else 1.4
        return [pod({"cpu": int(has["cpu"].milli_value() * share), "memory": int(has["memory"].value() * share)})]
    few = rng.integers(1, 4)
    asked = zip(rng.integers(1, 700, few).tolist(), rng.integers(1, 2**30, few).tolist(), strict=True)
    more = {GPU: 1, PART: 625, WIDGET: 1} if kind == "gpu" else {}
    return [pod({"cpu": cpu, "memory": memory, **more}, {"cpu": 1500, "memory": 2**31}) for cpu, memory in asked]


def pod(requests: Mapping[str, int], limits: Mapping[str, int] | None = None) -> Pod:
    """Return a pod."""
    return template(requests, limits or {}, {"app": "web"}, 0)


def waiting() -> list[tuple[Pod, int]]:
    """Return pending pods with their data sets."""
    tolerates = template({"cpu": 10, "memory": 7777}, {}, {"app": "db"}, 1000)
    spec = msgspec.structs.replace(tolerates.spec, tolerations=[Toleration(operator="Exists")])
    return [
        (template({}, {}, {}), -1),  # no requests at all
        (pod({"cpu": 250, "memory": 3 * 2**20 + 1}), 0),
        (pod({"cpu": 11_001, "memory": 2**34 + 5}, {"cpu": 20_000, "memory": 2**35}), 1),
        (pod({"memory": 2**29 + 3}), 2),
        (pod({"cpu": 100, GPU: 1, PART: 300}), 3),
        (pod({"cpu": 77, WIDGET: 2, "ephemeral-storage": 2**20}), -1),
        (msgspec.structs.replace(tolerates, spec=spec), -1),
        (pod({"cpu": 10_000_000, "memory": 2**45}), 0),  # fits nowhere
    ]
