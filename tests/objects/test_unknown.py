"""Fields that have no place in a record."""

from collections import Counter

from schedlab.objects import Node, Pod, load_manifests
from schedlab.objects.unknown import unknown_fields


def test_fields_are_found_at_any_depth_and_maps_have_any_keys():
    raw = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {"any": "thing"}, "managedFields": [{"manager": "x"}]},
        "spec": {
            "containers": [{"name": "c", "env": []}, {"name": "d", "env": [], "resources": {"claims": []}}],
            "affinity": {"nodeAffinity": None, "frob": {}},
            "volumes": [{"name": "v", "csi": {"driver": "d"}}, {"name": "w", "configMap": {}}],
            "dnsPolicy": "ClusterFirst",
        },
        "status": None,
    }
    assert sorted(unknown_fields(raw, Pod)) == [
        "metadata.managedFields",
        "spec.affinity.frob",
        "spec.containers.env",
        "spec.containers.env",
        "spec.containers.resources.claims",
        "spec.dnsPolicy",
        "spec.volumes.configMap",
    ]


def test_a_whole_record_has_none():
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "status": {"capacity": {"cpu": "1", "x": 2}}}
    assert list(unknown_fields(node, Node)) == []


def test_load_manifests_counts_them_over_lists_and_documents():
    ignored = Counter()
    text = """
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: p, foo: 1}, spec: {dnsPolicy: x}}
- {apiVersion: v1, kind: Service, metadata: {name: s}, spec: {dnsPolicy: x}}
---
{apiVersion: v1, kind: Pod, metadata: {name: q}, spec: {dnsPolicy: x}}
---
{apiVersion: v1, kind: Node, metadata: {name: q}, spec: {podCIDR: x}}
"""
    assert len(load_manifests(text, ignored=ignored)) == 4
    assert ignored == {"Pod metadata.foo": 1, "Pod spec.dnsPolicy": 2, "Node spec.podCIDR": 1}
