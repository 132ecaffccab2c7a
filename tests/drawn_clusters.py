"""Clusters of a seed, with every kind of rule between pods, for problems made of them."""

from __future__ import annotations

import msgspec
import numpy as np
from msgspec.structs import replace
from tiny import GPU, node, pod

from schedlab.cluster import Binding, Cluster, ClusterView, Plan
from schedlab.objects import Affinity, ContainerPort, NodeSpec, Taint, Toleration, TopologySpreadConstraint
from schedlab.scoring import Evaluator, Profile

ZONE = "topology.kubernetes.io/zone"
HOSTNAME = "kubernetes.io/hostname"
MILLI = f"{GPU}-milli"


def drawn_cluster(seed):
    """Return a cluster with bound and pending pods, rules of every kind among them, and the rows of the pending."""
    rng = np.random.default_rng(seed)

    def some(chance):
        return rng.random() < chance

    nodes = []
    for i in range(int(rng.integers(2, 7))):
        labels = (
            {HOSTNAME: f"n{i}"}
            | ({ZONE: f"z{rng.integers(3)}"} if some(0.85) else {})
            | ({"disk": "ssd"} if some(0.5) else {})
        )
        more = {GPU: 2, MILLI: 2000} if some(0.4) else {}
        made = node(f"n{i}", 1000 * int(rng.integers(1, 4)), None, int(rng.integers(3, 9)), labels=labels, more=more)
        if some(0.2):
            made = replace(made, spec=NodeSpec(taints=[Taint(key="own", value="x", effect="NoSchedule")]))
        nodes.append(made)
    shapes = {app: _spec(rng, app) for app in "abcd"}
    pods = [_pod(rng, f"p{i}", str(rng.choice(list("abcd"))), shapes) for i in range(int(rng.integers(3, 14)))]
    cluster = Cluster(nodes)
    rows = cluster.add_pods(pods)
    evaluator = Evaluator(Profile.of("kubernetes"), ClusterView(cluster))
    pending = []
    for row in rows:  # some run already, as kube-scheduler would have placed them
        feasible = np.flatnonzero(evaluator.evaluate(row).feasible)
        if len(feasible) and some(0.4):
            where = nodes[int(rng.choice(feasible))].metadata.name
            view = ClusterView(cluster)
            position = cluster.nodes.find(where)
            action = Binding(row, 0, int(cluster.nodes.uid[position]), 0, view.tightest_devices(row, position))
            assert not cluster.apply(Plan(((action,),))).refused
        else:
            pending.append(row)
    return cluster, pending


def _spec(rng, app):
    """Return what the pods of an app ask of nodes and of each other."""
    other = str(rng.choice(list("abcd")))
    key = str(rng.choice([ZONE, HOSTNAME]))

    def term(whose):
        return [{"topologyKey": key, "labelSelector": {"matchLabels": {"app": whose}}}]

    kinds = {
        0: {},
        1: {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term(app)}},
        2: {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term(other)}},
        3: {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term(app)}},
        4: {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term(other)}},
    }
    affinity = kinds.get(int(rng.integers(0, 8)), {})
    if rng.random() < 0.2:
        ssd = {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}
        preferred = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 7, "preference": ssd}]}
        affinity = affinity | {"nodeAffinity": preferred}
    spread = []
    if rng.random() < 0.3:
        spread = [{"maxSkew": int(rng.integers(1, 3)), "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule",
                   "labelSelector": {"matchLabels": {"app": app}}, "minDomains": int(rng.integers(1, 4))}]  # fmt: skip
    return {
        "affinity": msgspec.convert(affinity, Affinity) if affinity else None,
        "topology_spread_constraints": msgspec.convert(spread, list[TopologySpreadConstraint]),
        "node_selector": {"disk": "ssd"} if rng.random() < 0.2 else {},
        "tolerations": [Toleration(key="own", operator="Exists")] if rng.random() < 0.5 else [],
    }


def _pod(rng, name, app, shapes):
    more = {0: {}, 1: {MILLI: 500, GPU: 1}, 2: {MILLI: 300}, 3: {GPU: 2}}.get(int(rng.integers(0, 8)), {})
    made = pod(name, 100 * int(rng.integers(1, 9)), labels={"app": app}, more=more)
    spec = replace(made.spec, **shapes[app])
    if rng.random() < 0.15:
        ports = [ContainerPort(host_port=80, host_ip=str(rng.choice(["", "10.0.0.1", "10.0.0.2"])))]
        spec = replace(spec, containers=[replace(spec.containers[0], ports=ports)])
    return replace(made, spec=spec)
