"""NodeResourcesFit and NodeResourcesBalancedAllocation: codes, reasons and scores by hand."""

from typing import Any

import pytest
from tiny import GIB, GPU, node, pod, scores

from schedlab import Cluster, Profile, explain

FIT, BALANCED = "NodeResourcesFit", "NodeResourcesBalancedAllocation"
MIB = 2**20


def profile(name: str, **args: Any) -> Profile:
    """Return a profile of one plug-in with arguments as in a KubeSchedulerConfiguration."""
    plugins = {"multiPoint": {"disabled": [{"name": "*"}], "enabled": [{"name": name}]}}
    return Profile.from_config({"plugins": plugins, "pluginConfig": [{"name": name, "args": args}]})


def strategy(kind: str, **resources: int) -> dict[str, Any]:
    return {"type": kind, "resources": [{"name": name, "weight": weight} for name, weight in resources.items()]}


def status(cluster: Cluster, pending: Any, profile: Any = "kubernetes") -> tuple[str, list[str]] | None:
    """Return code and reasons of the only node, None if it passes."""
    (found,) = explain(cluster, pending, profile)["filter"].values()
    return None if found["ok"] else (found["code"], found["reasons"])


def test_what_evictions_could_free_is_resolvable_and_what_the_node_lacks_is_not() -> None:
    cluster = Cluster([node("a", 1000, GIB)], [pod("x", 600, on="a")])
    assert status(cluster, pod("p", 400)) is None
    assert status(cluster, pod("p", 401)) == ("Unschedulable", ["Insufficient cpu"])
    assert status(cluster, pod("p", 1000)) == ("Unschedulable", ["Insufficient cpu"])
    assert status(cluster, pod("p", 1001)) == ("UnschedulableAndUnresolvable", ["Insufficient cpu"])


def test_all_reasons_are_told_and_one_that_is_beyond_decides() -> None:
    cluster = Cluster([node("a", 1000, GIB, 1)], [pod("x", 600, on="a")])
    assert status(cluster, pod("p", 401)) == ("Unschedulable", ["Insufficient cpu", "Too many pods"])
    assert status(cluster, pod("p", 401, 2 * GIB, gpus=1)) == (
        "UnschedulableAndUnresolvable",
        ["Insufficient cpu", "Insufficient memory", f"Insufficient {GPU}", "Too many pods"],
    )


def test_too_many_pods_could_always_be_helped() -> None:
    assert status(Cluster([node("a", pods=0)]), pod("p")) == ("Unschedulable", ["Too many pods"])
    assert status(Cluster([node("a", pods=None)]), pod("p")) == ("Unschedulable", ["Too many pods"])


def test_who_asks_for_nothing_fits_an_overcommitted_node() -> None:
    cluster = Cluster([node("a", 1000)], [pod("x", 5000, on="a")])
    assert status(cluster, pod("p", memory=MIB)) is None
    assert status(cluster, pod("p", 0)) is None
    assert status(cluster, pod("p", 1)) == ("Unschedulable", ["Insufficient cpu"])


def test_a_request_above_every_capacity_fits_nowhere() -> None:
    found = status(Cluster([node("a", memory=2**46)]), pod("p", memory=2**62))
    assert found == ("UnschedulableAndUnresolvable", ["Insufficient memory"])


def test_extended_resources_may_be_ignored_by_name_or_group() -> None:
    cluster = Cluster([node("a")])
    pending = pod("p", more={GPU: 1, "example.com/foo": 1})
    lacking = "UnschedulableAndUnresolvable"
    assert status(cluster, pending, profile(FIT)) == (lacking, ["Insufficient example.com/foo", f"Insufficient {GPU}"])
    assert status(cluster, pending, profile(FIT, ignoredResources=[GPU])) == (lacking, ["Insufficient example.com/foo"])
    assert status(cluster, pending, profile(FIT, ignoredResourceGroups=["nvidia.com", "example.com"])) is None


def test_native_resources_are_never_ignored() -> None:
    names = ["cpu", "hugepages-2Mi", "kubernetes.io/x", "batch.kubernetes.io/y"]
    pending = pod("p", more=dict.fromkeys(names, 9 * MIB))
    args = {"ignoredResources": names, "ignoredResourceGroups": ["kubernetes.io", "batch.kubernetes.io"]}
    found = status(Cluster([node("a")]), pending, profile(FIT, **args))
    assert found == ("UnschedulableAndUnresolvable", sorted(f"Insufficient {name}" for name in names))


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        # after the pod 1500 of 4000m and 1.5 of 2 GiB are taken: 62 (62.5) and 25 are free, 37 and 75 in use
        (strategy("LeastAllocated", cpu=1, memory=1), 43),
        (strategy("LeastAllocated", cpu=3, memory=1), 52),  # 211 / 4
        (strategy("MostAllocated", cpu=1, memory=1), 56),
        (strategy("MostAllocated", memory=5), 75),
        (strategy("RequestedToCapacityRatio", cpu=1, memory=1), 56),  # from 0 to 100 as the default line goes
        (strategy("RequestedToCapacityRatio", cpu=1, memory=2), 62),  # 187 / 3 = 62.33
        (strategy("RequestedToCapacityRatio", cpu=2, memory=1), 50),  # 149 / 3 = 49.67, rounded half up
    ],
)
def test_fit_scores(args: dict[str, Any], expected: int) -> None:
    cluster = Cluster([node("a", 4000, 2 * GIB)], [pod("x", 500, GIB, on="a")])
    assert scores(profile(FIT, scoringStrategy=args), cluster, pod("p", 1000, GIB // 2)) == {"a": expected}


def test_half_of_a_percent_is_rounded_up() -> None:
    cluster = Cluster([node("a", 100, 100)])
    args = strategy("RequestedToCapacityRatio", cpu=1, memory=1)
    assert scores(profile(FIT, scoringStrategy=args), cluster, pod("p", 37, 38)) == {"a": 38}


def test_a_shape_may_fall_and_what_scores_0_drops_out() -> None:
    shape = [{"utilization": 0, "score": 10}, {"utilization": 70, "score": 0}]
    args = strategy("RequestedToCapacityRatio", cpu=1, memory=1) | {"requestedToCapacityRatio": {"shape": shape}}
    cluster = Cluster([node("a", 100, 100)])
    made = profile(FIT, scoringStrategy=args)
    assert scores(made, cluster, pod("p", 33, 33)) == {"a": 53}  # 100 - 47.14, truncated to 47
    assert scores(made, cluster, pod("q", 33, 80)) == {"a": 53}
    assert scores(made, cluster, pod("r", 70, 80)) == {"a": 0}


def test_pods_without_requests_count_100m_and_200_mib_in_scores() -> None:
    cluster = Cluster([node("a", 1000, 1000 * MIB)], [pod("x", on="a")])
    found = scores(profile(FIT, scoringStrategy=strategy("MostAllocated", cpu=1)), cluster, pod("p"))
    assert found == {"a": 20}
    found = scores(profile(FIT, scoringStrategy=strategy("MostAllocated", memory=1)), cluster, pod("q"))
    assert found == {"a": 40}
    found = scores(profile(FIT, scoringStrategy=strategy("MostAllocated", cpu=1)), cluster, pod("r", 0))
    assert found == {"a": 10}  # an explicit zero stays zero


def test_what_the_pod_does_not_ask_for_or_the_node_lacks_is_left_out() -> None:
    cluster = Cluster([node("a", 1000, gpus=4), node("b", 1000), node("c", 0, gpus=4)])
    made = profile(FIT, scoringStrategy=strategy("MostAllocated", **{"cpu": 1, GPU: 3}))
    assert scores(made, cluster, pod("p", 500)) == {"a": 50, "b": 50}
    assert scores(made, cluster, pod("q", 0, gpus=1)) == {"a": 18, "c": 25}  # 3 * 25 / 4


@pytest.mark.parametrize("kind", ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"])
def test_where_nothing_counts_the_score_is_0(kind: str) -> None:
    cluster = Cluster([node("a", gpus=4), node("b", 0)])
    assert scores(profile(FIT, scoringStrategy=strategy(kind, **{GPU: 1})), cluster, pod("p")) == {"a": 0, "b": 0}
    found = scores(profile(FIT, scoringStrategy=strategy(kind, cpu=1)), cluster, pod("q", 0))
    assert found["b"] == 0


def test_more_requested_than_there_is_scores_as_full_or_nothing() -> None:
    cluster = Cluster([node("a", 1000)], [pod("x", 5000, on="a")])
    pending = pod("p", 0)
    assert scores(profile(FIT, scoringStrategy=strategy("LeastAllocated", cpu=1)), cluster, pending) == {"a": 0}
    assert scores(profile(FIT, scoringStrategy=strategy("MostAllocated", cpu=1)), cluster, pending) == {"a": 100}
    args = strategy("RequestedToCapacityRatio", cpu=1)
    assert scores(profile(FIT, scoringStrategy=args), cluster, pending) == {"a": 100}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (["cpu", "memory"], 81),  # 0.375 and 0.75: (1 - 0.1875) * 100 = 81.25
        (["cpu"], 100),
        (["cpu", "memory", "ephemeral-storage"], 69),  # 0.375, 0.75, 0: deviation 0.30618...
    ],
)
def test_balance(resources: list[str], expected: int) -> None:
    cluster = Cluster([node("a", 4000, 2 * GIB, more={"ephemeral-storage": GIB})], [pod("x", 500, GIB, on="a")])
    args = [{"name": name, "weight": 1} for name in resources]
    assert scores(profile(BALANCED, resources=args), cluster, pod("p", 1000, GIB // 2)) == {"a": expected}


def test_balance_counts_real_requests() -> None:
    cluster = Cluster([node("a", 1000, GIB)], [pod("x", on="a")])
    assert scores(profile(BALANCED), cluster, pod("p", 500)) == {"a": 75}


def test_balance_has_nothing_to_say_of_pods_that_ask_for_none_of_its_resources() -> None:
    found = explain(Cluster([node("a")]), pod("p", more={"ephemeral-storage": 0}), profile(BALANCED))
    assert found == {"filter": {"a": {"ok": True}}, "scoreSkipped": [BALANCED], "total": {"a": 0}, "best": ["a"]}
