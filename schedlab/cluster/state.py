"""Cluster: the only mutable scheduling state. Decisions enter by `apply`, facts by `update`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from schedlab.cluster import facts
from schedlab.cluster.admission import with_priority
from schedlab.cluster.classes import Classes, PodClass
from schedlab.cluster.columns import NodeColumns
from schedlab.cluster.derived.attached_volumes import AttachedVolumes
from schedlab.cluster.derived.distance import Distances
from schedlab.cluster.derived.holdings import Holdings
from schedlab.cluster.derived.kept import Kept
from schedlab.cluster.derived.peers import Peers
from schedlab.cluster.derived.shares import Shares
from schedlab.cluster.derived.usage_average import UsageAverage
from schedlab.cluster.devices import NONE_HELD, Devices, Share, asked, marks_of, problem_with, tightest
from schedlab.cluster.log import SPEC, STARTED, USAGE, USED, ChangeLog
from schedlab.cluster.nominees import Nominees
from schedlab.cluster.plan import PREEMPTED, Action, Binding, Outcome, Plan
from schedlab.cluster.pods import FAILED, NOT_STARTED, NOWHERE, PENDING, RUNNING, SUCCEEDED, PodTable
from schedlab.cluster.registry import Objects
from schedlab.cluster.supposed import Before, Supposed
from schedlab.errors import InputError, SchedlabError
from schedlab.notebook import shown
from schedlab.objects.status import preempted, started

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster.devices import Holding
    from schedlab.objects import AnyObject, Node, Pod
    from schedlab.objects.dataset import DataSet


class Cluster:
    """Nodes and pods as columns.

    Parameters
    ----------
    nodes, pods
        Kubernetes objects. A pod with ``spec.nodeName`` is bound there, even beyond the node's capacity, as
        kube-scheduler takes what it finds; finished pods are left out.
    datasets
        What pods read, by position.
    objects
        What a scheduler reads besides nodes and pods: namespaces, services, claims and so on.
    strict
        Whether `apply` also refuses bindings that exceed allocatable. Off, as in Kubernetes, where that is the
        filters' business.
    """

    def __init__(
        self,
        nodes: Iterable[Node] = (),
        pods: Iterable[Pod] = (),
        datasets: Sequence[DataSet] = (),
        objects: Iterable[AnyObject] = (),
        *,
        strict: bool = False,
    ) -> None:
        self.now = 0
        self.strict = strict
        self.nodes = NodeColumns()
        self.pods = PodTable()
        self.classes = Classes()
        self.datasets = tuple(datasets)
        self.objects = Objects(objects)
        self.log = ChangeLog()
        self.last_bound = -1  # rank of the node bound to last
        self._on: list[dict[int, None]] = []  # pods of each node, in binding order
        self.devices = Devices()
        self.peers = Peers(self)
        self.nominees = Nominees()
        self.holdings = Holdings()
        self.volumes = AttachedVolumes()
        self.averages: dict[int, UsageAverage] = {}  # by half-life; those that were asked for
        self._distances = Distances()
        self._supposed: Supposed | None = None  # what the hypothesis under way has done
        self.derived = Kept()  # columns computed from the nodes' columns
        self.shares: Shares | None = None  # of tenants, from when they were first asked for
        self.add_nodes(nodes)
        live = [pod for pod in pods if pod.status.phase not in ("Succeeded", "Failed")]
        # where a pod is bound is no wish: in a class it would tell pods of different nodes apart
        free = [replace(pod, spec=replace(pod.spec, node_name="")) if pod.spec.node_name else pod for pod in live]
        for row, pod in zip(self.add_pods(free), live, strict=True):
            if pod.spec.node_name:
                position = self.nodes.find(pod.spec.node_name)
                if position is None:
                    raise InputError(
                        f"pod {pod.metadata.name!r} is bound to node {pod.spec.node_name!r}, which does not exist",
                        mend="add the node or clear spec.nodeName",
                    )
                self.pods.terminating[row] = pod.metadata.deletion_timestamp is not None
                self._place(row, position, self.tightest_devices(row, position))
                self.pods.phase[row], self.pods.start[row] = RUNNING, started(pod)
                self.pods.preempted[row] = self.pods.terminating[row] and preempted(pod)
            elif pod.status.nominated_node_name in self.nodes.by_name:
                self.update(facts.PodNominated(row, pod.status.nominated_node_name))

    def add_nodes(self, nodes: Iterable[Node]) -> None:
        """Add many nodes at once, empty."""
        nodes = list(nodes)
        self.nodes.add(nodes)
        self._on.extend({} for _ in nodes)
        self.holdings.resize(len(self.nodes))
        self.log.restructure()

    def add_pods(self, pods: Sequence[Pod]) -> range:
        """Add pods as pending and return their rows; a row is the pod's identity from here on."""
        known, names = self.pods.tenants, [pod.metadata.name for pod in pods]
        tenant = [known.setdefault(pod.metadata.namespace, len(known)) for pod in pods]
        seconds = [pod.spec.active_deadline_seconds for pod in pods]
        walltime = [-1 if each is None else each * 1_000_000 for each in seconds]
        return self.pods.add([self.classify(pod).index for pod in pods], names=names, tenant=tenant, walltime=walltime)

    def classify(self, pod: Pod) -> PodClass:
        """Return the pod's class, with the priority of its PriorityClass, making room for every resource it names."""
        cls = self.classes.intern(with_priority(pod, self.objects))
        if self.nodes.ensure((*cls.requests, *cls.limits)):
            self.log.restructure()
        return cls

    def pods_on(self, position: int) -> NDArray[np.int64]:
        """Return the rows of the pods bound to the node at ``position``, in binding order."""
        return np.fromiter(self._on[position], np.int64, len(self._on[position]))

    def tightest_devices(self, pod: int, position: int) -> Holding:
        """Return the devices of a node that a pod gets where no plug-in chooses; none if it asks for none or too much.

        See `schedlab.cluster.devices.tightest`.
        """
        nodes = self.nodes
        if not nodes.pools or not nodes.pool[0, position]:
            return NONE_HELD
        share = asked(self.classes[self.pods.cls[pod]].requests, nodes.pools)
        room = nodes.pool[:, position] - nodes.devices[:, position]
        return tightest(room.tolist(), share) if share.devices else NONE_HELD

    def distance(self, dataset: int) -> NDArray[np.int64]:
        """Return int64 (N,), how far each node is from a data set, 0..3."""
        return self._distances.of(self.datasets[dataset], self.nodes, self.log.epoch)

    def usage_average(self, half_life: int) -> NDArray[np.float64]:
        """Return float64 (2, N), what nodes used lately, cpu and memory, from the first time on that this is asked."""
        if half_life <= 0:
            raise InputError(f"a half-life of {half_life} microseconds", mend="give a positive one")
        if half_life not in self.averages:
            self.averages[half_life] = UsageAverage(half_life)
        return self.averages[half_life].of(self.nodes, self.now)

    def dominant_share(self, tenant: int) -> float:
        """Return a tenant's largest share of a resource (`Shares`), kept from the first time on that this is asked."""
        if self.shares is None:
            self.shares = Shares(self)
        return self.shares.dominant(tenant)

    # decisions

    def apply(self, plan: Plan) -> Outcome:
        """Do what the plan says, group by group; a group that no longer holds is refused whole.

        Refusals: the pod's attempt is stale or in the wrong state; the node is gone or cordoned, or its spec
        changed since it was read; in strict mode, the node is full.
        """
        applied: list[Action] = []
        refused = []
        for group in plan.groups:
            reason = self._refusal(group)
            if reason is not None:
                refused.append((group, reason))
                continue
            for action in group:
                if isinstance(action, Binding):
                    self._place(action.pod, self.nodes.position[action.node], action.devices)
                    if self._supposed is not None:
                        self._suppose_bound(action.pod, self._supposed)
                elif action.grace and self._supposed is None:
                    self._terminate(action.pod, preempted=action.reason == PREEMPTED)
                else:
                    if self._supposed is not None:
                        self._suppose_evicted(action.pod, self._supposed)
                    self._displace(action.pod)
                    self._renew(action.pod)
            applied.extend(group)
        for pod, uid in plan.nominations:
            position = None if uid is None else self.nodes.position.get(uid)
            if self.pods.node[pod] == NOWHERE and self.pods.phase[pod] < SUCCEEDED:
                self._nominate(pod, position)
        return Outcome(tuple(applied), tuple(refused))

    def _refusal(self, group: tuple[Action, ...]) -> str | None:
        pods, nodes = self.pods, self.nodes
        if len(group) > 1 and len({action.pod for action in group}) < len(group):
            return "a pod stands twice in one group"
        for action in group:
            pod, position = action.pod, int(pods.node[action.pod])
            binding = isinstance(action, Binding)
            if action.attempt != pods.attempt[pod] or (position == NOWHERE) is not binding:
                return f"pod {pods.name(pod)} is no longer in the state the plan was made for"
            if pods.phase[pod] >= SUCCEEDED:
                return f"pod {pods.name(pod)} is over"
            if isinstance(action, Binding):
                at = nodes.position.get(action.node)
                if at is None:
                    return "the node is gone"
                if action.generation != nodes.generation[at]:
                    what = "is cordoned" if nodes.unschedulable[at] else "changed since the plan was made"
                    return f"node {nodes.nodes[at].metadata.name} {what}"
                if action.devices and (problem := problem_with(action.devices)):
                    return problem
        if not self.strict or (self._supposed is not None and self._supposed.undoes_itself(group, self)):
            return None
        return self._overfull(group)

    def _overfull(self, group: tuple[Action, ...]) -> str | None:
        pods, nodes = self.pods, self.nodes
        room: dict[int, NDArray[np.float64]] = {}
        on: dict[int, int] = {}
        for action in group:
            binding = isinstance(action, Binding)
            position = nodes.position[action.node] if isinstance(action, Binding) else int(pods.node[action.pod])
            on[action.pod] = position
            requests = self.classes[pods.cls[action.pod]].vectors(nodes.resources).requests[:, 0]
            free = room.setdefault(position, nodes.allocatable[:, position] - nodes.used[:, position])
            free += -requests if binding else requests
            if binding and (free[requests > 0] < 0).any():
                return f"node {nodes.nodes[position].metadata.name} is full"
        return self.devices.overfull(group, on, nodes)

    @contextmanager
    def hypothesis(self) -> Iterator[None]:
        """Undo, at the end, the bindings and evictions that were applied meanwhile; facts are refused.

        The columns, the order of a node's pods and the nominations are then as before, to the very bits; the change log
        tells of what was done and undone. Spreading, which does not count pods that are terminating, has such a pod
        taken from its counts when it is evicted and put there when it is bound again, as in kube-scheduler's dry run
        of a preemption.
        """
        outer = self._supposed
        supposed = self._supposed = Supposed(self)
        try:
            yield
        finally:
            for each in reversed(supposed.done):
                if isinstance(each, Before):
                    self._bring_back(each)
                else:
                    self._displace(each)
            for uid in self.nominees.restore(supposed.nominees):
                self.log.touch(USED, self.nodes.position[uid])
            self._supposed, self.last_bound = outer, supposed.last_bound

    def _suppose_bound(self, pod: int, supposed: Supposed) -> None:
        """Note a binding; a pod that is back on its node uses what it used there."""
        supposed.done.append(pod)
        used = supposed.uses(pod, int(self.pods.node[pod]))
        if any(used):
            self._measure(pod, *used)

    def _suppose_evicted(self, pod: int, supposed: Supposed) -> None:
        supposed.evicts(pod, self)
        if self.pods.terminating[pod]:
            self.peers.begin()
            self.pods.terminating[pod] = False  # as which it leaves, and comes back

    def _bring_back(self, before: Before) -> None:
        pod, position = before.pod, before.position
        self._place(pod, position, before.devices)
        self._on[position] = dict.fromkeys(before.order)
        for name, value in before.state.items():
            getattr(self.pods, name)[pod] = value
        self.nodes.usage[:, position] = before.usage
        uid = int(self.nodes.uid[position])
        for half_life, average in self.averages.items():
            average.restore(uid, before.averages.get(half_life))

    # facts

    def update(self, fact: facts.Fact) -> tuple[int, ...]:
        """Take note of a fact; return the pods that it took off a node."""
        if self._supposed is not None:
            raise SchedlabError("a fact cannot be undone; tell it outside the hypothesis")
        match fact:
            case facts.UsageSampled(pod, cpu, memory):
                if self.pods.node[pod] != NOWHERE:
                    self._measure(pod, cpu, memory)
            case facts.PodQueued(pod):
                self.pods.queued[pod] = self.now
            case facts.PodStarted(pod):
                self.pods.phase[pod] = RUNNING
                if self.pods.node[pod] != NOWHERE and self.pods.start[pod] == NOT_STARTED:
                    self.pods.start[pod] = self.now
                    self.log.touch(STARTED, int(self.pods.node[pod]))
            case facts.PodTerminating(pod, by_scheduler):
                if self.pods.node[pod] != NOWHERE:
                    self._terminate(pod, preempted=by_scheduler)
            case facts.PodKilled(pod, _):
                self._displace(pod)
                self._renew(pod)
                return (pod,)
            case facts.PodNominated(pod, name):
                self._nominate(pod, None if name is None else self._known(name))
            case facts.PodEnded(pod, succeeded):
                self._nominate(pod, None)
                bound = self.pods.node[pod] != NOWHERE
                if bound:
                    self._displace(pod)
                self.pods.phase[pod] = SUCCEEDED if succeeded else FAILED
                return (pod,) if bound else ()
            case facts.NodeAdded(node):
                self.add_nodes([node])
            case facts.NodeRemoved(name):
                return self._remove(self._known(name))
            case facts.NodeCordoned(name, unschedulable):
                position = self._known(name)
                self.nodes.unschedulable[position] = unschedulable
                self.nodes.generation[position] += 1
                self.log.touch(SPEC, position)
            case facts.NodeUpdated(node):
                self.nodes.replace(self._known(node.metadata.name), node)
                self.log.restructure()  # labels and capacities are read whole
            case facts.ObjectChanged(each):
                self.objects.put(each)
                self.log.objects += 1
            case facts.ObjectRemoved(kind, namespace, name):
                if not self.objects.remove(kind, namespace, name):
                    raise InputError(f"there is no {kind} {namespace}/{name}", mend="name an object that was added")
                self.log.objects += 1
        return ()

    def _nominate(self, pod: int, position: int | None) -> None:
        """Note for which node a pod is nominated; what another pod may find there changes."""
        nominees, nodes = self.nominees, self.nodes
        if len(nominees) and (uid := nominees.drop(pod)) in nodes.position:
            self.log.touch(USED, nodes.position[uid])
        if position is not None:
            nominees.put(pod, int(nodes.uid[position]))
            self.log.touch(USED, position)

    def _known(self, name: str) -> int:
        position = self.nodes.find(name)
        if position is None:
            raise InputError(f"there is no node {name!r} now", mend="name a node that was added and not removed")
        return position

    def _remove(self, position: int) -> tuple[int, ...]:
        lost = tuple(self._on[position])
        for pod in lost:
            self._displace(pod)
            self._renew(pod)
        self.nodes.remove(position)
        moved = self._on.pop()
        if position < len(self._on):
            self._on[position] = moved
            self.holdings.move(len(self._on), position)
            self.pods.node[list(moved)] = position
        self.holdings.resize(len(self.nodes))
        self.log.restructure()
        return lost

    # columns

    def _place(self, pod: int, position: int, devices: Holding = NONE_HELD) -> None:
        nodes, cls = self.nodes, self.classes[self.pods.cls[pod]]
        nodes.sums[:, position] += cls.vectors(nodes.resources).sums
        if cls.marks:
            self.holdings.change(position, cls.marks, 1)
        if cls.terms:
            self.peers.carry(1)
        if devices:
            self.holdings.change(position, marks_of(_share(devices)), 1)
            if self.devices.take(pod, position, devices, nodes):
                self.log.restructure()
        self.pods.node[pod] = position
        self._on[position][pod] = None
        self.peers.comes(pod)
        if self.shares is not None:
            self.shares.change(pod, 1)
        if len(self.nominees):
            self._nominate(pod, None)
        self.last_bound = int(nodes.rank[position])
        self.log.touch(USED, position)

    def _displace(self, pod: int) -> None:
        position = int(self.pods.node[pod])
        nodes, cls = self.nodes, self.classes[self.pods.cls[pod]]
        if self.pods.usage_memory[pod] or self.pods.usage_cpu[pod]:
            self._measure(pod, 0.0, 0.0)
        nodes.sums[:, position] -= cls.vectors(nodes.resources).sums
        if cls.marks:
            self.holdings.change(position, cls.marks, -1)
        if cls.terms:
            self.peers.carry(-1)
        if held := self.devices.give_back(pod, position, nodes):
            self.holdings.change(position, marks_of(_share(held)), -1)
        self.peers.leaves(pod)
        if self.shares is not None:
            self.shares.change(pod, -1)
        self.pods.node[pod], self.pods.terminating[pod], self.pods.preempted[pod] = NOWHERE, False, False
        self.pods.start[pod] = NOT_STARTED
        del self._on[position][pod]
        self.log.touch(USED, position)

    def _terminate(self, pod: int, *, preempted: bool) -> None:
        """Note that a bound pod is to end."""
        self.pods.preempted[pod] |= preempted
        if not self.pods.terminating[pod]:
            self.peers.leaves(pod)
            self.pods.terminating[pod] = True
            self.peers.comes(pod)
            self.log.touch(USED, int(self.pods.node[pod]))

    def _renew(self, pod: int) -> None:
        """Begin the pod's next attempt: the implicit Job's replacement, pending again."""
        self.pods.phase[pod] = PENDING
        self.pods.attempt[pod] += 1

    def _measure(self, pod: int, cpu: float, memory: float) -> None:
        # Usage is float32 at its source, so memory sums in float64 stay exact; cpu may differ in last bits.
        position = int(self.pods.node[pod])
        usage = self.nodes.usage
        for average in self.averages.values():
            average.changes(self.nodes, position, self.now)
        usage[0, position] += cpu - self.pods.usage_cpu[pod]
        usage[1, position] += memory - self.pods.usage_memory[pod]
        self.pods.usage_cpu[pod], self.pods.usage_memory[pod] = cpu, memory
        self.log.touch(USAGE, position)

    def __repr__(self) -> str:
        placed = int((self.pods.node[: len(self.pods)] >= 0).sum())
        return (
            f"<Cluster of {len(self.nodes)} nodes, {placed} of {len(self.pods)} pods on them, at {self.now / 1e6:g} s>"
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows: how much of each resource there is, requested, limited and used."""
        columns = ("allocatable", "used", "limits", "usage")
        rows = [
            (name, *(f"{float(getattr(self.nodes, column)[row].sum()):,.0f}" for column in columns))
            for row, name in enumerate(self.nodes.resources)
        ]
        return shown(repr(self), ("resource", "allocatable", "requested", "limits", "usage"), rows)


def _share(held: Holding) -> Share:
    return Share(len(held), held[0][1])
