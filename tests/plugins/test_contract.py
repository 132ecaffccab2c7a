"""The contract: what may be a plug-in, and what the framework makes of it."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tiny import GPU, evaluate, node, pod, says, schedule, scores

from schedlab import SKIP, Cluster, InputError, Profile, explain, filter, ratio, score
from schedlab.plugins.api import RESOLVABLE, UNRESOLVABLE, Plugin


def cluster() -> Cluster:
    return Cluster([node("a", 1000), node("b", 2000), node("c", 3000)])


@score
def bare(pod: Any, nodes: Any) -> Any:
    """Prefer b."""
    return nodes.uid == 1


@score(scope="node", name="tightest", normalize="min_max")
def with_arguments(pod: Any, nodes: Any) -> Any:
    return -nodes.allocatable["cpu"]


@filter
def bare_filter(pod: Any, nodes: Any) -> Any:
    return nodes.uid > 0


@filter(scope="static", name="not_c", codes={3: UNRESOLVABLE})
def filter_with_arguments(pod: Any, nodes: Any) -> Any:
    return np.where(nodes.uid == 2, 3, 0)


@score(scope="static")
@dataclass(frozen=True)
class Aimed:
    """A rule with a parameter, that is its own score."""

    at: int = 2000

    def __call__(self, pod: Any, nodes: Any) -> Any:
        return -np.abs(nodes.allocatable["cpu"] - self.at)


@dataclass(frozen=True)
class Both:
    """A rule that filters and scores."""

    least: int = 1500

    @filter(scope="static")
    def filter(self, pod: Any, nodes: Any) -> Any:
        return nodes.allocatable["cpu"] >= self.least

    @score(scope="static", normalize="none")
    def score(self, pod: Any, nodes: Any) -> Any:
        return -nodes.allocatable["cpu"]

    def reasons(self, pod: Any, nodes: Any) -> Any:
        return {"node(s) were too small": nodes.allocatable["cpu"] < self.least}


def module() -> ModuleType:
    made = ModuleType("somewhere.mine")
    made.__dict__["filter"], made.__dict__["score"] = filter_with_arguments, bare
    return made


def test_a_bare_decorator_means_the_widest_scope_and_the_functions_name() -> None:
    plugin = Plugin.of(bare)
    assert (plugin.name, plugin.score_scope, plugin.normalize, plugin.filter) == ("bare", "cluster", None, None)
    plugin = Plugin.of(bare_filter)
    assert (plugin.name, plugin.filter_scope, plugin.codes, plugin.score) == (
        "bare_filter", "cluster", {1: RESOLVABLE}, None,
    )  # fmt: skip


def test_a_decorator_with_arguments_says_them() -> None:
    plugin = Plugin.of(with_arguments)
    assert (plugin.name, plugin.score_scope, plugin.normalize) == ("tightest", "node", "min_max")
    plugin = Plugin.of(filter_with_arguments)
    assert (plugin.name, plugin.filter_scope, plugin.codes) == ("not_c", "static", {3: UNRESOLVABLE})


def test_a_decorated_function_is_still_that_function() -> None:
    assert bare.__name__ == "bare"
    assert bare.__doc__ == "Prefer b."


@pytest.mark.parametrize(
    ("rule", "name", "choice"),
    [
        (bare, "bare", "b"),
        (with_arguments, "tightest", "a"),
        (Aimed, "Aimed", "b"),
        (Aimed(2900), "Aimed", "c"),
        (Both, "Both", "b"),
        (Both(least=2500), "Both", "c"),
        (bare_filter, "bare_filter", "b"),
        (filter_with_arguments, "not_c", "a"),
        (module(), "not_c", "b"),
    ],
)
def test_functions_classes_instances_and_modules_are_rules(rule: Any, name: str, choice: str) -> None:
    assert Plugin.of(rule).name == name
    assert Profile.of(rule).name == name
    assert schedule(cluster(), rule, pod()) == [choice]


def test_a_rule_of_ones_own_filters_by_room_as_well() -> None:
    assert schedule(cluster(), Aimed(1000), pod("p", 2500)) == ["c"]


def test_a_rule_tells_its_reasons_and_one_without_gets_a_plain_one() -> None:
    assert explain(cluster(), pod(), Both(2500))["filter"]["a"] == {
        "ok": False, "plugin": "Both", "code": "Unschedulable", "reasons": ["node(s) were too small"],
    }  # fmt: skip
    assert explain(cluster(), pod(), filter_with_arguments)["filter"]["c"] == {
        "ok": False,
        "plugin": "not_c",
        "code": "UnschedulableAndUnresolvable",
        "reasons": ["node(s) rejected by not_c"],
    }


class Prepared:
    """Counts its preparations; skips pods that ask for no GPU."""

    def __init__(self) -> None:
        self.prepared: list[str] = []

    def prepare(self, pod: Any, cluster: Any) -> Any:
        self.prepared.append(pod.name)
        return {"best": cluster.ranks - 1} if pod.requests[GPU][0] else SKIP

    @filter
    def filter(self, pod: Any, nodes: Any, state: Any) -> Any:
        return nodes.rank > 0

    @score(normalize="none")
    def score(self, pod: Any, nodes: Any, state: Any) -> Any:
        return np.where(nodes.rank == state["best"], 7, 0)


def gpus() -> Cluster:
    return Cluster([node(name, gpus=1) for name in "abc"])


def test_prepare_runs_once_a_pod_and_its_state_reaches_filter_and_score() -> None:
    rule = Prepared()
    assert scores(rule, gpus(), pod("p", gpus=1)) == {"b": 0, "c": 7}
    assert rule.prepared == ["p"]


def test_a_skipped_rule_neither_filters_nor_scores() -> None:
    rule = Prepared()
    evaluation = evaluate(rule, gpus(), pod("p"))
    assert evaluation.feasible.tolist() == [True, True, True]
    assert evaluation.raw == {}
    assert [plugin.name for plugin, _ in evaluation.verdicts] == ["NodeUnschedulable", "NodeResourcesFit"]
    assert rule.prepared == ["p"]


class ArrayState:
    """Prepares an array: a state is not to be compared."""

    def prepare(self, pod: Any, cluster: Any) -> Any:
        return np.array([3.0, 1.0, 2.0])

    @score
    def score(self, pod: Any, nodes: Any, state: Any) -> Any:
        return state


def test_a_state_may_be_an_array() -> None:
    assert scores(ArrayState, gpus(), pod()) == {"a": 3, "b": 1, "c": 2}


def test_none_is_a_state_like_any_other() -> None:
    @score
    class Stateless:
        def prepare(self, pod: Any, cluster: Any) -> None:
            return None

        def __call__(self, pod: Any, nodes: Any, state: Any) -> Any:
            assert state is None
            return -nodes.rank

    assert scores(Stateless, gpus(), pod()) == {"a": 0, "b": -1, "c": -2}


def undecorated(pod: Any, nodes: Any) -> Any:
    return nodes.rank


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (3, "3 is no plug-in: decorate it, or its filter or score, with @filter or @score"),
        (np, f"{np!r} is no plug-in: decorate it, or its filter or score, with @filter or @score"),
        (undecorated, f"{undecorated!r} is no plug-in: decorate it, or its filter or score, with @filter or @score"),
    ],
)
def test_what_is_not_decorated_is_refused(rule: Any, text: str) -> None:
    with says(TypeError, text):
        Plugin.of(rule)
    with says(InputError, text):
        Profile.of(rule)


def test_a_class_that_cannot_be_made_without_arguments_is_refused() -> None:
    @score
    @dataclass
    class Needy:
        weight: float

        def __call__(self, pod: Any, nodes: Any) -> Any:
            return self.weight

    with pytest.raises(InputError, match="missing 1 required positional argument: 'weight'"):
        Profile.of(Needy)
    assert scores(Needy(2.0), cluster(), pod()) == {"a": 2, "b": 2, "c": 2}


def test_builtins_cannot_be_decorated() -> None:
    with pytest.raises(AttributeError):
        score(len)


def test_a_ratio_with_nothing_below_is_0() -> None:
    assert ratio([1, 2, 3], [2, 0, -4]).tolist() == [0.5, 0, -0.75]
    assert ratio(3, [[1], [0]]).tolist() == [[3], [0]]
    assert ratio(np.array([1, 2]), 0).tolist() == [0, 0]
    assert ratio(1, 4).tolist() == 0.25
    assert ratio([1], [2]).dtype == np.float64


def test_skip_reads_as_itself() -> None:
    assert repr(SKIP) == "SKIP"
