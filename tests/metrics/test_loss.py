"""The offline bound: beside a dense programme, beside every subset of the pods, and above whatever a policy serves."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from worlds import node, pod, world

from schedlab import replay, summary
from schedlab.metrics.loss import most_served

EVER = np.iinfo(np.int64).max


@st.composite
def cases(draw: Any) -> tuple[Any, ...]:
    pods, resources = draw(st.integers(1, 8)), draw(st.integers(1, 2))
    submit = np.array(sorted(draw(st.lists(st.integers(0, 6), min_size=pods, max_size=pods))), np.int64)
    stay = np.array(draw(st.lists(st.sampled_from([0, 1, 2, 4, EVER]), min_size=pods, max_size=pods)), np.int64)
    demand = np.array(draw(st.lists(st.integers(0, 4), min_size=pods * resources, max_size=pods * resources)), np.int64)
    times = np.unique(submit)
    room = draw(st.lists(st.integers(0, 8), min_size=resources * len(times), max_size=resources * len(times)))
    return submit, stay, demand.reshape(resources, pods), times, np.array(room, np.int64).reshape(resources, -1)


def there(submit: Any, stay: Any, times: Any) -> Any:
    """Return bool (K, P): who is there at each instant."""
    return np.array([[at <= t and (left == EVER or t < at + left) for at, left in zip(submit, stay, strict=True)]
                     for t in times.tolist()])  # fmt: skip


@settings(max_examples=150)
@given(cases())
def test_it_is_the_dense_programme_and_no_subset_is_larger(case: tuple[Any, ...]) -> None:
    submit, stay, demand, times, capacity = case
    lives, pods = there(submit, stay, times), len(submit)
    rows = [lives[k] * demand[r] for r in range(len(demand)) for k in range(len(times))]
    dense = linprog(-np.ones(pods), np.array(rows), capacity.ravel(), bounds=(0, 1), method="highs-ds")
    found = most_served(*case)
    assert found == math.floor(-dense.fun + 1e-6)
    most = max(
        len(some)
        for size in range(pods + 1)
        for some in combinations(range(pods), size)
        if all(np.array(row)[list(some)].sum() <= room for row, room in zip(rows, capacity.ravel(), strict=True))
    )
    assert most <= found
    assert most_served(submit, stay, demand, times[::2], capacity[:, ::2]) >= found


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from([2, 5, None]), st.sampled_from([300, 500, 800])), min_size=1,
             max_size=10),
    st.sampled_from(["first_fit+loss", "worst_fit+loss", "solver(every=0,objective=pods,rejects=true)"]),
    st.booleans(),
)  # fmt: skip
def test_no_policy_serves_more(drawn: list[tuple[int, Any, int]], scheduler: str, loses: bool) -> None:
    pods = [pod(f"p{i}", at, runs, cpu=cpu) for i, (at, runs, cpu) in enumerate(drawn)]
    events = [(4, "remove", "b")] if loses else []
    found = summary(replay(world([node("a"), node("b")], pods, events, horizon=20), scheduler, check=True))
    assert found["served"] <= found["offline_bound.lp"] <= found["pods"]
