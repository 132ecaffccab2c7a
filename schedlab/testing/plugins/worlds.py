"""Worlds: small clusters, drawn by seed, with the nodes and pods that plug-ins forget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from schedlab.cluster import Binding, Cluster, ClusterView, Eviction, Plan
from schedlab.cluster.columns import amounts
from schedlab.cluster.facts import NodeCordoned, NodeRemoved, NodeUpdated, PodStarted, UsageSampled
from schedlab.objects import Node, NodeStatus, ObjectMeta, Pod
from schedlab.objects.dataset import DataSet
from schedlab.objects.node import ZONE
from schedlab.testing.plugins import drawn
from schedlab.testing.plugins.drawn import GPU, KINDS, PART
from schedlab.workload import PodColumns, UsageCurves, Workload
from schedlab.workload.templates import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

SIZES = (13, 11, 33, 61, 2, 1)  # no multiples of 8, and unlike the number of resources


class World:
    """A cluster with bound and pending pods; the same arguments make the same world.

    Parameters
    ----------
    order
        How the nodes are stored: ``inserted`` or ``shuffled``; nothing else differs. Large worlds are ``plain``,
        which is inserted, but with uids from 0.
    """

    def __init__(self, size: int, seed: int, order: str = "inserted") -> None:
        self.size, self.seed = size, seed
        self._rng = np.random.default_rng((size, seed))
        self.kinds = [KINDS[(i + seed) % len(KINDS)] if size > 2 else KINDS[1 - i] for i in range(size)]
        nodes = [drawn.node(self._rng, i, kind) for i, kind in enumerate(self.kinds)]
        places = (("node", "n1"), ("rack", "r0"), ("zone", "z1"), ("node", "elsewhere"))
        datasets = tuple(DataSet(f"d{i}", (i + 1) * 5 * 2**30, (place,)) for i, place in enumerate(places))
        self.cluster = Cluster((), (), datasets)
        self._store(nodes, order)
        self.cluster.now = 3_600_000_000
        bound = [(i, pod) for i, kind in enumerate(self.kinds) for pod in drawn.pods_on(self._rng, kind, nodes[i])]
        waiting = drawn.waiting()
        self.workload = self._workload(nodes, [pod for _, pod in bound], waiting, datasets)
        self._add(bound, waiting)
        self.view = ClusterView(self.cluster, seed)

    def _store(self, nodes: list[Node], order: str) -> None:
        """Put the nodes into the cluster: holes that others leave are filled from the end."""
        if order == "plain":
            self.cluster.add_nodes(nodes)
            return
        spares = [Node(metadata=ObjectMeta(name=f"spare{i}")) for i in range(self.size)]
        self.cluster.add_nodes([*spares, *nodes])
        inserted = range(self.size - 1, -1, -1)
        shuffled = np.random.default_rng(self.seed).permutation(self.size).tolist()
        for i in inserted if order == "inserted" else shuffled:
            self.cluster.update(NodeRemoved(f"spare{i}"))

    def _workload(
        self, nodes: list[Node], bound: list[Pod], waiting: list[tuple[Pod, int]], datasets: tuple[DataSet, ...]
    ) -> Workload:
        rng, pods = self._rng, [*bound, *(pod for pod, _ in waiting)]
        texts = [msgspec.json.encode(pod, enc_hook=str) for pod in pods]
        templates = dict(zip(texts, pods, strict=True))
        numbers = {text: number for number, text in enumerate(templates)}
        count = len(pods)
        columns = PodColumns(
            np.sort(rng.integers(0, self.cluster.now, count)),
            rng.integers(1, 10**10, count),
            np.array([numbers[text] for text in texts], np.int32),
            np.array([-1] * len(bound) + [dataset for _, dataset in waiting], np.int32),
            np.arange(count) < len(bound),
            [f"bound-{i}" for i in range(len(bound))] + [f"waiting-{i}" for i in range(len(waiting))],
            tenant=(np.arange(count) % 3 - 1).astype(np.int32),
            walltime=np.where(np.arange(count) % 2, 600_000_000, -1),
            deadline=np.where(np.arange(count) % 4 > 1, self.cluster.now + 10_000_000 * np.arange(count), -1),
        )
        usage = UsageCurves(
            np.arange(count + 1),
            np.zeros(count, np.int64),
            rng.uniform(0, 900, count).astype(np.float32),
            rng.uniform(0, 2**30, count).astype(np.float32),
        )
        facts = tuple(nodes), tuple(templates.values()), columns, (), datasets, usage
        return Workload("check", *facts, tenants=("x", "y"))

    def _add(self, bound: list[tuple[int, Pod]], waiting: list[tuple[Pod, int]]) -> None:
        cluster, columns = self.cluster, self.workload.pods
        pods = [pod for _, pod in bound] + [pod for pod, _ in waiting]
        classes = [cluster.classify(pod).index for pod in pods]
        told = {name: getattr(columns, name) for name in ("tenant", "walltime", "deadline")}
        rows = cluster.pods.add(classes, columns.submit, columns.dataset, columns.names, columns.duration, **told)
        self.pending = rows[len(bound) :]
        usage = self.workload.usage
        assert usage is not None
        for row, (i, _) in zip(rows, bound, strict=False):
            self.bind(row, f"n{i}")
            cluster.update(UsageSampled(row, float(usage.cpu[row]), float(usage.memory[row])))
        self.bind(self.pending[1], "n0")  # this one comes back as its second attempt
        self.evict(self.pending[1])

    # changes

    def bind(self, row: int, name: str) -> None:
        """Bind a pod to a node, with a device if it asks for part of one, and let it run."""
        cluster = self.cluster
        position = cluster.nodes.find(name)
        assert position is not None
        uid, generation = int(cluster.nodes.uid[position]), int(cluster.nodes.generation[position])
        part = cluster.classes[int(cluster.pods.cls[row])].requests.get(PART, 0)
        devices = ((row % 8, part),) if part else ()
        cluster.apply(Plan(((Binding(row, int(cluster.pods.attempt[row]), uid, generation, devices),),)))
        cluster.update(PodStarted(row))

    def evict(self, row: int) -> None:
        """Take a pod off its node."""
        self.cluster.apply(Plan(((Eviction(row, int(self.cluster.pods.attempt[row]), "Evicted"),),)))

    def disturb(self, positions: Iterable[int], how: str, *, specs: bool) -> None:
        """Let pods come to nodes (``fill``) or leave them (``empty``), and if asked, change the nodes' specs."""
        cluster = self.cluster
        nodes = [cluster.nodes.nodes[position] for position in positions]
        if how == "fill":
            pod = drawn.pod({"cpu": 123_457, "memory": 2**38 + 12_345, GPU: 2}, {"cpu": 9000, "memory": 2**30})
            for node, row in zip(nodes, cluster.add_pods([pod] * len(nodes)), strict=True):
                self.bind(row, node.metadata.name)
                cluster.update(UsageSampled(row, 4321.5, 2.0**33))
        else:
            for position in positions:
                for row in cluster.pods_on(position).tolist():
                    self.evict(row)
        for i, node in enumerate(nodes if specs else ()):
            factor = 3 if how == "fill" else 0
            has = {name: quantity(name, factor * amount) for name, amount in amounts(node.status.allocatable).items()}
            meta = msgspec.structs.replace(node.metadata, labels={ZONE: f"z{9 + i % 2}", "disk": "tape"})
            changed = msgspec.structs.replace(node, metadata=meta, status=NodeStatus(allocatable=has))
            cluster.update(NodeUpdated(changed))
            cluster.update(NodeCordoned(node.metadata.name, not node.spec.unschedulable))

    # what there is

    def fits(self, row: int) -> NDArray[np.bool_]:
        """Return the nodes (N,) that have room for a pod: those that could be feasible, cordoned or not."""
        columns, demand = self.cluster.nodes, self.view.class_view(int(self.cluster.pods.cls[row])).demand
        room: NDArray[np.bool_] = (columns.used + demand <= columns.allocatable).all(axis=0)
        return room

    def name(self, position: int) -> str:
        """Return a node's name and what is odd about it."""
        name = self.view.node_name(position)
        kind = self.kinds[int(name[1:])]
        if kind == "bare":
            has = self.cluster.nodes.nodes[position].status.allocatable
            kind = "without " + " or ".join(resource for resource, amount in has.items() if not amount.value())
        return f"{name} ({kind})"
