"""Packing: what it gives keeps every constraint, and is what plain loops give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_problems import drawn_problem
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_packing import plain_bins, plain_pack
from plain_placement import faults

from schedlab.errors import InputError
from schedlab.placement.objectives import levels_of
from schedlab.placement.packing import choices, heuristics, node_orders, pack, sizes
from schedlab.placement.packing.scan import scanned
from schedlab.placement.problem import problem_of
from schedlab.placement.rules import HOST, Apart, Gang, Group, Spread

ORDERS = ["given", *(f"{way} {size}" for way in ("decreasing", "increasing") for size in scanned(sizes))]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.data())
def test_whatever_the_rule_and_orders_every_constraint_is_kept(seed, data):
    problem = drawn_problem(seed)
    rule = data.draw(st.sampled_from(sorted(scanned(choices))))
    centric = "bin" if scanned(choices)[rule].bins and data.draw(st.booleans()) else "item"
    found = pack(
        problem,
        rule=rule,
        order=data.draw(st.sampled_from(ORDERS)),
        nodes=data.draw(st.sampled_from(sorted(scanned(node_orders)))),
        centric=centric,
        opened_first=data.draw(st.booleans()),
        by_priority=data.draw(st.booleans()),
    )
    assert faults(problem, found) == []


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(["first_fit", "best_fit", "worst_fit", "dot_product", "l2_norm"]),
       st.booleans(), st.sampled_from(["given", "decreasing dominant"]))  # fmt: skip
def test_item_centric_packing_is_that_of_plain_loops(seed, rule, opened_first, order):
    problem = drawn_problem(seed, rules=False)
    found = pack(problem, rule=rule, order=order, opened_first=opened_first)
    assert (found == plain_pack(problem, rule, order, opened_first)).all()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9), st.booleans())
def test_bin_centric_packing_is_that_of_plain_loops(seed, by_priority):
    problem = drawn_problem(seed, rules=False)
    found = pack(problem, rule="dot_product", centric="bin", by_priority=by_priority)
    assert (found == plain_bins(problem, by_priority)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_all_heuristics_of_an_objective_keep_every_constraint_and_give_the_same_twice(seed):
    problem, levels = levels_of(drawn_problem(seed), ("priority", "nodes", "fragmentation"))
    for heuristic in heuristics(problem, levels, seed):
        found = heuristic.run()
        assert faults(problem, found) == []
        assert (found == heuristic.run()).all()


def test_names_of_heuristics_tell_the_order_of_nodes_and_are_told_apart():
    problem, levels = levels_of(drawn_problem(3), ("pods", "nodes"))
    names = [each.name for each in heuristics(problem, levels, 0)]
    assert len(set(names)) == len(names)
    assert all("nodes " in name for name in names)


def test_running_pods_stay_where_they_are():
    problem = problem_of(
        "two", ["cpu"], [[4], [4]], [2, 1], [[4], [8]], type_of=[0, 1], required=[2, 0],
        current=[[0, 2], [0, 0]], runs_on=[1, 1, -1],
    )  # fmt: skip
    assert pack(problem, rule="first_fit").tolist() == [[0, 2], [1, 0]]
    assert pack(problem, rule="first_fit", keep=False).tolist() == [[1, 1], [0, 1]]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_pods_that_run_where_all_rules_hold_stay_and_others_join_them(seed):
    drawn = drawn_problem(seed)
    found = pack(drawn)
    names = ("priority", "weight", "share", "groups", "rules", "domains", "locality", "cost", "occupied")
    given = {name: getattr(drawn, name) for name in names}
    kind = drawn.type_of
    given |= {"compatible": drawn.compatible[:, kind], "devices": tuple(drawn.devices[each] for each in kind)}
    given |= {name: given[name][..., kind] for name in ("locality", "cost", "occupied")}
    given["domains"] = {key: codes[kind] for key, codes in drawn.domains.items()}
    given["groups"] = tuple(replace(group, residents=group.residents[kind]) for group in drawn.groups)
    given["rules"] = tuple(replace(r, eligible=r.eligible[kind]) if isinstance(r, Spread) else r for r in drawn.rules)
    runs_on = np.concatenate([np.append(np.repeat(np.arange(len(kind)), here), -1) for here in found])
    count = found.sum(axis=1) + 1
    each_its_own = {
        "type_of": np.arange(len(kind)),
        "current": found,
        "required": found.sum(axis=1),
        "runs_on": runs_on,
    }
    problem = problem_of("runs", drawn.resources, drawn.demand, count, drawn.capacity[kind], **given, **each_its_own)
    more = pack(problem)
    assert (more >= found).all()
    assert faults(problem, more) == []


def test_of_a_gang_all_or_none_come_and_room_goes_to_others():
    everybody = Group("gang", np.array([True, False]), np.zeros(1, np.int64))
    problem = problem_of(
        "gang", ["cpu"], [[4], [3]], [3, 2], [[8]], [1], groups=(everybody,), rules=(Gang(0, 3),)
    )  # fmt: skip
    assert pack(problem, rule="first_fit", order="given").tolist() == [[0], [2]]


def test_pods_that_keep_apart_are_on_nodes_of_their_own():
    group = Group("web", np.array([True]), np.array([0, 1]))
    problem = problem_of("web", ["cpu"], [[1]], [5], [[9], [9]], [3, 1], groups=(group,), rules=(Apart(HOST, 0, 0),))
    assert pack(problem).tolist() == [[1, 1, 1, 0]]


def test_unknown_names_are_refused_with_the_nearest():
    problem = drawn_problem(1)
    with pytest.raises(InputError, match="no rule of choice 'best'; known: best_fit"):
        pack(problem, rule="best")
    with pytest.raises(InputError, match="write given, or decreasing or increasing and one of density"):
        pack(problem, order="biggest")
    with pytest.raises(InputError, match="bin-centric are best_fit, cosine"):
        pack(problem, rule="first_fit", centric="bin")


def test_a_problem_without_nodes_or_pods_is_packed():
    assert pack(problem_of("none", ["cpu"], [[1]], [2], [[1]], [0])).shape == (1, 0)
    assert pack(problem_of("none", ["cpu"], np.zeros((0, 1)), [], [[1]], [2])).shape == (0, 2)


def test_where_nodes_have_prices_the_cheapest_for_their_size_come_first():
    problem = problem_of("prices", ["cpu"], [[2]], [4], [[8], [8], [16]], [1, 1, 1], cost=[9, 1, 3])
    problem, levels = levels_of(problem, ("pods", "cost"))
    first = next(iter(heuristics(problem, levels, 0)))
    assert first.run().tolist() == [[0, 4, 0]]
