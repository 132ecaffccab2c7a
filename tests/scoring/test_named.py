"""What a scheduler may be named by: texts with parameters, mappings, objects and lists of these."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import pytest
from tiny import says

from schedlab import InputError, Profile, filter, order, score
from schedlab.plugins.kubernetes.node_resources_fit import NodeResourcesFit

RULES = """
from dataclasses import dataclass
from typing import Annotated
from msgspec import Meta
from schedlab import filter, order, score

@score(scope="static")
@dataclass(frozen=True)
class near:
    rank: Annotated[int, Meta(ge=0, le=9)] = 0

    def __call__(self, pod, nodes):
        return -abs(nodes.rank - self.rank)

@filter(scope="static")
def odd(pod, nodes):
    return nodes.rank % 2 == 1

@order
def short(pod, now):
    return pod.queued
"""


@score(scope="static")
@dataclass(frozen=True)
class near:  # noqa: N801
    rank: Annotated[int, msgspec.Meta(ge=0, le=9)] = 0

    def __call__(self, pod: Any, nodes: Any) -> Any:
        return -abs(nodes.rank - self.rank)


@order
def longest_first(pod: Any, now: int) -> Any:
    return 0


@order
def latest_first(pod: Any, now: int) -> Any:
    return 0


@filter(scope="static")
def odd(pod: Any, nodes: Any) -> Any:
    return nodes.rank % 2 == 1


def scored(profile: Profile) -> list[tuple[str, float, Any]]:
    return [(part.plugin.name, part.weight, getattr(part.plugin.rule, "rank", None)) for part in profile.scores]


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "my.py").write_text(RULES)
    return str(tmp_path / "my.py")


def test_a_text_with_parameters_and_weights(file: str) -> None:
    profile = Profile.of(f"{file}:near(rank=3):2 + best_fit:0.5+{file}:odd")
    assert scored(profile) == [("near", 2, 3), ("best_fit", 0.5, None)]
    filters = ["NodeUnschedulable", "NodeAffinity", "NodeResourcesFit", "odd"]
    assert [plugin.name for plugin in profile.filters] == filters
    assert profile.name == "near(rank=3):2+best_fit:0.5+odd"
    assert profile.describe()["scores"][0] == {
        "plugin": "near", "args": {"rank": 3}, "weight": 2.0, "normalize": "min_max", "quantise": "none"
    }  # fmt: skip


def test_mappings_objects_and_lists_mean_the_same(file: str) -> None:
    text = Profile.of(f"{file}:near(rank=3):2")
    mapping = Profile.of({"plugin": f"{file}:near", "args": {"rank": 3}, "weight": 2})
    assert mapping.describe() == text.describe()
    assert scored(Profile.of([near(3), {"plugin": "best_fit", "weight": 2}, "worst_fit:3"])) == [
        ("near", 1, 3), ("best_fit", 2, None), ("worst_fit", 3, None)
    ]  # fmt: skip
    assert Profile.of([near(3), "best_fit:2"]).name == "near+best_fit:2"


@pytest.mark.parametrize(
    ("scheduler", "told"),
    [
        (near(10), "plug-in near, parameter rank: 10 is not allowed; write int in 0..9"),
        ({"plugin": "best_fit", "wieght": 2}, "scheduler"),
        ({"plugin": "best_fit", "weight": -1}, "weight '-1' of best_fit; write a positive number"),
        ({"plugin": "best_fit", "args": {"x": 1}}, "plug-in best_fit has no parameter 'x'; it takes none"),
        ({"plugin": "best_fit+worst_fit"}, "plugin 'best_fit+worst_fit'; name one here"),
        ("best_fit + worst_fit+best_fit:2", "plug-in best_fit occurs twice in one profile; name it once"),
        ([near(1), near(2)], "plug-in near occurs twice in one profile; name it once"),
        ([odd, odd], "plug-in odd occurs twice in one profile; name it once"),
        ([longest_first, latest_first], "longest_first and latest_first each order the queue; name one order"),
        ("kubernetes+NodeResourcesFit", "plug-in NodeResourcesFit occurs twice in one profile"),
        ("kubernetes:2", "kubernetes is a whole profile; name it once, without parameters or weight"),
        ("best_fit+kubernetes+kubernetes", "kubernetes is a whole profile; name it once"),
        ([], "no scheduler is named; name one, such as kubernetes"),
        (3, "3 is no plug-in: decorate it"),
    ],
)
def test_what_is_refused(scheduler: Any, told: str) -> None:
    with pytest.raises(InputError) as refused:
        Profile.of(scheduler)
    assert str(refused.value).startswith(told)
    assert "\n" not in str(refused.value)


def test_a_parameter_out_of_range_in_a_text(file: str) -> None:
    with says(InputError, "plug-in near, parameter rank: '10' is not allowed; write int in 0..9"):
        Profile.of(f"best_fit+{file}:near(rank=10)")


def test_parameters_of_the_fit_filter_reach_the_filter() -> None:
    profile = Profile.of('NodeResourcesFit(ignoredResources=["example.com/a"])')
    assert [plugin.name for plugin in profile.filters] == ["NodeUnschedulable", "NodeAffinity", "NodeResourcesFit"]
    rule = profile.filters[2].rule
    assert isinstance(rule, NodeResourcesFit)
    assert rule.ignored_resources == ("example.com/a",)
    assert profile.scores[0].plugin is profile.filters[2]


def test_kubernetes_with_rules_of_ones_own() -> None:
    default = Profile.of("kubernetes")
    profile = Profile.of(["kubernetes", near(3), odd])
    assert profile.name == "kubernetes+near+odd"
    assert [plugin.name for plugin in profile.filters] == [*(plugin.name for plugin in default.filters), "odd"]
    assert scored(profile) == [*scored(default), ("near", 1, 3)]
    assert profile.left_out == default.left_out
    assert profile.scores[-1].normalize == "min_max"


def test_the_order_of_the_queue_is_named_like_the_rest(file: str) -> None:
    profile = Profile.of(f"best_fit+{file}:short")
    assert profile.order is not None
    assert profile.order.name == "short"
    assert scored(profile) == [("best_fit", 1, None)]
    assert profile.scores[0].normalize == "none"
    assert Profile.of("best_fit").order is None
    assert Profile.of(["kubernetes", longest_first]).order is not None


def test_arrays_are_described_whole() -> None:
    @score(scope="static")
    @dataclass(frozen=True)
    class Learned:
        weights: Any

        def __call__(self, pod: Any, nodes: Any) -> Any:
            return nodes.rank

    weights = np.arange(3000)
    args = Profile.of(Learned(weights)).describe()["scores"][0]["args"]
    assert args == {"weights": weights.tolist()}


def test_profiles_made_by_hand_are_held_to_the_same() -> None:
    one = Profile.of("best_fit").scores[0].plugin
    with pytest.raises(InputError, match="plug-in best_fit occurs twice in one profile"):
        Profile.build("two", (), [(one, 1), (one, 2)])
    two = Profile.of(odd).filters
    with pytest.raises(InputError, match="plug-in odd occurs twice in one profile"):
        Profile.build("two", (*two, two[-1]), [])


@pytest.mark.parametrize("name", ["easy", "fifo", "NodeName"])
def test_a_weight_is_a_scores(name: str) -> None:
    with says(InputError, f"weight 2 of {name}, which scores nothing; leave the weight out"):
        Profile.of(f"{name}:2+best_fit")
