"""The object registry: what is neither node nor pod."""

from __future__ import annotations

import pytest
from tiny import node, pod

from schedlab import Cluster, ClusterView, InputError, load_manifests
from schedlab.cluster.facts import ObjectChanged, ObjectRemoved

OBJECTS = """
{apiVersion: v1, kind: Namespace, metadata: {name: team, labels: {env: prod}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: team}, spec: {selector: {app: web}, type: ClusterIP}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}}
---
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: p}
"""


def test_objects_are_found_by_kind_namespace_and_name():
    cluster = Cluster([node("a")], objects=load_manifests(OBJECTS))
    objects = ClusterView(cluster).objects
    assert objects.get("Service", "team", "web").spec.selector == {"app": "web"}
    assert objects.get("Service", "default", "web").spec.selector == {}
    assert objects.get("Service", "other", "web") is None
    assert objects.get("Namespace", "", "team") is objects.get("Namespace", "any", "team")
    assert [each.metadata.namespace for each in objects.all("Service")] == ["team", "default"]
    assert [each.metadata.namespace for each in objects.all("Service", "team")] == ["team"]
    assert list(objects.all("PersistentVolume")) == []


def test_changes_are_facts_and_are_counted():
    [namespace, service, _, storage] = load_manifests(OBJECTS)
    cluster = Cluster(objects=[namespace])
    objects, log = ClusterView(cluster).objects, cluster.log
    before = objects.version, log.objects
    cluster.update(ObjectChanged(service))
    cluster.update(ObjectChanged(storage))
    cluster.update(ObjectChanged(storage))
    assert (objects.version, log.objects) == (before[0] + 3, before[1] + 3)
    assert (objects.version_of("StorageClass"), objects.version_of("Service", "Namespace")) == (2, 2)
    cluster.update(ObjectRemoved("StorageClass", "", "fast"))
    assert objects.get("StorageClass", "", "fast") is None
    with pytest.raises(InputError, match="there is no StorageClass"):
        cluster.update(ObjectRemoved("StorageClass", "", "fast"))


def test_the_view_cannot_change_the_registry():
    objects = ClusterView(Cluster()).objects
    assert not hasattr(objects, "put")
    assert not hasattr(objects, "remove")


def test_a_wish_for_a_node_makes_a_class_of_its_own_and_being_bound_does_not():
    cluster = Cluster([node("a"), node("b")], [pod("x", on="a"), pod("y", on="b")])
    cluster.add_pods([pod("z"), pod("w", on="a")])
    assert len(cluster.classes) == 2
