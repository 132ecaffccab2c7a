"""Compaction, inflation and nodes of one type: hand-worked, and against every assignment and every order there is."""

from itertools import combinations, permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import says
from worlds import node, pod, world

from schedlab import InputError, SchedlabError, generate, score
from schedlab.experiments.searches import compaction as of_compaction
from schedlab.experiments.searches import inflation as of_inflation
from schedlab.experiments.searches.compaction import compaction, fit_nodes
from schedlab.experiments.searches.fitting import boundary
from schedlab.experiments.searches.inflation import inflation
from schedlab.experiments.searches.snapshot import snapshot
from schedlab.objects import Taint


def pods_of(sizes, nodes, **options):
    """Return a snapshot of pods of some cpu (or cpu and memory) on nodes of some cpu."""
    pairs = [size if isinstance(size, tuple) else (size, 0) for size in sizes]
    rows = [pod(f"p{i}", cpu=cpu, memory=memory, **options) for i, (cpu, memory) in enumerate(pairs)]
    made = [node(f"n{i}", *(cap if isinstance(cap, tuple) else (cap,))) for i, cap in enumerate(nodes)]
    return snapshot(world(made, rows))


def test_equal_pods_need_what_division_says():
    found = compaction(pods_of([300] * 10, [1000] * 8))  # three to a machine
    assert found.trials == (4,) * 11
    assert (found.machines, found.median, found.original, found.pods) == (4, 4, 8, 10)
    assert (found.bound, found.limit) == (3, "cpu")  # 3,000 millicores


def test_how_many_pods_a_node_holds_is_a_limit_too():
    found = compaction(snapshot(world([node(f"n{i}", pods=2) for i in range(5)], [pod(f"p{i}") for i in range(7)])))
    assert (found.machines, found.bound, found.limit) == (4, 4, "pods")


def test_machines_are_cloned_whole_cells_at_a_time():
    found = compaction(pods_of([900] * 5, [1000, 1000]))
    assert (found.machines, found.original, found.bound) == (5, 2, 5)
    mixed = compaction(pods_of([900] * 3, [1000, 100]), trials=20)
    # one large machine a cell: the second and the third large one come after the whole first and second cell
    assert set(mixed.trials) == {5, 6}
    assert mixed.bound == 5


def test_the_trials_differ_with_the_seed_and_not_otherwise():
    workload = snapshot(generate(pods=300, nodes=12, seed=3))
    first = compaction(workload, seed=1, trials=5)
    assert first == compaction(workload, seed=1, trials=5)
    assert first.trials[:3] == compaction(workload, seed=1, trials=3).trials
    assert {compaction(workload, seed=seed, trials=5).trials for seed in range(4)} != {first.trials}
    assert inflation(workload, seed=1, trials=3) == inflation(workload, seed=1, trials=3)


def test_some_may_stay_pending():
    sizes = [100] * 19 + [950]
    assert compaction(pods_of(sizes, [1000] * 4)).machines == 3
    few = compaction(pods_of(sizes, [1000] * 4), pending=0.05)
    assert (few.bound, set(few.trials)) == (2, {2, 3})  # 3 where the large one comes early
    mend = "give a larger node, or let a share of the pods stay pending (--pending 0.002)"
    with says(InputError, f"pod 'p1' requests cpu=2, which no node of the workload can hold, even empty; {mend}"):
        compaction(pods_of([100, 2000], [1000]))
    assert compaction(pods_of([100, 2000], [1000]), pending=0.5).machines == 1


def test_a_node_type_that_cannot_hold_the_largest_pod_is_refused_with_its_name():
    given = pods_of([500, (3000, 10), 4000, 700], [8000])
    kind = node("type", 2000, 10**9)
    with pytest.raises(
        InputError, match=r"^pod 'p2' requests cpu=4, which a node of this type cannot hold, even empty; "
    ):
        fit_nodes(given, kind)
    together = snapshot(world([node("a", 1000, 10), node("b", 10, 1000)], [pod("p", cpu=500, memory=500)]))
    with pytest.raises(InputError, match=r"^pod 'p' requests cpu=500m, memory=500, which no node of"):
        compaction(together)


def test_a_pod_that_no_clone_takes_is_named_with_the_reason():
    tainted = node("n0")
    tainted.spec.taints.append(Taint(key="gpu", effect="NoSchedule"))
    given = snapshot(world([tainted], [pod("p")]))
    with pytest.raises(
        SchedlabError, match=r"^pod 'p' fits on none of 2 nodes: 0/2 nodes are available: 2 node\(s\) had"
    ):
        compaction(given, "kubernetes")


def test_nodes_of_one_type():
    found = fit_nodes(pods_of([600, 600, 400, 400], [5000]), node("type", 1000), "first_fit")
    assert set(found.trials) <= {2, 3}
    assert (found.bound, found.original) == (2, 0)


def test_the_profile_decides():
    @score
    def emptiest(pod, nodes):
        return -nodes.used["cpu"]

    given = pods_of([100] * 9 + [800], [1000] * 5)
    assert compaction(given, "best_fit", trials=21).median <= compaction(given, emptiest, trials=21).median


def test_a_workload_multiplied():
    found = inflation(pods_of([300] * 4, [1000] * 8))  # 24 of them fit
    assert set(found.trials) == {6.0}
    assert (found.factor, found.median, found.pods) == (6.0, 6.0, 4)
    assert found.bound == 26 / 4  # 8,000 millicores
    assert inflation(pods_of([300] * 8, [1000])).factor == 3 / 8


def test_percentiles_are_on_the_safe_side():
    found = of_compaction.Compaction(tuple(range(1, 12)), 20, 1, "cpu", 5)
    assert (found.machines, found.median, found.percentile(100)) == (10, 6, 11)
    assert of_inflation.Inflation(tuple(float(i) for i in range(1, 12)), (11.0,), 5).factor == 2.0


def test_both_as_entries_of_a_summary():
    workload = generate(pods=200, nodes=10, seed=2)
    entries = of_compaction.measure.function(workload, "best_fit", 1) | (
        of_inflation.measure.function(workload, "best_fit", 1)
    )
    assert list(entries) == [
        "compaction", "compaction.median", "compaction.bound", "inflation", "inflation.median", "inflation.bound"
    ]  # fmt: skip
    assert entries["compaction.bound"] <= entries["compaction.median"] <= entries["compaction"]
    assert entries["inflation"] <= entries["inflation.median"] <= entries["inflation.bound"]


@given(st.sets(st.integers(1, 39)))
def test_bisection_ends_where_the_answer_changes(places):
    def holds(number):
        return number == 40 or number in places

    found = boundary(holds, 0, 40)
    assert holds(found)
    assert found == 1 or not holds(found - 1)


SIZES = st.lists(st.tuples(st.integers(1, 10), st.integers(0, 10)), min_size=1, max_size=5)


def fits_somehow(sizes, nodes):
    """Try every assignment."""
    for where in product(range(len(nodes)), repeat=len(sizes)):
        used = [[0, 0] for _ in nodes]
        for (cpu, memory), n in zip(sizes, where, strict=True):
            used[n][0] += cpu
            used[n][1] += memory
        if all(cpu <= node[0] and memory <= node[1] for (cpu, memory), node in zip(used, nodes, strict=True)):
            return True
    return False


@given(SIZES, st.lists(st.tuples(st.integers(10, 20), st.integers(10, 20)), min_size=1, max_size=4))
def test_no_assignment_beats_the_bound_and_no_trial_beats_the_best_assignment(sizes, nodes):
    found = compaction(pods_of(sizes, nodes), trials=3)
    least = next(
        (k for k in range(1, len(nodes) + 1) if any(fits_somehow(sizes, some) for some in combinations(nodes, k))), None
    )
    if least is None:
        assert min(found.trials) > len(nodes)
        return
    assert found.bound <= least <= min(found.trials)


def first_fit(sizes, bins):
    """Return how many pods find a place before the first that does not, in this order, and the bins that are used."""
    free = [list(bin) for bin in bins]
    for count, size in enumerate(sizes):
        for room in free:
            if all(need <= has for need, has in zip(size, room, strict=True)):
                room[:] = [has - need for need, has in zip(size, room, strict=True)]
                break
        else:
            return count, len(free)
    return len(sizes), sum(room != list(bin) for room, bin in zip(free, bins, strict=True))


@given(SIZES)
def test_nodes_of_one_type_are_the_bins_of_first_fit_in_some_order(sizes):
    found = fit_nodes(pods_of(sizes, [100]), node("type", 12, 12), "first_fit", trials=3)
    possible = {first_fit(order, [(12, 12)] * len(sizes))[1] for order in permutations(sizes)}
    assert set(found.trials) <= possible
    assert found.bound <= min(possible)


@given(SIZES, st.lists(st.tuples(st.integers(10, 20), st.integers(10, 20)), min_size=1, max_size=3))
def test_the_pods_that_first_fit_places_before_one_fails(sizes, nodes):
    found = inflation(pods_of(sizes, nodes), "first_fit", trials=3)
    possible = {first_fit(order, nodes)[0] for order in permutations(sizes)}
    for factor, bound in zip(found.trials, found.bounds, strict=True):
        assert factor <= bound
        placed = round(factor * len(sizes))
        assert placed / len(sizes) == factor
        assert min(placed, len(sizes)) in possible
