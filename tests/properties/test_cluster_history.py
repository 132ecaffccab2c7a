"""Any history of decisions and facts against a plain model: a dict from pods to nodes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from tiny import GPU, binding, eviction, node, pod

from schedlab import Cluster, ClusterView, Plan
from schedlab.cluster import Binding, Eviction
from schedlab.cluster.facts import NodeAdded, NodeCordoned, NodeRemoved, PodEnded, PodStarted, UsageSampled
from schedlab.cluster.invariants import check

MIB = 2**20
LATE = "example.com/late"  # no node and no pod has it at first

requests = st.fixed_dictionaries(
    {"cpu": st.sampled_from([None, 0, 1, 250, 3000]), "memory": st.sampled_from([None, 0, 7, 300 * MIB])},
    optional={GPU: st.integers(0, 3), LATE: st.integers(1, 2)},
)
limits: st.SearchStrategy[dict[str, int]] = st.one_of(
    st.builds(dict),
    st.fixed_dictionaries({"cpu": st.integers(1, 5000)}, optional={"memory": st.integers(1, 500 * MIB)}),
)


@dataclass
class Pod:
    """What the model knows of a pod."""

    requests: dict[str, int]
    nonzero: tuple[int, int]
    limits: dict[str, int]
    node: str | None = None
    attempt: int = 0
    over: bool = False
    usage: tuple[float, float] = (0.0, 0.0)


@dataclass
class Node:
    """What the model knows of a node; serial tells apart nodes of one name."""

    serial: int
    capacity: dict[str, int]
    generation: int = 0
    cordoned: bool = False
    pods: list[int] = field(default_factory=list)  # in binding order


def modelled(asked: dict[str, int | None], limited: dict[str, int]) -> Pod:
    """Say what one container with these requests and limits counts, by Kubernetes' rules."""
    wanted = limited | {name: amount for name, amount in asked.items() if amount is not None}
    nonzero = (wanted.get("cpu", 100), wanted.get("memory", 200 * MIB))
    return Pod({"pods": 1} | wanted, nonzero, limited)


class History(RuleBasedStateMachine):
    """Whatever happens, the columns are what the model adds up to."""

    def __init__(self) -> None:
        super().__init__()
        names = ("n0", "n1", "n2")
        bound = [pod(f"p{row}", 100, limits={"cpu": 150}, on=names[row // 2]) for row in range(6)]
        self.cluster = Cluster([node(name, gpus=4) for name in names], bound)
        self.nodes = {name: Node(i, {"cpu": 4000, GPU: 4}, pods=[2 * i, 2 * i + 1]) for i, name in enumerate(names)}
        self.ever = 3
        self.pods = [modelled({"cpu": 100}, {"cpu": 150}) for _ in range(6)]
        for row, found in enumerate(self.pods):
            found.node = names[row // 2]
        self.log = self.cluster.log.cursor()
        self.touched: set[int] | None = set()  # uids of the nodes that changed; None: all may have

    def touch(self, name: str) -> None:
        if self.touched is not None:
            self.touched.add(self.nodes[name].serial)

    def leave(self, pod: int, *, again: bool) -> None:
        found = self.pods[pod]
        assert found.node is not None
        self.touch(found.node)
        self.nodes[found.node].pods.remove(pod)
        found.node, found.usage = None, (0.0, 0.0)
        found.attempt += again

    def pick(self, data: st.DataObject, *, bound: bool | None = None, over: bool | None = False) -> int | None:
        rows = [
            row
            for row, found in enumerate(self.pods)
            if (bound is None or (found.node is not None) == bound) and (over is None or found.over == over)
        ]
        return data.draw(st.sampled_from(rows)) if rows else None

    @rule(asked=requests, limited=limits, count=st.integers(1, 3))
    def submit(self, asked: dict[str, int | None], limited: dict[str, int], count: int) -> None:
        known = set(self.cluster.nodes.resources)
        rows = self.cluster.add_pods([pod(f"p{len(self.pods) + i}", limits=limited, more=asked) for i in range(count)])
        assert list(rows) == list(range(len(self.pods), len(self.pods) + count))
        self.pods += [modelled(asked, limited) for _ in range(count)]
        if set(self.cluster.nodes.resources) != known:
            self.touched = None

    @precondition(lambda self: self.nodes)
    @rule(data=st.data())
    def bind(self, data: st.DataObject) -> None:
        pod, name = self.pick(data, bound=False), data.draw(st.sampled_from(sorted(self.nodes)))
        if pod is None:
            return
        plan = Plan(((binding(self.cluster, pod, name),),))
        assert self.cluster.apply(plan).refused == ()
        self.pods[pod].node = name
        self.nodes[name].pods.append(pod)
        self.touch(name)
        assert self.cluster.apply(plan).applied == ()  # it is bound already

    @rule(data=st.data())
    def evict(self, data: st.DataObject) -> None:
        pod = self.pick(data, bound=True)
        if pod is not None:
            plan = Plan(((eviction(self.cluster, pod),),))
            assert self.cluster.apply(plan).refused == ()
            self.leave(pod, again=True)
            assert self.cluster.apply(plan).applied == ()  # an old attempt

    @precondition(lambda self: self.nodes)
    @rule(data=st.data())
    def swap(self, data: st.DataObject) -> None:
        """Evict one and bind another in its place; now and then with a pod that stands twice in the group."""
        out, into = self.pick(data, bound=True), self.pick(data, bound=False)
        if out is None or into is None:
            return
        name = self.pods[out].node
        assert name is not None
        evict, bind = eviction(self.cluster, out), binding(self.cluster, into, name)
        assert self.cluster.apply(Plan(((evict, bind, bind),))).applied == ()
        assert self.cluster.apply(Plan(((evict, bind),))).applied == (evict, bind)
        self.leave(out, again=True)
        self.pods[into].node = name
        self.nodes[name].pods.append(into)

    @rule(data=st.data(), stale=st.sampled_from(["attempt", "generation", "node"]))
    def refuse(self, data: st.DataObject, stale: str) -> None:
        pod = self.pick(data, bound=False)
        if pod is None or not self.nodes:
            return
        good = binding(self.cluster, pod, data.draw(st.sampled_from(sorted(self.nodes))))
        bad = good._replace(**{stale: getattr(good, stale) + (10**6 if stale == "node" else 1)})
        outcome = self.cluster.apply(Plan(((bad,), (Eviction(pod, good.attempt, "Evicted"),))))
        assert outcome.applied == ()
        assert len(outcome.refused) == 2

    @rule(data=st.data(), succeeded=st.booleans())
    def end(self, data: st.DataObject, succeeded: bool) -> None:
        pod = self.pick(data)
        if pod is None:
            return
        bound = self.pods[pod].node is not None
        assert self.cluster.update(PodEnded(pod, succeeded)) == ((pod,) if bound else ())
        if bound:
            self.leave(pod, again=False)
        self.pods[pod].over = True
        assert self.cluster.apply(Plan(((Binding(pod, self.pods[pod].attempt, 0, 0),),))).applied == ()

    @rule(data=st.data(), bound=st.sampled_from([True, None]), cpu=st.integers(0, 10**4), memory=st.integers(0, 2**40))
    def measure(self, data: st.DataObject, bound: bool | None, cpu: int, memory: int) -> None:
        pod = self.pick(data, bound=bound, over=None)
        if pod is None:
            return
        self.cluster.update(UsageSampled(pod, float(cpu), float(memory)))
        found = self.pods[pod]
        if found.node is not None:
            self.cluster.update(PodStarted(pod))
            found.usage = (float(cpu), float(memory))
            self.touch(found.node)

    @rule(data=st.data(), cordoned=st.booleans())
    def cordon(self, data: st.DataObject, cordoned: bool) -> None:
        if self.nodes:
            name = data.draw(st.sampled_from(sorted(self.nodes)))
            self.cluster.update(NodeCordoned(name, cordoned))
            self.nodes[name].cordoned = cordoned
            self.nodes[name].generation += 1
            self.touch(name)

    @rule(cpu=st.integers(0, 2**46), gpus=st.integers(0, 8), late=st.booleans(), cordoned=st.booleans())
    def add_node(self, cpu: int, gpus: int, late: bool, cordoned: bool) -> None:
        name = next(f"n{i}" for i in range(100) if f"n{i}" not in self.nodes)  # names come back
        more = {GPU: gpus, **({LATE: 5} if late else {})}
        self.cluster.update(NodeAdded(node(name, cpu, cordoned=cordoned, more=more)))
        self.nodes[name] = Node(self.ever, {"cpu": cpu, **more}, cordoned=cordoned)
        self.ever += 1
        self.touched = None

    @precondition(lambda self: self.nodes)
    @rule(data=st.data())
    def remove_node(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.nodes)))
        lost = self.nodes[name].pods[:]
        assert self.cluster.update(NodeRemoved(name)) == tuple(lost)
        for each in lost:
            self.leave(each, again=True)
        del self.nodes[name]
        self.touched = None

    @invariant()
    def the_log_tells_what_changed(self) -> None:
        since = self.cluster.log.since(self.log)
        if self.touched is None:
            assert since is None
        else:
            assert since is not None
            assert {int(self.cluster.nodes.uid[position]) for position in since} == self.touched
        self.log, self.touched = self.cluster.log.cursor(), set()

    @invariant()
    def the_invariants_hold(self) -> None:
        check(self.cluster)

    @invariant()
    def the_nodes_are_those_of_the_model(self) -> None:
        columns = self.cluster.nodes
        assert sorted(each.metadata.name for each in columns.nodes) == sorted(self.nodes)
        assert len(columns) == len(self.nodes) == columns.allocatable.shape[1]
        for name, found in self.nodes.items():
            position = columns.find(name)
            assert position is not None
            assert columns.position[found.serial] == position
            assert columns.uid[position] == columns.rank[position] == found.serial
            assert columns.generation[position] == found.generation
            assert columns.unschedulable[position] == found.cordoned
            for resource, amount in found.capacity.items():
                assert columns.allocatable[columns.resources[resource], position] == amount
        assert columns.unschedulable.dtype == np.bool_

    @invariant()
    def the_sums_are_those_of_the_model(self) -> None:
        columns = self.cluster.nodes
        for name, found in self.nodes.items():
            position = columns.find(name)
            assert position is not None
            there = [self.pods[pod] for pod in found.pods]
            assert self.cluster.pods_on(position).tolist() == found.pods
            for resource, row in columns.resources.items():
                assert columns.used[row, position] == sum(each.requests.get(resource, 0) for each in there)
                assert columns.limits[row, position] == sum(each.limits.get(resource, 0) for each in there)
            for row in (0, 1):
                assert columns.used_nonzero[row, position] == sum(each.nonzero[row] for each in there)
                assert columns.usage[row, position] == sum(each.usage[row] for each in there)

    @invariant()
    def every_pod_is_where_the_model_says(self) -> None:
        view = ClusterView(self.cluster)
        assert len(view.pods) == len(self.pods)
        for row, found in enumerate(self.pods):
            position = int(view.pods.node[row])
            assert (view.node_name(position) if position >= 0 else None) == found.node
            assert view.pods.attempt[row] == found.attempt
        assert view.pods.bound().tolist() == [row for row, found in enumerate(self.pods) if found.node]


def test_any_history() -> None:
    run_state_machine_as_test(History, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))
