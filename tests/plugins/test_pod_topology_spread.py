"""PodTopologySpread in short stories; the recorded cases and the slow rules do the rest."""

from __future__ import annotations

from typing import Any

import pytest

import schedlab as sl
from schedlab.cluster.facts import ObjectChanged, PodNominated, PodTerminating
from schedlab.objects import decode_object
from schedlab.scoring import Evaluator

ZONE = "topology.kubernetes.io/zone"
ONLY = {"multiPoint": {"disabled": [{"name": "*"}], "enabled": [{"name": "PodTopologySpread"}]}}
PROFILE = sl.Profile.from_config({"plugins": ONLY})


def node(name: str, zone: str | None) -> Any:
    labels = {"kubernetes.io/hostname": name} | ({ZONE: zone} if zone else {})
    return decode_object({"metadata": {"name": name, "labels": labels}}, "Node")


def pod(name: str, on: str = "", action: str = "DoNotSchedule", **more: Any) -> Any:
    each = {"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": action,
            "labelSelector": {"matchLabels": {"app": "web"}}} | more  # fmt: skip
    spec = {"nodeName": on, "topologySpreadConstraints": [each], "containers": [{"name": "c"}]}
    return decode_object({"metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec}, "Pod")


def plain(name: str, on: str = "") -> Any:
    spec = {"nodeName": on, "containers": [{"name": "c"}]}
    return decode_object({"metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec}, "Pod")


def three(*pods: Any) -> sl.Cluster:
    return sl.Cluster([node("a", "east"), node("b", "west"), node("c", None)], pods)


def test_a_zone_that_is_ahead_takes_no_more_and_a_node_without_zone_never_does() -> None:
    answer = sl.explain(three(plain("x", "a")), pod("p"), PROFILE)["filter"]
    assert answer["b"] == {"ok": True}
    assert (answer["a"]["code"], answer["c"]["code"]) == ("Unschedulable", "UnschedulableAndUnresolvable")
    assert answer["c"]["reasons"] == ["node(s) didn't match pod topology spread constraints (missing required label)"]


def test_too_few_domains_count_as_an_empty_one() -> None:
    cluster = three(plain("x", "a"), plain("y", "b"))
    assert [each["ok"] for each in sl.explain(cluster, pod("p"), PROFILE)["filter"].values()] == [True, True, False]
    answer = sl.explain(cluster, pod("p", minDomains=3), PROFILE)["filter"]
    assert not any(each["ok"] for each in answer.values())


def test_a_pod_that_ends_is_not_counted_from_when_it_was_asked_to() -> None:
    cluster = three(plain("x", "a"))
    evaluator = Evaluator(PROFILE, sl.ClusterView(cluster))
    (row,) = cluster.add_pods([pod("p")])
    assert evaluator.evaluate(row).feasible.tolist() == [False, True, False]
    cluster.update(PodTerminating(0))
    assert evaluator.evaluate(row).feasible.tolist() == [True, True, False]


def test_a_nominated_pod_counts_on_its_own_node_only() -> None:
    cluster = sl.Cluster([node("a", "east"), node("a2", "east"), node("b", "west")])
    nominee, row = cluster.add_pods([plain("n"), pod("p")])
    cluster.update(PodNominated(nominee, "a"))
    evaluator = Evaluator(PROFILE, sl.ClusterView(cluster))
    assert evaluator.evaluate(row).feasible.tolist() == [False, True, True]
    assert evaluator.choose(row).best == 1
    cluster.update(PodNominated(nominee, None))
    assert evaluator.choose(row).best == 0


def test_pods_of_a_service_are_spread_by_default() -> None:
    cluster = three(plain("x", "a"))
    assert sl.explain(cluster, plain("p"), PROFILE)["scoreSkipped"] == ["PodTopologySpread"]
    spec = {"selector": {"app": "web"}}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec}
    cluster.update(ObjectChanged(decode_object(service)))
    scores = sl.explain(cluster, plain("p"), PROFILE)["scores"]["PodTopologySpread"]["normalized"]
    assert scores["b"] > scores["a"]
    assert "c" in scores  # the system's defaults do not ask for every key


def test_softly_the_emptier_zone_is_better() -> None:
    scores = sl.explain(three(plain("x", "a")), pod("p", action="ScheduleAnyway"), PROFILE)["scores"]
    assert scores["PodTopologySpread"]["normalized"] == {"a": 0, "b": 100, "c": 0}


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (
            {"defaultConstraints": [{"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway"}]},
            "defaultConstraints go with the defaultingType List",
        ),
        (
            {"defaultingType": "List", "defaultConstraints": [
                {"maxSkew": n, "topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway"} for n in (1, 2)]},
            f"defaultConstraints[1]: {ZONE} occurs twice with ScheduleAnyway",
        ),
        (
            {"defaultingType": "List", "defaultConstraints": [
                {"maxSkew": 0, "topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway"}]},
            "Expected `int` >= 1 - at `$.defaultConstraints[0].maxSkew`",
        ),
    ],
)  # fmt: skip
def test_arguments_that_kube_scheduler_refuses_are_refused(args: Any, text: str) -> None:
    entry = {"plugins": ONLY, "pluginConfig": [{"name": "PodTopologySpread", "args": args}]}
    with pytest.raises(sl.InputError) as caught:
        sl.Profile.from_config(entry)
    assert text in str(caught.value)
