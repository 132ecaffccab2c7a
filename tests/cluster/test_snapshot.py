"""A cluster from what kubectl prints."""

import json

import pytest
from tiny import column, says, where

from schedlab import InputError, load_manifests
from schedlab.cluster.invariants import check
from schedlab.cluster.snapshot import read_snapshot


def node(name, cpu="4"):
    status = {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"}, "nodeInfo": {"kernelVersion": "6.1"}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": status}


def pod(name, on="", phase="Running", namespace="default"):
    containers = [{"name": "c", "resources": {"requests": {"cpu": "500m"}}}]
    spec = {"containers": containers} | ({"nodeName": on} if on else {})
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"phase": phase}}


def listed(*items):
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def test_running_pods_are_bound_and_finished_ones_left_out():
    text = listed(node("a"), node("b"), pod("x", "a"), pod("y", "b", "Succeeded"), pod("z", "b", "Failed"), pod("w"))
    cluster, notes = read_snapshot([text])
    assert where(cluster) == {"x": "a", "w": None}
    assert column(cluster, "cpu") == {"a": 500, "b": 0}
    check(cluster)
    assert notes == ("2 unknown fields ignored: Node status.nodeInfo (2)", "2 finished pods left out")


def test_several_sources_are_one_cluster_and_the_order_does_not_matter(tmp_path):
    (tmp_path / "nodes.yaml").write_text(json.dumps(node("a")) + "\n---\n" + json.dumps(node("b")))
    cluster, _ = read_snapshot([listed(pod("x", "b")), tmp_path / "nodes.yaml"])
    assert where(cluster) == {"x": "b"}


def test_what_is_left_out_is_told_with_counts():
    others = [{"apiVersion": "v1", "kind": kind, "metadata": {"name": "o"}} for kind in ("Event", "Secret", "Secret")]
    text = listed(node("a"), *others, pod("x", "gone"), pod("y", "gone"), pod("z", "lost"), pod("me", "a"))
    (pending,) = load_manifests(json.dumps(pod("me")))
    cluster, notes = read_snapshot([text], pending)
    assert len(cluster.pods) == 0
    assert notes == (
        "1 unknown field ignored: Node status.nodeInfo (1)",
        "3 objects of other kinds ignored: Secret (2), Event (1)",
        "3 pods on nodes that are not there left out: gone (2), lost (1)",
        "pod default/me is in the cluster too, and left out there",
    )


def test_pods_of_one_name_in_two_namespaces_are_two():
    cluster, _ = read_snapshot([listed(node("a"), pod("x", "a"), pod("x", "a", namespace="other"))])
    assert column(cluster, "cpu") == {"a": 1000}


def test_of_many_only_the_most_frequent_are_named():
    kinds = [{"apiVersion": "v1", "kind": kind, "metadata": {"name": "o"}} for kind in "AABBCCDE"]
    assert read_snapshot([listed(node("a"), *kinds)]).notes[1] == (
        "8 objects of other kinds ignored: A (2), B (2), C (2) and 2 more"
    )


def test_what_is_no_cluster_is_refused(tmp_path):
    with says(InputError, "there is no node in the cluster's manifests; kubectl get nodes,pods -A -o yaml prints what "
                          "is wanted"):  # fmt: skip
        read_snapshot([listed(pod("x"))])
    with says(InputError, "pod 'default/x' stands in the cluster's manifests 2 times; keep one of them"):
        read_snapshot([listed(node("a"), pod("x")), listed(pod("x"))])
    with pytest.raises(InputError, match="node 'a' exists already"):
        read_snapshot([listed(node("a"), node("a"))])
    with pytest.raises(InputError, match=r"none\.yaml: cannot be read"):
        read_snapshot([tmp_path / "none.yaml"])
