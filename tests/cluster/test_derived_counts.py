"""Counts of pods by label and averages of usage, over random histories, against counting and integrating anew."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import bind, evict, node, pod

from schedlab import Cluster, ClusterView, InputError
from schedlab.cluster.facts import NodeAdded, NodeRemoved, PodEnded, PodStarted, UsageSampled
from schedlab.objects.selectors import LabelSelector, LabelSelectorRequirement

EXISTS = LabelSelector(match_labels={"app": "web"}, match_expressions=[LabelSelectorRequirement("tier", "Exists")])
SELECTORS = ({}, {"app": "web"}, {"app": "web", "tier": "a"}, EXISTS, LabelSelector(match_labels={"app": "web"}))
LABELS = ({}, {"app": "web"}, {"app": "db", "tier": "a"}, {"app": "web", "tier": "a"}, {"app": "web", "tier": "b"})

steps = st.lists(
    st.tuples(st.sampled_from(["bind", "evict", "end", "add", "remove", "pod"]), st.integers(0, 9)), max_size=30
)


def matches(selector: object, labels: dict[str, str]) -> bool:
    if isinstance(selector, LabelSelector):
        return labels.get("app") == "web" and (not selector.match_expressions or "tier" in labels)
    assert isinstance(selector, dict)
    return all(labels.get(key) == value for key, value in selector.items())


@given(history=steps, asked=st.lists(st.integers(0, 29), max_size=6))
def test_counts_are_those_of_counting_anew(history: list[tuple[str, int]], asked: list[int]) -> None:
    cluster = Cluster([node(f"n{i}") for i in range(3)])
    view, names, labels = ClusterView(cluster), [f"n{i}" for i in range(3)], []
    for i in range(5):
        labels.append(LABELS[i])
        cluster.add_pods([pod(f"p{i}", labels=LABELS[i])])
    shown = []
    for at, (what, number) in enumerate(history):
        row, name = number % len(labels), names[number % len(names)] if names else None
        bound = cluster.pods.node[row] >= 0
        if what == "bind" and name and not bound and cluster.pods.phase[row] < 2:
            bind(cluster, row, name)
        elif what == "evict" and bound:
            evict(cluster, row)
        elif what == "end" and bound:
            cluster.update(PodEnded(row, succeeded=True))
        elif what == "add":
            names.append(f"more{at}")
            cluster.update(NodeAdded(node(names[-1])))
        elif what == "remove" and name:
            names.remove(name)
            cluster.update(NodeRemoved(name))
        elif what == "pod":
            labels.append({**LABELS[number % 5], "nr": str(number)})
            cluster.add_pods([pod(f"p{len(labels)}", labels=labels[-1])])
        if at in asked or at == len(history) - 1:
            for selector in SELECTORS:
                found = view.nodes().count(selector)
                expected = [
                    sum(matches(selector, labels[other]) for other in cluster.pods_on(position).tolist())
                    for position in range(len(cluster.nodes))
                ]
                assert found.tolist() == expected
                shown.append((found, expected))
    assert all(found.tolist() == expected for found, expected in shown)  # what was shown stays as it was


def integral(samples: list[tuple[int, float]], now: int, half_life: int) -> float:
    """Weigh usage by 2^(-age / half life), second by second; before the first sample there is none."""
    total = 0.0
    for second in range(now):
        use = [amount for time, amount in samples if time <= second]
        recent, older = (math.exp2(-(now - each) / half_life) for each in (second + 1, second))
        total += use[-1] * (recent - older) if use else 0.0
    return total


@given(
    samples=st.dictionaries(st.integers(1, 40), st.integers(0, 1000), min_size=1, max_size=6),
    half_life=st.integers(1, 50),
    idle=st.lists(st.integers(1, 60), max_size=4),
)
def test_averages_are_those_of_adding_up_second_by_second(
    samples: dict[int, int], half_life: int, idle: list[int]
) -> None:
    cluster = Cluster([node("other"), node("a")], [pod("p", on="a")])
    view = ClusterView(cluster)
    cluster.update(PodStarted(0))
    assert view.nodes().usage_average(half_life).tolist() == [[0, 0], [0, 0]]
    for now in range(1, 61):
        cluster.now = now
        if now in samples:
            cluster.update(UsageSampled(0, samples[now], 2.0 * samples[now]))
        if now == 30:
            cluster.update(NodeRemoved("other"))  # a moves into its place
        if now in idle:
            view.nodes().usage_average(half_life)  # asking leaves no trace
    expected = integral(sorted((t, float(amount)) for t, amount in samples.items()), 60, half_life)
    found = view.nodes().usage_average(half_life)
    assert found[:, 0].tolist() == pytest.approx([expected, 2 * expected], rel=1e-9, abs=1e-9)
    cluster.update(NodeAdded(node("new")))
    assert view.nodes().usage_average(half_life)[:, 1].tolist() == [0, 0]


@pytest.mark.parametrize("half_life", [0, -1])
def test_a_half_life_is_positive(half_life: int) -> None:
    with pytest.raises(InputError, match=f"a half-life of {half_life} microseconds"):
        ClusterView(Cluster([node("a")])).usage_average(half_life)
