"""Reading a profile of a KubeSchedulerConfiguration."""

from typing import Any

import pytest
from tiny import says

from schedlab import InputError, Profile
from schedlab.plugins.kubernetes.node_resources_fit import NodeResourcesFit
from schedlab.scoring.default_preemption import DefaultPreemption

FIT, BALANCED, CORDON = "NodeResourcesFit", "NodeResourcesBalancedAllocation", "NodeUnschedulable"


def entries(*plugins: str, **weights: int) -> list[dict[str, Any]]:
    return [{"name": name} for name in plugins] + [{"name": name, "weight": weight} for name, weight in weights.items()]


def read(args: dict[str, Any] | None = None, **points: dict[str, Any]) -> tuple[list[str], dict[str, float]]:
    """Return the filters and the weights of the scores; the multi-point set begins empty."""
    multi_point = {"disabled": entries("*"), **points.pop("multiPoint", {"enabled": entries(CORDON, FIT, BALANCED)})}
    config = [{"name": name, "args": given} for name, given in (args or {}).items()]
    profile = Profile.from_config({"plugins": {"multiPoint": multi_point, **points}, "pluginConfig": config})
    return [plugin.name for plugin in profile.filters], {s.plugin.name: s.weight for s in profile.scores}


def test_the_multi_point_set_enables_a_plugin_wherever_it_works() -> None:
    assert read() == ([CORDON, FIT], {FIT: 1, BALANCED: 1})
    assert read(multiPoint={"enabled": entries(BALANCED, FIT, CORDON)}) == ([FIT, CORDON], {BALANCED: 1, FIT: 1})


def test_without_a_star_the_defaults_stay() -> None:
    default = Profile.of("kubernetes")
    unknown = {"multiPoint": {"disabled": entries(*default.left_out)}}
    profile = Profile.from_config({"schedulerName": "kubernetes", "plugins": unknown})
    assert profile.describe() | {"left_out": list(default.left_out)} == default.describe()


def test_plugins_that_only_queue_preempt_or_bind_are_passed_over() -> None:
    names = ("PrioritySort", "SchedulingGates", FIT, "DefaultPreemption", "DefaultBinder")
    assert read(multiPoint={"enabled": entries(*names)}) == ([FIT], {FIT: 1})


def test_weights() -> None:
    given = {"enabled": entries(CORDON, **{FIT: 5, BALANCED: 0})}
    assert read(multiPoint=given) == ([CORDON, FIT], {FIT: 5, BALANCED: 1})
    assert read(score={"enabled": entries(**{FIT: 7})}) == ([CORDON, FIT], {FIT: 7, BALANCED: 1})


def test_one_default_is_disabled_among_others() -> None:
    enabled = {"enabled": entries(FIT), "disabled": entries("*", CORDON)}
    assert read(multiPoint=enabled) == ([FIT], {FIT: 1})


def test_a_disabled_score_leaves_the_filter_on() -> None:
    assert read(score={"disabled": entries(FIT)}) == ([CORDON, FIT], {BALANCED: 1})
    assert read(score={"disabled": entries("*")}) == ([CORDON, FIT], {})
    assert read(score={"disabled": entries("*"), "enabled": entries(**{FIT: 3})}) == ([CORDON, FIT], {FIT: 3})


def test_a_disabled_filter_leaves_the_score_on() -> None:
    assert read(filter={"disabled": entries(FIT)}) == ([CORDON], {FIT: 1, BALANCED: 1})
    assert read(filter={"disabled": entries("*")}) == ([], {FIT: 1, BALANCED: 1})


def test_a_plugin_may_be_enabled_at_one_point_only() -> None:
    made = read(multiPoint={}, filter={"enabled": entries(FIT)}, score={"enabled": entries(**{BALANCED: 2})})
    assert made == ([FIT], {BALANCED: 2})


def test_the_profile_is_named_like_the_scheduler() -> None:
    plugins = {"multiPoint": {"disabled": entries("*"), "enabled": entries(FIT)}}
    assert Profile.from_config({"plugins": plugins}).name == "default-scheduler"
    profile = Profile.from_config({"schedulerName": "packer", "plugins": plugins}, ties="random")
    assert (profile.name, profile.ties) == ("packer", "random")


@pytest.mark.parametrize(
    "header", [{}, {"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "NodeResourcesFitArgs"}]
)
def test_arguments(header: dict[str, str]) -> None:
    args = {"ignoredResources": ["example.com/foo"], "scoringStrategy": {"type": "MostAllocated"}}
    plugins = {"multiPoint": {"disabled": entries("*"), "enabled": entries(FIT)}}
    profile = Profile.from_config({"plugins": plugins, "pluginConfig": [{"name": FIT, "args": header | args}]})
    (plugin,) = profile.filters
    assert isinstance(plugin.rule, NodeResourcesFit)
    assert plugin.rule.ignored_resources == ("example.com/foo",)
    assert plugin.rule.scoring_strategy.type == "MostAllocated"
    assert plugin.rule.scoring_strategy.resources == NodeResourcesFit().scoring_strategy.resources


WHERE = "scheduler configuration, field args of "


@pytest.mark.parametrize(
    ("name", "args", "text"),
    [
        (FIT, {"typo": 1}, "Object contains unknown field `typo`"),
        (FIT, {"ignoredResources": "cpu"}, "Expected `array`, got `str` - at `$.ignoredResources`"),
        (
            FIT,
            {"scoringStrategy": {"type": "Fullest"}},
            "Invalid enum value 'Fullest' - at `$.scoringStrategy.type`",
        ),
        (
            FIT,
            {"scoringStrategy": {"resources": [{"name": "cpu"}, {"name": "memory", "weight": "x"}]}},
            "Expected `int`, got `str` - at `$.scoringStrategy.resources[1].weight`",
        ),
        (
            FIT,
            {"scoringStrategy": {"resources": [{"name": "cpu", "wieght": 5}]}},
            "Object contains unknown field `wieght` - at `$.scoringStrategy.resources[0]`",
        ),
        (FIT, {"scoringStrategy": {"kind": 1}}, "Object contains unknown field `kind` - at `$.scoringStrategy`"),
        (
            FIT,
            {"scoringStrategy": {"requestedToCapacityRatio": {"shape": []}}},
            "Expected `array` of length >= 1 - at `$.scoringStrategy.requestedToCapacityRatio.shape`",
        ),
        (
            FIT,
            {"scoringStrategy": {"requestedToCapacityRatio": {"shape": [{"utilization": 0, "score": 0, "x": 1}]}}},
            "Object contains unknown field `x` - at `$.scoringStrategy.requestedToCapacityRatio.shape[0]`",
        ),
        (BALANCED, {"resources": [{}]}, "Object missing required field `name` - at `$.resources[0]`"),
        (CORDON, {"x": 1}, "Expected `NodeUnschedulable`, got `dict`"),
    ],
)
def test_wrong_arguments_are_refused_with_their_path(name: str, args: dict[str, Any], text: str) -> None:
    with says(InputError, f"{WHERE}{name}: {text}"):
        read({name: args})


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ([], "Expected `object`, got `array`"),
        (
            {"plugins": {"multiPoint": {"enabled": [{"name": 3}]}}},
            "Expected `str`, got `int` - at `$.plugins.multiPoint.enabled[0].name`",
        ),
        (
            {"plugins": {"score": {"disabled": [{}]}}},
            "Object missing required field `name` - at `$.plugins.score.disabled[0]`",
        ),
        ({"pluginConfig": [{"name": FIT, "args": 3}]}, "Expected `object`, got `int` - at `$.pluginConfig[0].args`"),
    ],
)
def test_what_is_no_profile_is_refused_with_its_path(config: Any, text: str) -> None:
    with says(InputError, f"scheduler configuration: {text}; see KubeSchedulerConfiguration v1"):
        Profile.from_config(config)


def test_an_unknown_plugin_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError) as refused:
        read(multiPoint={"enabled": entries("NodeResourceFit")})
    assert str(refused.value).startswith("there is no plug-in 'NodeResourceFit'; known: NodeResourcesFit")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            {"plugins": {"score": {"enabled": entries(**{FIT: -1})}}},
            "scheduler configuration: Expected `int` >= 0 - at `$.plugins.score.enabled[0].weight`",
        ),
        (
            {"plugins": {"score": {"enabled": entries(**{FIT: 2**31})}}},
            "scheduler configuration: Expected `int` <= 2147483647 - at `$.plugins.score.enabled[0].weight`",
        ),
        (
            {"plugins": {"score": {"enabled": [{"name": FIT, "weight": 1.5}]}}},
            "scheduler configuration: Expected `int`, got `float` - at `$.plugins.score.enabled[0].weight`",
        ),
        (
            {"plugins": {"multiPoint": {"enabled": entries(FIT, BALANCED, FIT)}}},
            f"scheduler configuration, field plugins.multiPoint.enabled: {FIT} occurs twice; name it once",
        ),
        (
            {"pluginConfig": [{"name": FIT}, {"name": FIT}]},
            f"scheduler configuration, field pluginConfig: {FIT} occurs twice; name it once",
        ),
    ],
)
def test_weights_and_repetitions_that_kube_scheduler_refuses(entry: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as refused:
        Profile.from_config(entry, partial=True)
    assert str(refused.value).startswith(told)


def test_arguments_for_a_plugin_that_nobody_knows_are_refused() -> None:
    with pytest.raises(InputError, match=r"^there is no plug-in 'NodeResourceFit'; known: NodeResourcesFit"):
        Profile.from_config({"pluginConfig": [{"name": "NodeResourceFit", "args": {}}]})


def preemption(args: dict[str, Any] | None = None, **points: Any) -> DefaultPreemption | None:
    config = [] if args is None else [{"name": "DefaultPreemption", "args": args}]
    return Profile.from_config({"plugins": points, "pluginConfig": config}, partial=True).preemption


def test_a_profile_preempts_where_default_preemption_is_enabled() -> None:
    off, on = {"disabled": entries("*")}, {"enabled": entries("DefaultPreemption")}
    assert Profile.of("kubernetes").preemption == preemption() == DefaultPreemption(10, 100)
    assert preemption(multiPoint=off) is None
    assert preemption(multiPoint=off | on) == DefaultPreemption()
    assert preemption(postFilter=off) is None
    assert preemption(multiPoint=off, postFilter=on) == DefaultPreemption()
    assert preemption({"minCandidateNodesPercentage": 0, "minCandidateNodesAbsolute": 7}) == DefaultPreemption(0, 7)
    assert Profile.of("kubernetes+best_fit").preemption == DefaultPreemption()
    assert Profile.of("best_fit").preemption is None


def test_what_preemption_is_set_to_tells_stored_runs_apart() -> None:
    told = [Profile.of(name).describe().get("preemption") for name in ("kubernetes", "best_fit")]
    assert told == [{"minCandidateNodesPercentage": 10, "minCandidateNodesAbsolute": 100, "gangs": False}, None]


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ({"minCandidateNodesPercentage": 101}, "Expected `int` <= 100 - at `$.minCandidateNodesPercentage`"),
        ({"minCandidateNodesAbsolute": -1}, "Expected `int` >= 0 - at `$.minCandidateNodesAbsolute`"),
        ({"minCandidateNodes": 1}, "Object contains unknown field `minCandidateNodes`"),
        (
            {"minCandidateNodesPercentage": 0, "minCandidateNodesAbsolute": 0},
            "minCandidateNodesPercentage cannot be zero at the same time as minCandidateNodesAbsolute",
        ),
    ],
)
def test_bad_arguments_of_preemption_are_refused(args: dict[str, Any], text: str) -> None:
    with says(InputError, f"scheduler configuration, field args of DefaultPreemption: {text}"):
        preemption(args)
