"""InterPodAffinity in short stories; the recorded cases and the slow rules do the rest."""

from __future__ import annotations

from typing import Any

import schedlab as sl
from schedlab.cluster.facts import ObjectChanged, PodTerminating
from schedlab.objects import decode_object
from schedlab.scoring import Evaluator

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
REQUIRED, PREFERRED = (f"{how}DuringSchedulingIgnoredDuringExecution" for how in ("required", "preferred"))
ONLY = {"multiPoint": {"disabled": [{"name": "*"}], "enabled": [{"name": "InterPodAffinity"}]}}
PROFILE = sl.Profile.from_config({"plugins": ONLY})


def cluster(*pods: Any, **more: Any) -> sl.Cluster:
    nodes = [
        {"metadata": {"name": name, "labels": {HOST: name, ZONE: zone}}}
        for name, zone in zip("abc", "eew", strict=True)
    ]
    return sl.Cluster([decode_object(each, "Node") for each in nodes], pods, **more)


def pod(app: str, on: str = "", part: str = "", when: str = REQUIRED, key: str = HOST, **term: Any) -> Any:
    each: Any = {"topologyKey": key, "labelSelector": {"matchLabels": {"app": "web"}}} | term
    terms = [{"weight": 10, "podAffinityTerm": each}] if when == PREFERRED else [each]
    spec = {"nodeName": on, "containers": [{"name": "c"}], "affinity": {part: {when: terms}} if part else {}}
    return decode_object({"metadata": {"name": app + on, "labels": {"app": app}}, "spec": spec}, "Pod")


def passing(world: sl.Cluster, pending: Any) -> str:
    return "".join(name for name, each in sl.explain(world, pending, PROFILE)["filter"].items() if each["ok"])


def test_pods_keep_apart_whichever_of_them_says_so() -> None:
    assert passing(cluster(pod("web", "a")), pod("web", part="podAntiAffinity")) == "bc"
    assert passing(cluster(pod("db", "a", "podAntiAffinity", key=ZONE)), pod("web")) == "c"


def test_the_first_of_a_series_may_begin_anywhere_and_a_stranger_nowhere() -> None:
    assert passing(cluster(), pod("web", part="podAffinity", key=ZONE)) == "abc"
    assert passing(cluster(pod("web", "c")), pod("web", part="podAffinity", key=ZONE)) == "c"
    assert passing(cluster(), pod("db", part="podAffinity", key=ZONE)) == ""


def test_a_pod_that_ends_still_counts() -> None:
    world = cluster(pod("web", "a"))
    world.update(PodTerminating(0))
    assert passing(world, pod("web", part="podAntiAffinity")) == "bc"


def test_a_preference_counts_from_both_sides() -> None:
    liked = sl.explain(cluster(pod("web", "c", "podAffinity", PREFERRED, ZONE)), pod("web"), PROFILE)["scores"]
    assert liked["InterPodAffinity"]["normalized"] == {"a": 0, "b": 0, "c": 100}
    shunned = sl.explain(cluster(pod("web", "c")), pod("db", "", "podAntiAffinity", PREFERRED, ZONE), PROFILE)
    assert shunned["scores"]["InterPodAffinity"]["raw"] == {"a": 0, "b": 0, "c": -10}


def test_a_required_affinity_of_a_bound_pod_is_a_preference_of_others() -> None:
    world = cluster(pod("web", "c", "podAffinity", key=ZONE))
    assert sl.explain(world, pod("web"), PROFILE)["scores"]["InterPodAffinity"]["raw"] == {"a": 0, "b": 0, "c": 1}
    config = [{"name": "InterPodAffinity", "args": {"hardPodAffinityWeight": 0}}]
    without = sl.Profile.from_config({"plugins": ONLY, "pluginConfig": config})
    assert sl.explain(world, pod("web"), without)["scoreSkipped"] == ["InterPodAffinity"]


def test_namespaces_are_told_by_their_labels_as_they_are_now() -> None:
    world = cluster(pod("web", "a"))
    evaluator = Evaluator(PROFILE, sl.ClusterView(world))
    team = {"matchLabels": {"team": "x"}}
    (row,) = world.add_pods([pod("web", part="podAntiAffinity", namespaceSelector=team)])
    assert evaluator.evaluate(row).feasible.all()
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": {"team": "x"}}}
    world.update(ObjectChanged(decode_object(space)))
    assert evaluator.evaluate(row).feasible.tolist() == [False, True, True]


def test_a_negative_selector_means_every_namespace_unless_the_defect_is_taken_out() -> None:
    negative = {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}
    pending = pod("web", part="podAntiAffinity", namespaceSelector=negative)
    assert passing(cluster(pod("web", "a")), pending) == "bc"
    config = [{"name": "InterPodAffinity", "args": {"lenientNamespaceSelector": False}}]
    strict = sl.Profile.from_config({"plugins": ONLY, "pluginConfig": config})
    answer = sl.explain(cluster(pod("web", "a")), pending, strict)  # no such Namespace object, so no namespace
    assert all(each["ok"] for each in answer["filter"].values())
