"""Small clusters by hand: nodes and pods in millicores and bytes, and the actions of a plan by the nodes' names."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from schedlab.cluster import Binding, Cluster, ClusterView, Eviction, Outcome, Plan
from schedlab.objects import (
    Container,
    Node,
    NodeSpec,
    NodeStatus,
    ObjectMeta,
    Pod,
    PodSpec,
    Quantity,
    ResourceRequirements,
    Toleration,
)
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluation, Evaluator, Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

GIB = 2**30
GPU = "nvidia.com/gpu"


def quantities(amounts: Mapping[str, int | None]) -> dict[str, Quantity]:
    """Return amounts as quantities; None is left out."""
    return {
        name: Quantity.parse(f"{amount}m" if name == "cpu" else str(amount))
        for name, amount in amounts.items()
        if amount is not None
    }


def node(
    name: str,
    cpu: int | None = 4000,
    memory: int | None = 8 * GIB,
    pods: int | None = 110,
    *,
    labels: Mapping[str, str] | None = None,
    cordoned: bool = False,
    gpus: int | None = None,
    more: Mapping[str, int] | None = None,
) -> Node:
    """Return a node; ``more`` are further resources."""
    allocatable = quantities({"cpu": cpu, "memory": memory, "pods": pods, GPU: gpus, **(more or {})})
    return Node(
        metadata=ObjectMeta(name=name, labels=dict(labels or {})),
        spec=NodeSpec(unschedulable=cordoned),
        status=NodeStatus(allocatable=allocatable),
    )


def pod(
    name: str = "p",
    cpu: int | None = None,
    memory: int | None = None,
    *,
    on: str = "",
    priority: int | None = None,
    labels: Mapping[str, str] | None = None,
    tolerations: Iterable[Toleration] = (),
    limits: Mapping[str, int] | None = None,
    gpus: int | None = None,
    more: Mapping[str, int | None] | None = None,
) -> Pod:
    """Return a pod of one container, bound if ``on`` names a node; ``more`` are further requests."""
    requests = quantities({"cpu": cpu, "memory": memory, GPU: gpus, **(more or {})})
    resources = ResourceRequirements(requests=requests, limits=quantities(limits or {}))
    spec = PodSpec(
        containers=[Container(name="c", resources=resources)],
        node_name=on,
        priority=priority,
        tolerations=list(tolerations),
    )
    return Pod(metadata=ObjectMeta(name=name, labels=dict(labels or {})), spec=spec)


def binding(cluster: Cluster, row: int, name: str) -> Binding:
    """Return the binding of a pod to a node, both as they are now."""
    position = cluster.nodes.find(name)
    assert position is not None
    uid, generation = int(cluster.nodes.uid[position]), int(cluster.nodes.generation[position])
    return Binding(row, int(cluster.pods.attempt[row]), uid, generation)


def eviction(cluster: Cluster, row: int) -> Eviction:
    """Return the eviction of a pod as it is now."""
    return Eviction(row, int(cluster.pods.attempt[row]), "Evicted")


def bind(cluster: Cluster, row: int, name: str) -> Outcome:
    """Bind a pod to a node."""
    return cluster.apply(Plan(((binding(cluster, row, name),),)))


def evict(cluster: Cluster, row: int) -> Outcome:
    """Evict a pod."""
    return cluster.apply(Plan(((eviction(cluster, row),),)))


def refusals(outcome: Outcome) -> list[str]:
    """Return the reasons of what was refused."""
    return [reason for _, reason in outcome.refused]


def column(cluster: Cluster, resource: str, what: str = "used") -> dict[str, float]:
    """Return a row of the cluster's columns by the nodes' names."""
    row = getattr(cluster.nodes, what)[cluster.nodes.resources[resource]]
    return {node.metadata.name: value for node, value in zip(cluster.nodes.nodes, row.tolist(), strict=True)}


def where(cluster: Cluster) -> dict[str, str | None]:
    """Return the node of every pod by name."""
    pods, nodes = cluster.pods, cluster.nodes.nodes
    return {
        pods.name(row): nodes[pods.node[row]].metadata.name if pods.node[row] >= 0 else None for row in range(len(pods))
    }


def evaluate(rule: Any, cluster: Cluster, pending: Pod, seed: int = 0) -> Evaluation:
    """Evaluate a new pod under a rule or profile."""
    (row,) = cluster.add_pods([pending])
    return Evaluator(Profile.of(rule), ClusterView(cluster, seed)).evaluate(row)


def scores(rule: Any, cluster: Cluster, pending: Pod, seed: int = 0) -> dict[str, float]:
    """Return the total score of every feasible node, by name."""
    evaluation = evaluate(rule, cluster, pending, seed)
    if evaluation.total is None:
        return {}
    named = zip(cluster.nodes.nodes, evaluation.total.tolist(), evaluation.feasible.tolist(), strict=True)
    return {each.metadata.name: total for each, total, feasible in named if feasible}


@contextmanager
def says(kind: type[Exception], text: str) -> Iterator[None]:
    """Expect an error with exactly this text, on one line."""
    with pytest.raises(kind) as caught:
        yield
    assert str(caught.value) == text
    assert "\n" not in text


def schedule(cluster: Cluster, rule: Any, *pods: Pod, seed: int = 0) -> list[str | None]:
    """Place pods one after the other; return the nodes they went to, None for those that found none."""
    evaluator = Evaluator(Profile.of(rule), ClusterView(cluster, seed))
    chosen: list[str | None] = []
    for row in cluster.add_pods(pods):
        plan = cycle(row, evaluator, seed)
        assert cluster.apply(plan).refused == ()
        chosen.append(where(cluster)[cluster.pods.name(row)])
    return chosen
