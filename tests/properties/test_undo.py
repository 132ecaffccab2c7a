"""A hypothesis leaves no trace: whatever it evicted and bound, the cluster is as before, to the very bits."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import GPU, binding, eviction, node

import schedlab as sl
from schedlab.cluster.facts import PodNominated, PodStarted, PodTerminating, UsageSampled
from schedlab.cluster.invariants import check
from schedlab.cluster.pods import COLUMNS
from schedlab.objects import decode_object

MILLI = f"{GPU}-milli"
HOUR = 3_600_000_000
AWAY = {"requiredDuringSchedulingIgnoredDuringExecution": [
    {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "a"}}}
]}  # fmt: skip
kinds = st.fixed_dictionaries(
    {
        "cpu": st.sampled_from([0, 100, 333]),
        "milli": st.sampled_from([0, 0, 300, 700]),
        "app": st.sampled_from(["a", "b"]),
        "port": st.sampled_from([0, 0, 80]),
        "terms": st.booleans(),
        "terminating": st.booleans(),
        "usage": st.one_of(st.none(), st.tuples(st.floats(0.125, 900, width=32), st.integers(1, 2**30))),
    }
)


def manifest(name: str, kind: dict[str, Any]) -> Any:
    requests = {"cpu": f"{kind['cpu']}m"} | ({MILLI: kind["milli"]} if kind["milli"] else {})
    container = {"name": "c", "resources": {"requests": requests}, "ports": [{"hostPort": kind["port"]}]}
    spec = {"containers": [container], "affinity": {"podAntiAffinity": AWAY} if kind["terms"] else None}
    return decode_object({"metadata": {"name": name, "labels": {"app": kind["app"]}}, "spec": spec}, "Pod")


def bits(cluster: sl.Cluster) -> dict[str, Any]:
    """Return all that can be seen of a cluster but its change log."""
    nodes, pods = cluster.nodes, cluster.pods
    found: dict[str, Any] = {
        name: getattr(nodes, name).tobytes()
        for name in ("sums", "used", "limits", "used_nonzero", "usage", "devices", "uid", "rank", "generation")
    }
    found |= {f"pod {name}": getattr(pods, name)[: len(pods)].tobytes() for name in COLUMNS}
    found["order"] = [cluster.pods_on(position).tolist() for position in range(len(nodes))]
    found["held"] = [cluster.devices.of(pod) for pod in range(len(pods))]
    found["nominees"] = list(cluster.nominees.kept().items())
    found["last"] = cluster.last_bound
    found["averages"] = [cluster.averages[HOUR].kept(uid)[0].tobytes() for uid in nodes.uid.tolist()]
    found["since"] = [cluster.averages[HOUR].kept(uid)[1] for uid in nodes.uid.tolist()]
    found["marks"] = [sorted(map(str, cluster.holdings.on(position).items())) for position in range(len(nodes))]
    found["alike"] = {app: cluster.peers.count({"app": app}).tolist() for app in "ab"}
    return found


def domains(cluster: sl.Cluster) -> dict[str, Any]:
    """Return what the rules that count by domain say of a pod that is counted by one and kept away by the other."""
    pending = manifest("new", {"cpu": 0, "milli": 0, "app": "a", "port": 80, "terms": True})
    constraint = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    constraint["labelSelector"] = {"matchLabels": {"app": "a"}}
    again = decode_object({"metadata": {"name": "even", "labels": {"app": "a"}}, "spec": {
        "containers": [], "topologySpreadConstraints": [constraint]}}, "Pod")  # fmt: skip
    return {each.metadata.name: sl.explain(cluster, each)["filter"] for each in (pending, again)}  # type: ignore[arg-type]


@settings(max_examples=100, deadline=None)
@given(
    drawn=st.lists(st.tuples(kinds, st.integers(0, 2)), min_size=1, max_size=8),
    waiting=st.lists(st.tuples(kinds, st.sampled_from([None, "n0", "n1"])), max_size=3),
    strict=st.booleans(),
    asked=st.booleans(),
    data=st.data(),
)
def test_nothing_is_left_of_a_hypothesis(drawn: Any, waiting: Any, strict: bool, asked: bool, data: Any) -> None:
    gpus = {MILLI: 2000}
    nodes = [node(f"n{i}", gpus=2, more=gpus, labels={"zone": f"z{i % 2}"}) for i in range(3)]
    cluster = sl.Cluster(nodes, strict=strict)
    cluster.usage_average(HOUR)
    rows = cluster.add_pods([manifest(f"p{i}", kind) for i, (kind, _) in enumerate((*drawn, *waiting))])
    for row, (kind, at) in zip(rows, drawn, strict=False):
        cluster.now += 1_000_000
        devices = cluster.tightest_devices(row, at)
        if not cluster.apply(sl.Plan(((binding(cluster, row, f"n{at}")._replace(devices=devices),),))).applied:
            continue
        if kind["usage"]:
            cluster.update(PodStarted(row))
            cluster.update(UsageSampled(row, *map(float, kind["usage"])))
        if kind["terminating"]:
            cluster.update(PodTerminating(row, preempted=kind["port"] > 0))
    for row, (_, name) in zip(rows[len(drawn) :], waiting, strict=True):
        cluster.update(PodNominated(row, name))
    before = bits(cluster)
    told = domains(cluster) if asked else None  # else its counts begin in the hypothesis
    cluster.now += 1_000_000
    suppose(cluster, data, len(rows), depth=2)
    cluster.now -= 1_000_000
    assert bits(cluster) == before
    if told is not None:
        assert domains(cluster) == told
    check(cluster)


def suppose(cluster: sl.Cluster, data: Any, pods: int, depth: int) -> None:
    with cluster.hypothesis():
        for _ in range(data.draw(st.integers(0, 10))):
            row = data.draw(st.integers(0, pods - 1))
            if cluster.pods.node[row] >= 0:
                assert not cluster.apply(sl.Plan(((eviction(cluster, row),),))).refused
            else:
                at = data.draw(st.integers(0, 2))
                devices = cluster.tightest_devices(row, at)
                cluster.apply(sl.Plan(((binding(cluster, row, f"n{at}")._replace(devices=devices),),)))
            if data.draw(st.integers(0, 4)) == 0:
                cluster.peers.count({"app": "a"})
            if depth and data.draw(st.integers(0, 4)) == 0:
                inside = bits(cluster)
                suppose(cluster, data, pods, depth - 1)
                assert bits(cluster) == inside
        check(cluster)
