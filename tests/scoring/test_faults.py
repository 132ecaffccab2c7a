"""A plug-in that breaks its contract is named, with the pod and the time, on one line."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tiny import node, pod, says

from schedlab import Cluster, ClusterView, PluginError, Profile, explain, filter, score
from schedlab.plugins.api import Plugin
from schedlab.scheduling.cycle import cycle
from schedlab.scoring import Evaluator

WHO = "plug-in rule, pod web-1 at 2.5 s: "


def decide(rule: Any) -> Any:
    """Run one cycle over the nodes a, b and c at 2.5 s; c has no room."""
    cluster = Cluster([node("a"), node("b"), node("c", cpu=0)])
    cluster.now = 2_500_000
    (row,) = cluster.add_pods([pod("web-1", 100)])
    return cycle(row, Evaluator(Profile.of(rule), ClusterView(cluster)))


def raises(pod: Any, nodes: Any) -> Any:
    raise ValueError("no\n  good")


def looks_up(pod: Any, nodes: Any) -> Any:
    return vars(nodes)["nothing"]


def too_much(pod: Any, nodes: Any) -> Any:
    return nodes.colour


@pytest.mark.parametrize("kind", [filter, score])
@pytest.mark.parametrize(
    ("function", "text"),
    [
        (raises, "ValueError: no good"),
        (looks_up, "KeyError: 'nothing'"),
        (too_much, "AttributeError: nodes have no 'colour'"),
        (lambda pod, nodes: np.ones(2), "it gave shape (2,) for 3 nodes; return one value for each node"),
        (lambda pod, nodes: np.ones((1, 3)), "it gave shape (1, 3) for 3 nodes; return one value for each node"),
        (lambda pod, nodes: nodes.used, "it gave shape (4, 3) for 3 nodes; return one value for each node"),
        (lambda pod, nodes: np.array(["x", "y", "z"]), "it gave <U1; return numbers, one for each node"),
        (lambda pod, nodes: None, "it gave object; return numbers, one for each node"),
        (lambda pod, nodes: np.ones(3, complex), "it gave complex128; return numbers, one for each node"),
    ],
)  # fmt: skip
def test_what_no_plugin_may_do(kind: Any, function: Callable[..., Any], text: str) -> None:
    with says(PluginError, WHO + text):
        decide(kind(name="rule")(function))


def test_a_filter_gives_no_floats() -> None:
    with says(PluginError, WHO + "the filter gave floats; return bool or signed integers"):
        decide(filter(name="rule")(lambda pod, nodes: np.array([0.0, 1.0, 0.0])))


@pytest.mark.parametrize("normalize", [None, "none", "max", "min_max", "reversed_max"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", [[1], [0, 1]])
def test_a_score_that_is_not_finite(normalize: Any, bad: float, where: list[int]) -> None:
    def rule(pod: Any, nodes: Any) -> Any:
        raw = np.array([1.0, 2.0, 3.0])
        raw[where] = bad
        return raw

    name = "ab"[where[0]]
    with says(PluginError, f"{WHO}the score of node {name} is not finite (NaN or infinite)"):
        decide(score(name="rule", normalize=normalize)(rule))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_one_to_blame_is_found_among_several(bad: float) -> None:
    fine = Plugin.of(score(name="fine")(lambda pod, nodes: nodes.rank))
    rule = Plugin.of(score(name="rule", normalize="none")(lambda pod, nodes: np.array([1.0, bad, 1.0])))
    filters = Profile.of("best_fit").filters
    with says(PluginError, f"{WHO}the score of node b is not finite (NaN or infinite)"):
        decide(Profile.build("both", filters, [(fine, 1.0), (rule, 2.0)]))


@pytest.mark.parametrize("normalize", [None, "none", "max", "min_max", "reversed_max"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_it_says_of_nodes_that_cannot_take_the_pod_does_not_matter(normalize: Any, bad: float) -> None:
    rule = score(name="rule", normalize=normalize)(lambda pod, nodes: np.array([2.0, 1.0, bad]))
    (group,) = decide(rule).groups
    assert group[0].node == (1 if normalize == "reversed_max" else 0)


def test_a_normaliser_of_ones_own_is_held_to_the_contract() -> None:
    def ones(pod: Any, nodes: Any) -> Any:
        return np.ones(3)

    with says(PluginError, WHO + "ZeroDivisionError: division by zero"):
        decide(score(name="rule", normalize=lambda raw, feasible: 1 / 0)(ones))
    with says(PluginError, WHO + "it gave shape (2,) for 3 nodes; return one value for each node"):
        decide(score(name="rule", normalize=lambda raw, feasible: raw[feasible])(ones))
    with says(PluginError, WHO + "the score of node a is not finite (NaN or infinite)"):
        decide(score(name="rule", normalize=lambda raw, feasible: raw * np.nan)(ones))


class Failing:
    """Fails in one of its hooks."""

    def __init__(self, hook: str) -> None:
        self.hook = hook

    def prepare(self, pod: Any, cluster: Any) -> None:
        if self.hook == "prepare":
            raise ValueError("boom")

    @filter(name="rule")
    def filter(self, pod: Any, nodes: Any, state: Any) -> Any:
        return np.full(len(nodes), self.hook == "assign")

    def reasons(self, pod: Any, nodes: Any) -> Any:
        raise ValueError("boom")

    def assign(self, pod: Any, node: int) -> Any:
        raise ValueError("boom")


@pytest.mark.parametrize(
    ("hook", "text"),
    [
        ("prepare", "ValueError: boom"),
        ("reasons", "reasons: ValueError: boom"),
        ("assign", "assign: ValueError: boom"),
    ],
)
def test_every_hook_is_watched(hook: str, text: str) -> None:
    with says(PluginError, WHO + text):
        decide(Failing(hook))


@pytest.mark.parametrize("column", ["feasible", "used", "allocatable"])
def test_what_a_plugin_is_shown_is_not_its_to_write(column: str) -> None:
    def writes(pod: Any, nodes: Any) -> Any:
        getattr(nodes, column)[...] = 0
        return 1

    with says(PluginError, WHO + "ValueError: assignment destination is read-only"):
        decide(score(name="rule")(writes))


def test_explaining_names_the_plugin_too_and_leaves_no_pod_behind() -> None:
    cluster = Cluster([node("a")])
    with says(PluginError, "plug-in rule, pod web-1 at 0 s: ValueError: no good"):
        explain(cluster, pod("web-1"), score(name="rule")(raises))
    assert len(cluster.pods) == 0


def test_numbers_of_any_kind_and_shape_that_fits_are_taken() -> None:
    for value in (3, True, 2.5, np.float32(1), np.ones(3, np.int8), [1, 2, 3], np.zeros(1)):
        assert len(decide(score(name="rule")(lambda pod, nodes, value=value: value)).groups) == 1
    for value in (True, 0, np.zeros(3, np.int8), [0, 0, 1]):
        assert len(decide(filter(name="rule")(lambda pod, nodes, value=value: value)).groups) == 1


@pytest.mark.parametrize("code", [7, -1])
def test_a_filter_gives_only_codes_that_it_declares(code: int) -> None:
    text = f"the filter gave code {code}, which is not among those it declares, [1, 2]"
    with says(PluginError, WHO + text):
        decide(
            filter(name="rule", codes={1: "resolvable", 2: "unresolvable"})(lambda pod, nodes: np.array([0, code, 1]))
        )


def test_a_filter_does_not_see_what_was_feasible_for_the_pod_before() -> None:
    cluster = Cluster([node("a", cpu=1000), node("b", cpu=5000)])
    seen = []
    rule = filter(name="rule")(lambda pod, nodes: seen.append(nodes.feasible.tolist()) or np.ones(2, bool))
    evaluator = Evaluator(Profile.of(rule), ClusterView(cluster))
    for row in cluster.add_pods([pod("big", 3000), pod("small", 100)]):
        evaluator.evaluate(row)
    assert seen == [[True, True], [True, True]]
