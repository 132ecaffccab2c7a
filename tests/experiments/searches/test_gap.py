"""Gap: batches of what load, bounds that hold, and one proof for all schedulers."""

import json

import pytest
from worlds import node, pod, world

from schedlab import InputError, Suite, generate
from schedlab.experiments.searches import gap as of_gap
from schedlab.experiments.searches.gap import LOADS, Bound, batches, bounds, measure, placed, solved
from schedlab.experiments.store import Store
from schedlab.scoring import Profile


def cells(sizes, nodes):
    """Return a workload of pods of some cpu on nodes of 1000m."""
    return world([node(f"n{i}", 1000) for i in range(nodes)], [pod(f"p{i}", cpu=size) for i, size in enumerate(sizes)])


def test_a_batch_asks_for_as_much_as_its_load_says():
    source = cells([100] * 10, 4)
    assert [len(batch.pods) for batch in batches(source, (50, 90, 130))] == [20, 36, 52]
    names = [batches(source, (50,))[0].pods.name(row) for row in range(20)]
    assert len(set(names)) == 20


def test_seeds_draw_other_orders_and_loads_are_prefixes():
    source = cells([100, 200, 300, 400] * 5, 10)
    low, high = (batch.pods.template.tolist() for batch in batches(source, (50, 100), seed=1))
    assert high[: len(low)] == low
    assert batches(source, (50,), seed=2)[0].pods.template.tolist() != low


def test_first_fit_of_small_before_large_is_as_far_as_counting_says():
    source = cells([600, 600, 400, 400], 2)
    (batch,) = batches(source, (100,))
    best = solved(batch)
    assert best.gap == 0
    assert placed(batch, Profile.of("best_fit")) <= best.objective[0] == best.bound[0]


def test_no_scheduler_is_better_than_a_bound():
    source = generate(pods=60, nodes=5, seed=4)
    shared = json.loads(json.dumps(bounds(source, 4)))
    assert [Bound(**each).load for each in shared] == [*LOADS]
    assert all(Bound(**each).kind and Bound(**each).slack >= 0 for each in shared)
    for scheduler in ("best_fit", "random", "kubernetes"):
        entries = measure.function(source, Profile.of(scheduler), 4, shared)
        gaps = [entries[f"gap.{load}"] for load in LOADS]
        assert all(0 <= gap < 1 for gap in gaps)
        assert entries["gap"] == pytest.approx(sum(gaps) / len(gaps))
        for each in shared:  # what the search found is within the slack
            assert entries[f"gap.{each['load']}.slack"] == (each["bound"] - each["best"]) / each["bound"]


@pytest.mark.parametrize("loads", [(), (0, 50), (50, 50), (90, 80)])
def test_loads_must_rise(loads):
    with pytest.raises(InputError, match="give rising per cents above 0"):
        batches(cells([100], 1), loads)


def test_a_suite_proves_a_bound_once_for_all_schedulers(tmp_path, monkeypatch):
    calls = []
    proving = of_gap.solved
    monkeypatch.setattr(of_gap, "solved", lambda *given: calls.append(given) or proving(*given, 0.3))
    traces = [{"trace": "generated", "options": {"pods": 40, "nodes": 4}}]
    compare = {"metrics": ["gap"]}
    suite = Suite.of("s", traces, ["best_fit", "random"], replicates=2, compare=compare)
    frame = suite.run(workers=1, out=tmp_path).frame
    assert len(calls) == 2 * len(LOADS)
    assert (frame["gap"] >= 0).all()
    assert len([*Store(tmp_path).searches.glob("gap-*.json")]) == 2
    more = Suite.of("s", traces, ["best_fit", "random", "worst_fit"], replicates=2, compare=compare)
    assert len(more.run(workers=1, out=tmp_path).frame) == 6
    assert len(calls) == 2 * len(LOADS)
