"""check_plugin: what is wrong is caught by the right verdict, what is right passes."""

import random
from dataclasses import dataclass, field
from typing import Annotated, Any

import guide
import msgspec
import numpy as np
import pytest

from schedlab import SKIP, InputError, Skip, filter, order, ratio, score
from schedlab.plugins import registry
from schedlab.testing import Report, check_plugin
from schedlab.testing.plugins import calls
from schedlab.testing.plugins.calls import Bench
from schedlab.testing.plugins.worlds import SIZES, World

WEIGHTS = np.array([0.3, 0.7, 0.1, 0.9])


def failed(rule: Any) -> dict[str, str]:
    return check_plugin(rule, timed=()).failed


def fails(rule: Any, check: str, *texts: str) -> None:
    """Expect this check to fail, and its detail to hold these texts."""
    found = failed(rule)
    assert check in found, found
    for text in texts:
        assert text in found[check]


def scored(function: Any, **mark: Any) -> Any:
    """Return a score of scope node."""
    return score(**{"scope": "node", "name": "rule", **mark})(lambda pod, nodes: function(pod, nodes))


# what is right passes


@pytest.mark.parametrize("name", registry.builtin())
def test_every_builtin_passes(name: str) -> None:
    check_plugin(registry.find(name), timed=()).raise_if_failed()


@pytest.mark.parametrize(
    "where",
    [
        "tightest.py:tightest",
        "least_allocated.py:least_allocated",
        "soft_spread.py:SoftSpread",
        "one_per_host.py:OnePerHost",
        "fragmentation.py:Fragmentation",
        "delay.py:DelayScheduling",
        "predicted_use.py:PredictedUse",
    ],
)
def test_every_rule_of_the_guide_passes(where: str) -> None:
    check_plugin(guide.rule(where), timed=()).raise_if_failed()


@pytest.mark.parametrize(
    "strategy",
    [
        {"type": "MostAllocated", "resources": [{"name": "cpu", "weight": 3}, {"name": "nvidia.com/gpu"}]},
        {"type": "RequestedToCapacityRatio", "resources": [{"name": "memory"}, {"name": "example.com/widget"}]},
    ],
)
def test_a_builtin_with_parameters_passes(strategy: Any) -> None:
    rule = msgspec.convert({"scoringStrategy": strategy}, registry.find("NodeResourcesFit"))
    check_plugin(rule, timed=()).raise_if_failed()


def test_a_plainly_written_score_passes_every_check() -> None:
    @score(scope="node")
    def tightest(pod: Any, nodes: Any) -> Any:
        left = nodes.allocatable - nodes.used - pod.requests
        return -ratio(left, nodes.allocatable)[:2].sum(axis=0)

    report = check_plugin(tightest, timed=())
    assert report.plugin == "tightest"
    assert {verdict.name for verdict in report.verdicts} == {
        "calls", "shape", "dtype", "finite", "mutation", "determinism", "randomness",
        "scope", "order", "subset", "bits", "batch",
    }  # fmt: skip
    assert report
    assert report.untried == ()


def test_a_weighted_sum_over_resources_keeps_its_bits() -> None:
    assert not failed(scored(lambda pod, nodes: (WEIGHTS[:, None] * nodes.used[:4]).sum(axis=0)))


def test_a_rule_that_asks_one_pod_at_a_time_is_looped() -> None:
    rule = scored(lambda pod, nodes: nodes.used[0] if pod.requests["cpu"][0] > 200 else nodes.used[1])
    report = check_plugin(rule, timed=()).raise_if_failed()
    assert {each.name: each.detail for each in report.verdicts}["batch"].startswith("looped")


def test_draws_that_the_seed_fixes() -> None:
    assert not failed(score(name="by uid")(lambda pod, nodes: pod.uniform(nodes.uid)))
    report = check_plugin(score(name="by rng")(lambda pod, nodes: pod.rng.random(len(nodes))), timed=())
    assert report
    assert "by position" in {each.name: each.detail for each in report.verdicts}["order"]


def test_a_rule_that_looks_across_nodes_with_scope_cluster() -> None:
    assert not failed(scored(lambda pod, nodes: nodes.used[0] - nodes.used[0].mean(), scope="cluster"))


def test_a_rule_with_prepare() -> None:
    class Rule:
        def prepare(self, pod: Any, cluster: Any) -> Any:
            if pod.dataset < 0:
                return SKIP
            return Skip(filter=True, state=cluster.distance(pod.dataset)) if pod.dataset == 1 else None

        @filter(scope="node")
        def filter(self, pod: Any, nodes: Any, state: Any) -> Any:
            assert state is None
            return nodes.used["cpu"] < 50_000

        @score(scope="node")
        def score(self, pod: Any, nodes: Any, state: Any) -> Any:
            return nodes.used["cpu"] if state is None else -state  # one for each of all nodes

    report = check_plugin(Rule, timed=()).raise_if_failed()
    assert "skipped by prepare" in report.verdicts[0].detail


def test_an_oracle_sees_the_future_and_setup_too() -> None:
    @dataclass
    class Rule:
        longest: int = field(default=0, init=False)

        def setup(self, workload: Any) -> None:
            self.longest = int(workload.pods.duration.max())

        @score(oracle=True)
        def score(self, pod: Any, nodes: Any) -> Any:
            return nodes.used[0] * (pod.duration / self.longest)

    check_plugin(Rule, timed=()).raise_if_failed()


def test_an_order() -> None:
    report = check_plugin(order(lambda pod, now: (pod.priority, pod.waiting)), timed=()).raise_if_failed()
    assert [verdict.name for verdict in report.verdicts] == ["key"]


# answers


def test_off_by_one_shape() -> None:
    rule = scored(lambda pod, nodes: np.diff(nodes.used["cpu"]))
    fails(rule, "shape", "(12,) for 13 nodes", "axis=0")
    assert "scope" in check_plugin(rule, timed=()).untried


def test_one_number_for_each_resource() -> None:
    fails(scored(lambda pod, nodes: nodes.used.sum(axis=1)), "shape")


def test_a_column_too_many() -> None:
    fails(scored(lambda pod, nodes: nodes.used[:1]), "shape", "(1, 13)")


def test_nan_on_an_empty_node() -> None:
    fails(scored(lambda pod, nodes: nodes.usage["cpu"] / nodes.used["cpu"]), "finite", "(empty)", "ratio(a, b)")


def test_infinity_on_a_node_without_a_resource() -> None:
    rule = scored(lambda pod, nodes: (nodes.used[:2] / nodes.allocatable[:2])[0])
    fails(rule, "finite", "(without cpu)")


def test_nan_where_the_pod_cannot_go_is_no_fault() -> None:
    rule = scored(lambda pod, nodes: np.where((nodes.used + pod.demand > nodes.allocatable).any(axis=0), np.nan, 1.0))
    assert not failed(rule)


def test_texts_are_no_scores() -> None:
    fails(scored(lambda pod, nodes: np.full(len(nodes), "best")), "dtype", "return bool, signed integers or floats")


def test_a_filter_that_gives_floats() -> None:
    fails(filter(scope="node")(lambda pod, nodes: nodes.used[0] * 1.0), "dtype", "float64", "True passes")


def test_an_undeclared_code() -> None:
    rule = filter(scope="node", codes={1: "resolvable"})(lambda pod, nodes: np.where(nodes.used[0] > 100, 7, 0))
    fails(rule, "codes", "gives [7], but declares [1]")


def test_a_code_without_a_meaning() -> None:
    rule = filter(scope="node", codes={1: "never"})(lambda pod, nodes: nodes.used[0] < 100)
    fails(rule, "codes", "'never'", "'unresolvable'")


class Busy:
    @filter(scope="node")
    def filter(self, pod: Any, nodes: Any) -> Any:
        return nodes.used["cpu"] < 600


@pytest.mark.parametrize(
    ("reasons", "text"),
    [
        (lambda self, pod, nodes: {"busy": nodes.used["cpu"] > 2000}, "gives none for node"),
        (lambda self, pod, nodes: {"busy": nodes.used["cpu"]}, "give bool"),
        (lambda self, pod, nodes: {"busy": np.ones(len(nodes) + 1, bool)}, "shape"),
        (lambda self, pod, nodes: ["busy"], "return a dict"),
        (lambda self, pod, nodes: {"busy": nodes.used["cpu"] >= np.sort(nodes.used["cpu"])[0]}, None),
        (lambda self, pod, nodes: {"low": np.arange(len(nodes)) % 2 == 0, "high": np.arange(len(nodes)) % 2 == 1},
         "if only the rejected ones are shown"),
    ],
)  # fmt: skip
def test_reasons(reasons: Any, text: str | None) -> None:
    rule = type("Rule", (Busy,), {"reasons": reasons})
    if text is None:
        assert not failed(rule)
    else:
        fails(rule, "reasons", text)


def test_an_exception_is_told_with_the_pod() -> None:
    fails(scored(lambda pod, nodes: nodes.nothing), "calls", "nodes have no 'nothing'", "13 nodes")


def test_an_exception_for_some_pods_only() -> None:
    rule = scored(lambda pod, nodes: nodes.used[0] / (1 // int(pod.requests["nvidia.com/gpu"][0] != 1)))
    fails(rule, "calls", "ZeroDivisionError", "nvidia.com/gpu 1")


# effects


def test_a_written_view() -> None:
    def rule(pod: Any, nodes: Any) -> Any:
        nodes.used[0] += 1
        return nodes.used[0]

    fails(scored(rule), "mutation", "it writes into a view")


def test_a_view_written_by_a_trick() -> None:
    def rule(pod: Any, nodes: Any) -> Any:
        block = np.asarray(nodes.used)
        while block.base is not None:
            block = block.base
        block[0] += 1
        return nodes.allocatable[0]

    report = check_plugin(scored(rule), timed=())
    assert "nodes.used" in report.failed["mutation"]
    assert "determinism" in report.untried


def test_a_view_made_writable() -> None:
    def rule(pod: Any, nodes: Any) -> Any:
        nodes.used_nonzero.flags.writeable = True
        return nodes.allocatable[0]

    fails(scored(rule), "mutation", "nodes.used_nonzero writable")


@pytest.mark.parametrize(
    ("write", "text"),
    [
        (lambda pod, nodes: setattr(nodes, "mine", 1), "sets nodes.mine"),
        (lambda pod, nodes: setattr(pod, "priority", 1), "sets pod.priority"),
        (lambda pod, nodes: pod.labels.update(a="b"), "changes pod.spec or pod.labels"),
        (lambda pod, nodes: pod.spec.containers.clear(), "changes pod.spec or pod.labels"),
    ],
)
def test_attributes_of_views(write: Any, text: str) -> None:
    fails(scored(lambda pod, nodes: write(pod, nodes) or nodes.used[0]), "mutation", text)


@pytest.mark.parametrize(
    ("draw", "text"),
    [
        (lambda n: np.random.random(n), "np.random"),  # noqa: NPY002
        (lambda n: np.full(n, random.random()), "module random"),
        (lambda n: (np.random.seed(3), np.random.random(1))[1], "np.random"),  # noqa: NPY002
    ],
)
def test_a_hidden_global_generator(draw: Any, text: str) -> None:
    before = random.getstate(), np.random.get_state()[1].tobytes()  # noqa: NPY002
    fails(scored(lambda pod, nodes: draw(len(nodes))), "randomness", f"global generator of {text}", "pod.uniform")
    assert (random.getstate(), np.random.get_state()[1].tobytes()) == before  # noqa: NPY002


def test_a_generator_without_a_seed() -> None:
    fails(scored(lambda pod, nodes: np.random.default_rng().random(len(nodes))), "determinism", "asked again")


def test_what_is_kept_between_calls() -> None:
    class Rule:
        calls = 0

        @score(scope="node")
        def score(self, pod: Any, nodes: Any) -> Any:
            self.calls += 1
            return nodes.used[0] + self.calls

    fails(Rule, "determinism", "keep nothing between calls")


# scopes


def test_a_column_outside_the_scope() -> None:
    fails(scored(lambda pod, nodes: nodes.used[0], scope="static"), "scope", "declare scope='node'")
    fails(scored(lambda pod, nodes: nodes.feasible * 1), "scope", "declare scope='cluster'")
    fails(scored(lambda pod, nodes: nodes.used[0] + pod.waiting), "scope", "declare scope='cluster'")


@pytest.mark.parametrize(
    "reduce", [np.mean, np.max, np.min, np.median, len, lambda u: np.sort(u)[len(u) // 2]], ids=range(6)
)
def test_a_reduction_over_nodes(reduce: Any) -> None:
    rule = scored(lambda pod, nodes: nodes.used[0] - reduce(nodes.used[0]))
    found = failed(rule)
    assert "declare scope='cluster'" in found["subset" if reduce is len else "scope"]


def test_a_bound_over_nodes_is_nothing_to_score_by() -> None:
    fails(scored(lambda pod, nodes: nodes.used[0] - nodes.least()[0]), "scope", "scope='cluster'")


def test_a_reduction_over_nodes_in_a_filter() -> None:
    rule = filter(scope="node")(lambda pod, nodes: nodes.used[0] <= np.median(nodes.used[0]))
    fails(rule, "scope", "rejected (code 1)", "passed")


def test_a_static_rule_that_looks_at_pods_by_a_back_door() -> None:
    worlds = []

    class Rule:
        def prepare(self, pod: Any, cluster: Any) -> None:
            worlds[:] = [cluster]

        @score(scope="static")
        def score(self, pod: Any, nodes: Any, state: None) -> Any:
            return nodes.allocatable[0] - worlds[0].nodes("node").used[0][: len(nodes)]

    fails(Rule, "scope", "only pods and usage changed; declare scope='node'")


# widths


@pytest.mark.parametrize("product", [lambda x: WEIGHTS @ x, lambda x: x.T.dot(WEIGHTS)])
def test_a_matrix_product_whose_last_bits_hang_on_the_number_of_nodes(product: Any) -> None:
    found = failed(scored(lambda pod, nodes: product(nodes.used[:4])))
    if "bits" in found:  # so it is on most machines; where it is not, nothing is wrong
        assert list(found) == ["bits"]
        assert "(w[:, None] * x).sum(axis=0)" in found["bits"]


def test_last_bits_that_hang_on_the_number_of_nodes() -> None:
    wobble = scored(lambda pod, nodes: (nodes.used[0] + 1.0) * (1.0 + 2.0**-50 * (len(nodes) % 3)))
    assert list(failed(wobble)) == ["bits"]


def test_an_answer_by_position() -> None:
    fails(score(lambda pod, nodes: np.arange(len(nodes))), "order", "nodes.rank")


def test_a_batch_that_mixes_the_pods() -> None:
    fails(scored(lambda pod, nodes: nodes.used["cpu"] + pod.requests["cpu"] * pod.requests[:].max()), "batch")


# hooks and parameters


class Devices:
    @filter(scope="node")
    def filter(self, pod: Any, nodes: Any) -> Any:
        return nodes.allocatable["nvidia.com/gpu"] > 0


@pytest.mark.parametrize(
    ("assign", "text"),
    [
        (lambda self, pod, node: [(0, 500)], None),
        (lambda self, pod, node: [(0, 5000)], "0 is to give 5000 milli"),
        (lambda self, pod, node: [0], "(device, milli)"),
        (lambda self, pod, node: [(int(np.random.default_rng().integers(60)), 1)], "answers otherwise"),
    ],
)
def test_assign(assign: Any, text: str | None) -> None:
    rule = type("Rule", (Devices,), {"assign": assign})
    if text is None:
        assert not failed(rule)
    else:
        fails(rule, "assign", text)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (lambda pod, now: str(pod.id) if pod.id % 2 else pod.id, "do not sort"),
        (lambda pod, now: float("nan"), "gives nan"),
        (lambda pod, now: random.random(), "for the same pod at the same time"),
        (lambda pod, now: pod.nothing, "AttributeError"),
    ],
)
def test_keys(key: Any, text: str) -> None:
    fails(order(key), "key", text)


def test_an_order_that_knows_the_future() -> None:
    fails(order(lambda pod, now: pod.duration), "scope", "declare oracle=True")


@dataclass(frozen=True)
class Power:
    exponent: Annotated[int, msgspec.Meta(ge=-1, le=3)] = 2

    @score(scope="node")
    def score(self, pod: Any, nodes: Any) -> Any:
        return (nodes.used["cpu"] / 1000) ** float(self.exponent)


def test_a_value_in_range_that_does_not_work() -> None:
    fails(Power, "parameters", "with exponent=-1", "(empty)")


def test_a_value_out_of_range() -> None:
    fails(Power(7), "parameters", "exponent is 7", "-1..3")


# the checker itself


def test_what_is_no_plugin() -> None:
    with pytest.raises(InputError, match="is no plug-in"):
        check_plugin(len)


def test_a_report_says_what_is_wrong() -> None:
    report = check_plugin(scored(lambda pod, nodes: nodes.nothing), timed=())
    assert isinstance(report, Report)
    assert not report
    with pytest.raises(AssertionError, match=r"^plug-in rule\nFAIL  calls .*nothing"):
        report.raise_if_failed()


def test_it_times_calls_beside_a_builtin() -> None:
    report = check_plugin(scored(lambda pod, nodes: nodes.used[0]), timed=(10, 20))
    assert [(each.part, each.nodes, each.beside) for each in report.timings] == [
        ("score", 10, "best_fit"),
        ("score", 20, "best_fit"),
    ]
    assert all(each.microseconds > 0 and each.ratio > 0 for each in report.timings)


def test_worlds_hold_what_plugins_forget() -> None:
    kinds = {kind for world in Bench(None).worlds() for kind in world.kinds}
    assert kinds == {"ordinary", "empty", "full", "overcommitted", "bare", "cordoned", "gpu", "unlabelled"}
    world = World(61, 2)
    nodes = world.cluster.nodes
    assert (nodes.used[:2] > nodes.allocatable[:2]).any()
    assert (nodes.allocatable[:3] == 0).any(axis=1).all()
    assert nodes.unschedulable.any()
    assert nodes.devices.any()
    assert nodes.usage.any()
    assert all(size not in (len(nodes.resources), 8, 16) for size in SIZES)


def test_another_order_of_storage_changes_nothing_else() -> None:
    world, other = World(33, 1), World(33, 1, "shuffled")
    one, two = world.cluster.nodes, other.cluster.nodes
    assert one.uid.tolist() == sorted(two.uid.tolist()) != two.uid.tolist()
    back = np.argsort(two.uid)
    for column in ("allocatable", "used", "usage", "limits", "used_nonzero", "devices", "rank", "unschedulable"):
        assert np.array_equal(getattr(one, column), getattr(two, column)[..., back]), column
    assert world.cluster.last_bound == other.cluster.last_bound


def test_a_call_that_does_not_return_is_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SECONDS", 0.2)

    @score(scope="node")
    def endless(pod: Any, nodes: Any) -> Any:
        while True:
            pass

    fails(endless, "calls", "TimeoutError: the call took more than 0.2 s, its time budget")
