"""NodeResourcesFit and NodeResourcesBalancedAllocation against kube-scheduler's arithmetic in plain integers."""

from __future__ import annotations

import math
from typing import Any

from drawn import Amounts, Drawn, Machine, clusters, requested
from hypothesis import example, given
from hypothesis import strategies as st
from tiny import GPU, evaluate

from schedlab import Profile, explain

FIT, BALANCED = "NodeResourcesFit", "NodeResourcesBalancedAllocation"
HUGE = "hugepages-2Mi"
EXTENDED = ("nvidia.com/gpu", "example.com/foo")
NATIVE = ("cpu", "memory", "ephemeral-storage")
NAMES = (*NATIVE, HUGE, *EXTENDED)

capacity = st.one_of(
    st.sampled_from([0, 1, 3, 100, 1000, 2**46 - 1, 2**46]), st.integers(0, 4000), st.integers(0, 2**46)
)
amount = st.one_of(st.integers(0, 1500), st.sampled_from([0, 1, 2**45, 2**46, 2**46 + 1, 2**60]), st.integers(0, 2**44))
drawn_clusters = clusters(dict.fromkeys(NAMES, capacity), dict.fromkeys(NAMES, amount), most=4)
weighted = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(1, 100)), min_size=1, max_size=4, unique_by=lambda each: each[0]
)


@st.composite
def shapes(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Draw a broken line: rising utilisations 0..100, scores 0..10."""
    utilizations = sorted(draw(st.sets(st.integers(0, 100), min_size=1, max_size=4)))
    return [(utilization, draw(st.integers(0, 10))) for utilization in utilizations]


def alone(plugin: str, args: dict[str, Any], *, filters: bool = False) -> Profile:
    off = {} if filters else {"filter": {"disabled": [{"name": "*"}]}}
    points = {"multiPoint": {"disabled": [{"name": "*"}], "enabled": [{"name": plugin}]}, **off}
    return Profile.from_config({"plugins": points, "pluginConfig": [{"name": plugin, "args": args}]})


def quotient(a: int, b: int) -> int:
    """Divide as Go does, towards zero."""
    return abs(a) // abs(b) * (1 if (a >= 0) == (b > 0) else -1)


def least(want: int, have: int) -> int:
    return 0 if want > have else (have - want) * 100 // have


def most(want: int, have: int) -> int:
    return min(want, have) * 100 // have


def along(shape: list[tuple[int, int]], want: int, have: int) -> int:
    """Follow the broken line, its scores scaled to 0..100, at a whole percentage."""
    at = 100 if want > have else want * 100 // have
    for i, (utilization, score) in enumerate(shape):
        if at <= utilization:
            if i == 0:
                return score * 10
            before, low = shape[i - 1]
            return low * 10 + quotient((score - low) * 10 * (at - before), utilization - before)
    return shape[-1][1] * 10


def counted(
    machine: Machine, asked: Amounts, weights: list[tuple[str, int]], *, nonzero: bool
) -> list[tuple[int, int, int]]:
    """Return (weight, wanted, had) for every resource that counts on this node."""
    found = []
    for name, weight in weights:
        have = machine.has.get(name, 0)
        if have == 0 or (name not in NATIVE and requested(asked, name) == 0):
            continue
        want = machine.used(name, nonzero=nonzero) + requested(asked, name, nonzero=nonzero)
        found.append((weight, want, have))
    return found


def fit_score(kind: str, shape: list[tuple[int, int]], resources: list[tuple[int, int, int]]) -> int:
    if kind == "RequestedToCapacityRatio":
        scored = [(weight, along(shape, want, have)) for weight, want, have in resources]
        scored = [(weight, score) for weight, score in scored if score > 0]
        total, weights = sum(weight * score for weight, score in scored), sum(weight for weight, _ in scored)
        return (2 * total + weights) // (2 * weights) if weights else 0  # half up
    score = least if kind == "LeastAllocated" else most
    weights = sum(weight for weight, _, _ in resources)
    return sum(weight * score(want, have) for weight, want, have in resources) // weights if weights else 0


@given(
    drawn=drawn_clusters,
    kind=st.sampled_from(["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"]),
    weights=weighted,
    shape=shapes(),
)
@example(
    Drawn((Machine("n0", {"cpu": 2**46, "memory": 2**46 - 1}, ({"cpu": 2**46 - 3},)),), {"cpu": 1, "memory": 2**45}),
    "LeastAllocated", [("cpu", 1), ("memory", 100)], [(0, 0)],
)  # fmt: skip
def test_fit_scores(drawn: Drawn, kind: str, weights: list[tuple[str, int]], shape: list[tuple[int, int]]) -> None:
    strategy = {
        "type": kind,
        "resources": [{"name": name, "weight": weight} for name, weight in weights],
        "requestedToCapacityRatio": {"shape": [{"utilization": u, "score": s} for u, s in shape]},
    }
    found = evaluate(alone(FIT, {"scoringStrategy": strategy}), drawn.cluster(), drawn.pod())
    expected = [
        fit_score(kind, shape, counted(machine, drawn.pending, weights, nonzero=True)) for machine in drawn.machines
    ]
    assert found.raw[FIT].tolist() == expected


def balance(fractions: list[float]) -> int:
    """Score in double precision, in kube-scheduler's order of operations."""
    if len(fractions) == 2:
        deviation = abs((fractions[0] - fractions[1]) / 2)
    elif len(fractions) > 2:
        mean, squares = sum(fractions) / len(fractions), 0.0
        for fraction in fractions:
            squares += (fraction - mean) * (fraction - mean)
        deviation = math.sqrt(squares / len(fractions))
    else:
        deviation = 0.0
    return int((1 - deviation) * 100)


@given(drawn=drawn_clusters, names=st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
def test_balanced_allocation_scores(drawn: Drawn, names: list[str]) -> None:
    weights = [(name, 1) for name in names]  # kube-scheduler takes no other, and no name twice
    args = {"resources": [{"name": name, "weight": weight} for name, weight in weights]}
    found = evaluate(alone(BALANCED, args), drawn.cluster(), drawn.pod())
    if not any(requested(drawn.pending, name) for name, _ in weights):
        assert found.raw == {}
        return
    expected = []
    for machine in drawn.machines:
        resources = counted(machine, drawn.pending, weights, nonzero=False)
        expected.append(balance([min(1.0, want / have) for _, want, have in resources]))
    assert found.raw[BALANCED].tolist() == expected


def lacking(machine: Machine, asked: Amounts, ignored: list[str], groups: list[str]) -> tuple[str, list[str]] | None:
    """Return code and reasons as fitsRequest and Filter do, None if the pod fits."""
    reasons = ["Too many pods"] if len(machine.pods) + 1 > machine.has["pods"] else []
    beyond = False
    for name in NAMES:
        want, have = requested(asked, name), machine.has.get(name, 0)
        passed_over = name in EXTENDED and (name in ignored or name.split("/")[0] in groups)
        if want > 0 and not passed_over and want > have - machine.used(name):
            reasons.append(f"Insufficient {name}")
            beyond = beyond or want > have
    code = "UnschedulableAndUnresolvable" if beyond else "Unschedulable"
    return (code, sorted(reasons)) if reasons else None


@given(
    drawn=drawn_clusters,
    ignored=st.lists(st.sampled_from([*EXTENDED, "cpu", HUGE]), max_size=2),
    groups=st.lists(st.sampled_from(["nvidia.com", "example.com", "kubernetes.io"]), max_size=1),
)
@example(Drawn((Machine("n0", {"pods": 0, GPU: 1}, ()),), {GPU: 2, "cpu": 0}), ["nvidia.com/gpu"], [])
def test_fit_codes_and_reasons(drawn: Drawn, ignored: list[str], groups: list[str]) -> None:
    profile = alone(FIT, {"ignoredResources": ignored, "ignoredResourceGroups": groups}, filters=True)
    found = explain(drawn.cluster(), drawn.pod(), profile)["filter"]
    for machine in drawn.machines:
        status = found[machine.name]
        got = None if status["ok"] else (status["code"], status["reasons"])
        assert got == lacking(machine, drawn.pending, ignored, groups)
