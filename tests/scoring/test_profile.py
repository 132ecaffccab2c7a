"""Profiles: what a user may mean by a scheduler, and how its scores are weighed."""

from pathlib import Path
from typing import Any

import pytest
from tiny import GIB, evaluate, node, pod, says, scores

from schedlab import Cluster, InputError, Profile, filter, score
from schedlab.plugins.api import Plugin


@score(scope="static")
def by_cpu(pod: Any, nodes: Any) -> Any:
    return nodes.allocatable["cpu"]


@score(scope="static")
def by_memory(pod: Any, nodes: Any) -> Any:
    return nodes.allocatable["memory"]


@filter(scope="static")
def not_first(pod: Any, nodes: Any) -> Any:
    return nodes.rank > 0


def cluster() -> Cluster:
    return Cluster([node("a", 1000, 4 * GIB), node("b", 2000, 1 * GIB), node("c", 3000, 3 * GIB)])


def of(*scores: tuple[Any, float]) -> Profile:
    filters = Profile.of("best_fit").filters
    return Profile.build("made", filters, [(Plugin.of(rule), weight) for rule, weight in scores])


def named(profile: Profile) -> tuple[list[str], list[tuple[str, float, Any]]]:
    return [p.name for p in profile.filters], [(s.plugin.name, s.weight, s.normalize) for s in profile.scores]


FIT = ["NodeUnschedulable", "NodeAffinity", "NodeResourcesFit"]


def test_alone_a_score_counts_as_it_is() -> None:
    assert scores(by_cpu, cluster(), pod()) == {"a": 1000, "b": 2000, "c": 3000}


def test_in_a_sum_scores_are_brought_to_one_scale_over_the_feasible_nodes() -> None:
    found = evaluate(of((by_cpu, 1), (by_memory, 2)), cluster(), pod())
    assert found.raw["by_cpu"].tolist() == [1000, 2000, 3000]
    assert found.normalized["by_cpu"].tolist() == [0, 50, 100]
    assert found.normalized["by_memory"].tolist() == pytest.approx([100, 0, 200 / 3])
    assert found.total is not None
    assert found.total.tolist() == pytest.approx([200, 50, 100 + 400 / 3])
    assert found.best == 2
    without_a = evaluate(of((by_cpu, 1), (by_memory, 2)), cluster(), pod("p", 1500))
    assert without_a.total is not None
    assert without_a.total.tolist() == [-float("inf"), 0, 300]


def test_a_score_that_says_how_it_is_normalised_is_taken_at_its_word() -> None:
    floored = score(name="floored", normalize="max")(lambda pod, nodes: nodes.allocatable["cpu"])
    assert scores(floored, cluster(), pod()) == {"a": 33, "b": 66, "c": 100}


def test_a_weight_multiplies_the_normalised_score() -> None:
    assert scores(of((by_cpu, 2.5)), cluster(), pod()) == {"a": 2500, "b": 5000, "c": 7500}


def test_without_scores_all_feasible_nodes_are_equal() -> None:
    assert scores(not_first, cluster(), pod()) == {"b": 0, "c": 0}


def test_without_filters_every_node_is_feasible() -> None:
    bare = Profile.build("bare", (), [(Plugin.of(by_cpu), 1.0)])
    assert scores(bare, cluster(), pod("p", 9000)) == {"a": 1000, "b": 2000, "c": 3000}


def test_a_name() -> None:
    profile = Profile.of("best_fit")
    assert profile.name == "best_fit"
    assert named(profile) == (FIT, [("best_fit", 1.0, "none")])
    assert profile.ties == "rank"


def test_a_sum_with_weights() -> None:
    profile = Profile.of("data_locality:2 + best_fit:0.5+first_fit", ties="random")
    assert profile.name == "data_locality:2+best_fit:0.5+first_fit"
    assert [(s.plugin.name, s.weight) for s in profile.scores] == [
        ("data_locality", 2.0), ("best_fit", 0.5), ("first_fit", 1.0),
    ]  # fmt: skip
    assert [plugin.name for plugin in profile.filters] == FIT
    assert profile.ties == "random"


def test_kubernetes_is_its_default_profile_as_far_as_it_exists_here() -> None:
    profile = Profile.of("kubernetes")
    assert profile.name == "kubernetes"
    assert [plugin.name for plugin in profile.filters][:1] == ["NodeUnschedulable"]
    assert "NodeResourcesFit" in [plugin.name for plugin in profile.filters]
    weights = {s.plugin.name: s.weight for s in profile.scores}
    assert weights["NodeResourcesFit"] == weights["NodeResourcesBalancedAllocation"] == 1
    there = {plugin.name for plugin in profile.filters} | set(weights)
    default = {
        "NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "NodePorts", "NodeResourcesFit",
        "VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone", "PodTopologySpread",
        "InterPodAffinity", "NodeResourcesBalancedAllocation", "ImageLocality",
    }  # fmt: skip
    assert there | set(profile.left_out) == default
    assert there & set(profile.left_out) == set()


def test_objects() -> None:
    assert named(Profile.of(by_cpu)) == (FIT, [("by_cpu", 1.0, "none")])
    assert named(Profile.of(not_first)) == ([*FIT, "not_first"], [])
    profile = of((by_cpu, 3.0))
    assert Profile.of(profile) is profile


def test_a_plugin_that_is_already_among_the_filters_is_not_doubled() -> None:
    assert named(Profile.of("NodeResourcesFit")) == (FIT, [("NodeResourcesFit", 1.0, "none")])
    assert named(Profile.of("NodeUnschedulable")) == (FIT, [])


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("import schedlab as sl\n@sl.score\ndef mine(pod, nodes):\n    return nodes.rank\n")
    profile = Profile.of(f"{path}:mine")
    assert named(profile) == (FIT, [("mine", 1.0, "none")])
    assert profile.name == "mine"


@pytest.mark.parametrize("name", ["best_fitt", "data_locality+best_fitt", "best_fitt:3", "best-fit"])
def test_an_unknown_name_is_answered_with_the_nearest(name: str) -> None:
    with pytest.raises(InputError) as refused:
        Profile.of(name)
    line = str(refused.value)
    assert line.startswith(f"there is no plug-in 'best{name.split('best')[1].split(':')[0]}'; known: best_fit")
    assert "\n" not in line


@pytest.mark.parametrize("weight", ["0", "-1", "x", "nan", "inf", "1:2"])
def test_a_weight_is_a_positive_number(weight: str) -> None:
    text = f"weight {weight!r} of best_fit; write a positive number, as in data_locality:2+best_fit"
    with says(InputError, text):
        Profile.of(f"best_fit:{weight}")


def test_a_profile_describes_itself_in_plain_values() -> None:
    assert Profile.of("best_fit:2", ties="random").describe() == {
        "name": "best_fit:2",
        "filters": [
            {"plugin": "NodeUnschedulable"},
            {"plugin": "NodeAffinity", "args": {"addedAffinity": None}},
            {
                "plugin": "NodeResourcesFit",
                "args": {
                    "ignoredResources": (),
                    "ignoredResourceGroups": (),
                    "scoringStrategy": {
                        "type": "LeastAllocated",
                        "resources": ({"name": "cpu", "weight": 1}, {"name": "memory", "weight": 1}),
                        "requestedToCapacityRatio": {
                            "shape": ({"utilization": 0, "score": 0}, {"utilization": 100, "score": 10})
                        },
                    },
                },
            },
        ],
        "scores": [{"plugin": "best_fit", "weight": 2.0, "normalize": "none", "quantise": "none"}],
        "ties": "random",
        "scored": "all nodes",
        "left_out": [],
    }


def test_policies_of_different_scales_are_comparable_in_a_sum() -> None:
    for part in Profile.of("data_locality:2+best_fit").scores:
        assert part.normalize == "min_max"
    assert Profile.of("best_fit").scores[0].normalize == "none"


def test_a_profile_of_nothing_takes_the_first_node() -> None:
    cluster = Cluster([node("a"), node("b")])
    assert evaluate(Profile.build("nothing", (), []), cluster, pod()).best == 0


def test_scores_may_be_cut_to_whole_numbers() -> None:
    @score(scope="node", normalize="integer")
    def whole(pod: Any, nodes: Any) -> Any:
        return nodes.allocatable["cpu"] / -300

    @score(scope="node")
    def parts(pod: Any, nodes: Any) -> Any:
        return nodes.allocatable["cpu"] / 300

    def found(rule: Any, quantise: Any) -> list[float]:
        profile = Profile.of(rule, quantise=quantise)
        return next(iter(evaluate(profile, cluster(), pod()).normalized.values())).tolist()

    assert found(whole, None) == found(whole, "integer") == [-3, -6, -10]  # towards 0
    assert found(whole, "none") == [-1000 / 300, -2000 / 300, -10]
    assert found(parts, None) == found(parts, "none") == [1000 / 300, 2000 / 300, 10]
    assert found(parts, "integer") == [3, 6, 10]
    two = Profile.of([parts, whole], quantise="integer")
    normalized = evaluate(two, cluster(), pod()).normalized
    assert normalized["parts"].tolist() == [0, 50, 100]  # after it is brought to one scale
    told = [(each["quantise"], each["normalize"]) for each in two.describe()["scores"]]
    assert told == [("integer", "trunc(min_max)"), ("integer", "none")]
    assert [each["quantise"] for each in Profile.of([parts, whole]).describe()["scores"]] == ["none", "integer"]
