"""VolumeRestrictions, NodeVolumeLimits, VolumeBinding and VolumeZone, in short stories."""

from __future__ import annotations

from typing import Any

import pytest
from tiny import bind, evict, schedule

from schedlab import Cluster, explain
from schedlab.cluster.facts import ObjectChanged
from schedlab.objects import decode_object

ZONE = "topology.kubernetes.io/zone"
DONE = {"pv.kubernetes.io/bind-completed": "yes"}


def node(name: str, zone: str | None = None) -> Any:
    labels = {"kubernetes.io/hostname": name} | ({ZONE: zone} if zone else {})
    status = {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}}
    return decode_object({"metadata": {"name": name, "labels": labels}, "status": status}, "Node")


def pod(name: str, *claims: str, **volume: Any) -> Any:
    volumes = [{"name": claim, "persistentVolumeClaim": {"claimName": claim}} for claim in claims]
    volumes += [{"name": "disk", **volume}] if volume else []
    return decode_object({"metadata": {"name": name}, "spec": {"volumes": volumes}}, "Pod")


def claim(name: str, volume: str = "", storage: str = "", mode: str = "ReadWriteOnce", size: str = "1Gi") -> Any:
    spec = {"accessModes": [mode], "resources": {"requests": {"storage": size}}, "volumeName": volume}
    meta = {"name": name, "annotations": DONE if volume else {}}
    return decode_object(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": meta,
            "spec": spec | {"storageClassName": storage},
        }
    )


def volume(name: str, storage: str = "", on: str = "", zone: str = "", size: str = "1Gi", driver: str = "") -> Any:
    spec: dict[str, Any] = {
        "capacity": {"storage": size},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage,
    }
    if on:
        expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": [on]}
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}
    if driver:
        spec["csi"] = {"driver": driver, "volumeHandle": name}
    meta = {"name": name, "labels": {ZONE: zone} if zone else {}}
    return decode_object(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": meta,
            "spec": spec,
            "status": {"phase": "Available"},
        }
    )


def storage(name: str, provisioner: str = "kubernetes.io/no-provisioner", **more: Any) -> Any:
    head = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
    return decode_object(head | {"provisioner": provisioner, "volumeBindingMode": "WaitForFirstConsumer"} | more)


def reasons(cluster: Cluster, pending: Any) -> dict[str, list[str]]:
    return {name: status.get("reasons", []) for name, status in explain(cluster, pending)["filter"].items()}


def test_a_disk_is_shared_by_readers_only() -> None:
    writes, reads = ({"gcePersistentDisk": {"pdName": "d", "readOnly": only}} for only in (False, True))
    cluster = Cluster([node("a"), node("b")])
    pods = [pod("r1", **reads), pod("w1", **writes), pod("r2", **reads), pod("w2", **writes)]
    assert schedule(cluster, "kubernetes", *pods) == ["a", "b", "a", None]
    assert reasons(cluster, pod("w", **writes))["a"] == ["node(s) had no available disk"]


def test_a_claim_for_one_pod_is_free_again_when_that_pod_leaves() -> None:
    cluster = Cluster([node("a"), node("b")], objects=[claim("c", "v", mode="ReadWriteOncePod"), volume("v")])
    (row,) = cluster.add_pods([pod("x", "c")])
    bind(cluster, row, "a")
    assert "ReadWriteOncePod" in reasons(cluster, pod("y", "c"))["b"][0]
    evict(cluster, row)
    assert reasons(cluster, pod("y", "c")) == {"a": [], "b": []}


def test_a_missing_claim_rejects_the_pod() -> None:
    answer = explain(Cluster([node("a")]), pod("x", "none"))
    assert answer["preFilter"] == {
        "ok": False, "plugin": "VolumeRestrictions", "code": "UnschedulableAndUnresolvable",
        "reasons": ['persistentvolumeclaim "none" not found'],
    }  # fmt: skip


def test_a_node_takes_so_many_volumes_of_a_driver_and_one_counts_once() -> None:
    drivers = [{"name": "d", "nodeID": "a", "allocatable": {"count": 2}}]
    limits = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSINode",
        "metadata": {"name": "a"},
        "spec": {"drivers": drivers},
    }
    objects = [decode_object(limits)]
    for number in range(3):
        objects += [claim(f"c{number}", f"v{number}"), volume(f"v{number}", driver="d")]
    cluster = Cluster([node("a")], objects=objects)
    pods = [pod("x", "c0"), pod("y", "c0", "c1"), pod("z", "c2"), pod("w", "c1")]
    assert schedule(cluster, "kubernetes", *pods) == ["a", "a", None, "a"]
    assert reasons(cluster, pod("z2", "c2")) == {"a": ["node(s) exceed max volume count"]}


def test_bound_volumes_are_where_they_are() -> None:
    objects = [claim("c", "v"), volume("v", on="b"), claim("d", "w"), volume("w", zone="z1__z2"), claim("e", "gone")]
    cluster = Cluster([node("a", "z1"), node("b", "z3"), node("c")], objects=objects)
    assert reasons(cluster, pod("x", "c"))["a"] == ["node(s) didn't match PersistentVolume's node affinity"]
    assert reasons(cluster, pod("x", "c"))["b"] == []
    assert reasons(cluster, pod("y", "d")) == {"a": [], "b": ["node(s) had no available volume zone"], "c": []}
    assert reasons(cluster, pod("z", "e"))["a"] == ['persistentvolume "gone" not found']


def test_unbound_claims_wait_for_their_volumes_or_find_them_near_the_node() -> None:
    objects = [storage("late"), claim("c", storage="late", size="2Gi"), claim("now")]
    cluster = Cluster([node("a"), node("b")], objects=objects)
    assert reasons(cluster, pod("x", "now"))["a"] == ["pod has unbound immediate PersistentVolumeClaims"]
    nothing = ["node(s) didn't find available persistent volumes to bind"]
    assert reasons(cluster, pod("y", "c")) == {"a": nothing, "b": nothing}
    cluster.update(ObjectChanged(volume("small", "late", on="a", size="1Gi")))
    cluster.update(ObjectChanged(volume("large", "late", on="b", size="3Gi")))
    assert reasons(cluster, pod("y", "c")) == {"a": nothing, "b": []}


def test_two_claims_of_a_pod_do_not_get_one_volume() -> None:
    objects = [storage("late"), claim("c", storage="late"), claim("d", storage="late"), volume("v", "late")]
    cluster = Cluster([node("a")], objects=objects)
    assert reasons(cluster, pod("x", "c"))["a"] == []
    assert reasons(cluster, pod("y", "c", "d"))["a"] == ["node(s) didn't find available persistent volumes to bind"]
    cluster.update(ObjectChanged(volume("w", "late")))
    assert reasons(cluster, pod("y", "c", "d"))["a"] == []


@pytest.mark.parametrize(("values", "there"), [(["z1"], ["a"]), (["z1", "z2"], ["a", "b"]), ([], [])])
def test_volumes_are_made_where_their_class_allows(values: list[str], there: list[str]) -> None:
    topology = [{"matchLabelExpressions": [{"key": ZONE, "values": values}]}]
    objects = [storage("made", "p", allowedTopologies=topology), claim("c", storage="made")]
    cluster = Cluster([node("a", "z1"), node("b", "z2"), node("c")], objects=objects)
    assert [name for name, why in reasons(cluster, pod("x", "c")).items() if not why] == there


def test_ephemeral_volumes_wait_for_their_claims_and_take_no_others() -> None:
    spec = {"volumeClaimTemplate": {"spec": {}}}
    cluster = Cluster([node("a")], objects=[volume("v")])
    pending = pod("x", ephemeral=spec)
    text = 'waiting for ephemeral volume controller to create the persistentvolumeclaim "x-disk"'
    assert explain(cluster, pending)["preFilter"]["reasons"] == [text]
    cluster.update(ObjectChanged(claim("x-disk", "v")))
    assert "pod is not owner" in explain(cluster, pending)["preFilter"]["reasons"][0]
