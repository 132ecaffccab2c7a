"""Transforms against slow references: a window is seen instant by instant, groups pod by pod."""

from collections import Counter

import numpy as np
import pytest
from drawn_workloads import LONGEST, workloads
from hypothesis import assume, given
from hypothesis import strategies as st

from schedlab.errors import InputError
from schedlab.workload import FOREVER, Workload
from schedlab.workload.subset import fair_sample
from schedlab.workload.transforms.thin import thin
from schedlab.workload.transforms.window import window


def us(micros: int) -> str:
    return f"{micros}us"


def present(workload: Workload, time: int) -> dict[str, tuple[float, float] | None]:
    """Return the pods that are there if each starts when submitted, and what each uses.

    A pod whose walltime is over is killed.
    """
    pods, curves, found = workload.pods, workload.usage, {}
    for row in range(len(pods)):
        age = time - int(pods.submit[row])
        if age < 0 or (pods.duration[row] != FOREVER and age >= pods.duration[row]):
            continue
        if pods.walltime is not None and 0 <= pods.walltime[row] <= age:
            continue
        used = None
        if curves is not None:
            for sample in range(int(curves.first[row]), int(curves.first[row + 1])):
                if curves.offset[sample] <= age:
                    used = float(curves.cpu[sample]), float(curves.memory[sample])
        found[pods.name(row)] = used
    return found


def nodes(workload: Workload, time: int) -> dict[str, bool]:
    """Return the nodes that are there once all of a time has happened, and whether each is unschedulable."""
    spec = {node.metadata.name: node.spec.unschedulable for node in workload.nodes}
    first = {event.node: event.kind for event in reversed(workload.node_events)}
    state = {name: cordoned for name, cordoned in spec.items() if first.get(name) != "add"}
    for event in workload.node_events:
        if event.time > time:
            continue
        if event.kind == "add":
            assert event.node not in state
            state[event.node] = spec[event.node]
        elif event.kind == "remove":
            del state[event.node]
        else:
            state[event.node] = event.kind == "cordon"
    return state


@given(workloads(named=True), st.integers(0, LONGEST), st.integers(1, LONGEST))
def test_a_window_shows_what_the_whole_shows_at_each_instant(whole: Workload, start: int, length: int) -> None:
    try:
        part = window(whole, start=us(start), length=us(length))
    except InputError as error:
        known = [text for text in ("no pod is submitted", "no node is there", "and the trace at") if text in str(error)]
        if known:
            return
        raise
    assert part.horizon == length
    assert (np.diff(part.pods.submit) >= 0).all()
    for time in range(length):
        assert present(part, time) == present(whole, start + time)
        assert nodes(part, time) == nodes(whole, start + time)
    arrivals = {whole.pods.name(row) for row in range(len(whole.pods)) if start <= whole.pods.submit[row]}
    for row in range(len(part.pods)):
        early = part.pods.name(row) not in arrivals
        assert part.pods.initial[row] == (early or (start == 0 and whole.pods.initial[int(part.pods.name(row)[1:])]))


@given(workloads(named=True), st.integers(1, LONGEST))
def test_disjoint_windows_hold_each_arrival_once(whole: Workload, length: int) -> None:
    seen: Counter[str] = Counter()
    for start in range(0, LONGEST + 1, length):
        try:
            part = window(whole, start=us(start), length=us(length))
        except InputError as error:
            assume("no pod is submitted" in str(error))
            continue
        seen.update(part.pods.name(row) for row in np.flatnonzero(~part.pods.initial).tolist())
    expected = Counter(whole.pods.name(row) for row in np.flatnonzero(~whole.pods.initial).tolist())
    assert seen == expected


@given(workloads(named=True), st.sampled_from(["tenant", "job"]), st.integers(1, 5), st.integers(0, 9))
def test_parts_are_disjoint_whole_and_nearly_equal(whole: Workload, by: str, parts: int, seed: int) -> None:
    column = getattr(whole.pods, by)
    assume(column is not None)
    groups: dict[object, list[str]] = {}
    for row, code in enumerate(column.tolist()):
        groups.setdefault(code if code >= 0 else f"alone {row}", []).append(whole.pods.name(row))
    if len(groups) < parts:
        with pytest.raises(InputError, match="do not make"):
            thin(whole, by=by, parts=parts, seed=seed)
        return
    made = [thin(whole, by=by, parts=parts, part=part, seed=seed) for part in range(parts)]
    found = [[each.pods.name(row) for row in range(len(each.pods))] for each in made]
    assert Counter(name for part in found for name in part) == Counter({f"p{row}": 1 for row in range(len(column))})
    for group in groups.values():
        assert sum(not set(group).isdisjoint(part) for part in found) == 1
    sizes = [len(part) for part in found]
    assert min(sizes) >= 1
    assert max(sizes) - min(sizes) <= max(map(len, groups.values()))
    for each in made:  # the pods that are left are of the tenants and jobs that they were of
        for name in ("tenant", "job"):
            before, after = getattr(whole.pods, name), getattr(each.pods, name)
            texts = getattr(each, f"{name}s")
            if before is None:
                assert after is None
                continue
            assert sorted(set(after.tolist()) - {-1}) == list(range(len(texts)))
            for row in range(len(each.pods)):
                old = int(before[int(each.pods.name(row)[1:])])
                assert (texts[after[row]] if after[row] >= 0 else None) == (
                    getattr(whole, f"{name}s")[old] if old >= 0 else None
                )


@given(workloads(named=True), st.floats(0.05, 1.0), st.integers(0, 9))
def test_a_share_is_kept_as_near_as_whole_jobs_allow(whole: Workload, keep: float, seed: int) -> None:
    assume(whole.pods.job is not None)
    largest = max(Counter(code for code in whole.pods.job.tolist() if code >= 0).values(), default=1)
    try:
        kept = len(thin(whole, by="job", keep=keep, seed=seed, nodes=False).pods)
    except InputError:
        kept = 0
    assert abs(kept - keep * len(whole.pods)) <= largest


@given(workloads(most=1), st.floats(0.0, 1.0), st.integers(0, 9))
def test_a_fair_sample_has_the_mix_of_the_whole(whole: Workload, share: float, seed: int) -> None:
    many = [node for node in whole.nodes for _ in range(7)]
    kept = fair_sample(many, share, seed)
    assert kept.sum() == max(1, round(share * len(many)))
    kinds = [str(node.status.allocatable) for node in many]
    for kind in set(kinds):
        rows = [row for row, each in enumerate(kinds) if each == kind]
        assert abs(kept[rows].sum() - share * len(rows)) <= 1
