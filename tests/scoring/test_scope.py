"""A scope that is not true fails the run, and says whose."""

from typing import Any

import numpy as np
import pytest
from tiny import binding, node, pod, says

from schedlab import Cluster, ClusterView, PluginError, Profile, filter, score
from schedlab.cluster import Plan
from schedlab.scoring import Evaluator


def run(rule: Any, pods: int = 40) -> Evaluator:
    """Place pods one after the other on 64 nodes."""
    cluster = Cluster([node(f"n{i}", 1000 + i) for i in range(64)])
    evaluator = Evaluator(Profile.of(rule), ClusterView(cluster))
    for row in cluster.add_pods([pod(f"p{i}", 37) for i in range(pods)]):
        found = evaluator.choose(row)
        if found.best >= 0:
            cluster.apply(Plan(((binding(cluster, row, f"n{found.best}"),),)))
    return evaluator


@pytest.mark.parametrize("kind", ["mean", "max", "sorted"])
def test_a_reduction_over_nodes_in_a_node_score(kind: str) -> None:
    @score(scope="node", name="rule")
    def rule(pod: Any, nodes: Any) -> Any:
        used = nodes.used["cpu"]
        return used + {"mean": used.mean, "max": used.max, "sorted": lambda: np.sort(used)[-1]}[kind]()

    text = "it is of scope 'node', but a node's score changes with the other nodes; declare scope='cluster'"
    with says(PluginError, f"plug-in rule, pod p2 at 0 s: {text}"):
        run(rule)


def test_a_reduction_over_nodes_in_a_node_filter() -> None:
    @filter(scope="node", name="rule")
    def rule(pod: Any, nodes: Any) -> Any:
        return nodes.used["cpu"] <= nodes.used["cpu"].mean()

    with pytest.raises(PluginError, match="scope 'node', but a node's verdict changes with the other nodes"):
        run(rule)


def test_a_score_that_hangs_on_something_else() -> None:
    calls: list[int] = []

    @score(scope="node", name="rule")
    def rule(pod: Any, nodes: Any) -> Any:
        calls.append(1)
        return np.sort(nodes.used, axis=0)[0] * 0 + len(calls)

    with pytest.raises(PluginError, match=r"plug-in rule, .* asked anew it answers otherwise|changes with the other"):
        run(rule)


def test_where_only_last_bits_differ_it_is_asked_in_full_from_then_on() -> None:
    @score(scope="node", name="rule")
    def rule(pod: Any, nodes: Any) -> Any:
        wobble = 1e-13 * len(nodes)  # stands for a product of matrices, whose last bits hang on their shapes
        return np.sort(nodes.used, axis=0)[-1] + 1.0 + wobble

    evaluator = run(rule)
    assert [part.plugin.name for part in evaluator.rows.parts if not part.filters] == []


def test_an_honest_rule_is_kept() -> None:
    @score(scope="node", name="rule")
    def rule(pod: Any, nodes: Any) -> Any:
        return np.sort(nodes.used, axis=0)[-1]

    assert [part.plugin.name for part in run(rule).rows.parts if not part.filters] == ["rule"]
