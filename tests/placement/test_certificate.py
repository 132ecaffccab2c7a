"""Certificates by hand, and those of column generation, against brute force."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from placement import oracle
from placement.drawn import drawn_objective, drawn_problem

from schedlab.placement.budget import Budget
from schedlab.placement.certificate import Certificate, Priced
from schedlab.placement.columns.generation import Generation
from schedlab.placement.columns.pool import Pool
from schedlab.placement.ledger import Ledger
from schedlab.placement.objectives import levels_of
from schedlab.placement.problem import problem_of
from schedlab.placement.rules import EVERYWHERE, HOST, Apart, Group, Limit, Near
from schedlab.placement.verify import check, verdict
from schedlab.placement.verify.certificate import counting, rounded

LEVELS = ("pods", "nodes")
BINS = problem_of("bins", ["size"], [[2]], [5], [[5]], [5])  # two to a bin: three bins
PROOF = Certificate(1, 2, ((("placed", 0), 1),), (Priced(0, "CP-SAT"),), (5,), 3)


def wrong(**given):
    return verdict(BINS, LEVELS, PROOF._replace(**given)).wrong


def test_farleys_bound_is_worked_out_again():
    found = verdict(BINS, LEVELS, PROOF)  # a dual of 1/2 for each item: 2.5 bins
    assert found == (3, True, (), ())
    assert verdict(BINS, LEVELS, PROOF._replace(bound=2)).proven  # less than could be claimed


def test_a_bound_beyond_what_the_duals_give_is_caught():
    assert wrong(bound=4) == ("a bound of 4 is claimed, the duals and prices give 3",)


def test_a_price_that_a_content_beats_is_caught():
    dearer = PROOF._replace(rows=((("placed", 0), 2),), bound=5)
    assert verdict(BINS, LEVELS, dearer).wrong == ("a price of 0 is beaten for type 0 (node node-0 and 4 like it)",)
    assert verdict(BINS, LEVELS, dearer._replace(priced=(Priced(2, "CP-SAT"),), bound=0)).proven


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"rows": ((("placed", 0), -1),)}, "row placed 0: a dual of -1; they are 0 or more"),
        ({"values": (4,)}, "row placed 0: no earlier level says that all of the class are placed"),
        ({"rows": ((("count", 7), 1),)}, "row count 7: there is no such row"),
        ({"rows": ((("level", 1, 1), 1),)}, "row level 1 1: there is no such row"),
        ({"rows": ((("rule", 0, "limit 0"), 1),)}, "row rule 0 limit 0: there is no such row"),
        ({"values": ()}, "it has values of 0 earlier levels, there are 1"),
        ({"priced": ()}, "it has prices of 0 types, there are 1"),
        ({"scale": 0}, "a scale of 0"),
        ({"level": 2}, "it is of level 2, there are 2"),
    ],
)
def test_what_is_no_certificate_is_told(given, line):
    assert wrong(**given) == (line,)


def test_rows_of_counts_and_levels_are_known():
    all_of_them = Certificate(0, 1, ((("count", 0), 1),), (Priced(0, "dominance"),), (), 5)
    assert verdict(BINS, LEVELS, all_of_them) == (5, True, (), ())
    by_level = PROOF._replace(rows=((("level", 0, 1), 1),))
    assert verdict(BINS, LEVELS, by_level) == (3, True, (), ())
    assert verdict(BINS, LEVELS, by_level._replace(rows=((("level", 0, -1), 1),))).bound < 0


def ruled(*rules, members=(True,), **given):
    return dataclasses.replace(
        BINS, groups=(Group("g", np.array(members), np.zeros(1, np.int64)),), rules=rules, **given
    )


def test_rules_of_the_node_lower_what_it_can_be_worth():
    alone = PROOF._replace(rows=((("placed", 0), 2),), bound=5)  # one to a bin
    assert verdict(ruled(Apart(HOST, 0, 0)), LEVELS, alone) == (5, True, (), ())
    assert verdict(ruled(Limit(HOST, 0, -1, 1)), LEVELS, alone).proven
    assert verdict(ruled(Limit(HOST, 0, -1, 1, 0)), LEVELS, alone).wrong  # it names another node
    shares = dataclasses.replace(BINS, share=np.array([[1, 600]]), devices=((1000,),))
    assert verdict(shares, LEVELS, alone).proven


def test_rows_of_rules_are_proven_where_they_need_no_variable():
    limited = ruled(Limit(EVERYWHERE, 0, -1, 3))
    proof = Certificate(0, 1, ((("rule", 0, "limit 0"), 1),), (Priced(0, "CP-SAT"),), (), 3)
    assert verdict(limited, LEVELS, proof) == (3, True, (), ())
    near = ruled(Near("zone", 0, 0))
    proof = Certificate(0, 1, ((("rule", 0, "one series"), 1),), (Priced(9, "CP-SAT"),), (), 3)
    assert verdict(near, LEVELS, proof) == (None, False, ("row rule 0 one series",), ())


def test_what_is_too_large_to_try_is_trusted():
    size = [[1000 + each, 1040 - each] for each in range(40)]
    problem = problem_of("large", ["a", "b"], size, [9] * 40, [[20_390, 20_390]], [3])
    proof = Certificate(0, 1, (), (Priced(19, "CP-SAT"),), (), 57)  # by a + b it is at most 19, by either alone 20
    found = verdict(problem, ("pods",), proof)
    assert found.trusted == ("the price by CP-SAT for type 0 (node node-0 and 2 like it)",)
    assert (found.bound, found.proven, found.wrong) == (57, False, ())


def test_an_objective_of_ones_own_is_trusted():
    assert verdict(BINS, ("mine", "nodes"), PROOF._replace(rows=((("level", 0, 1), 1),))).trusted == ("row level 0 1",)
    assert "mine" in verdict(BINS, ("pods", "mine"), PROOF).trusted[0]


def test_bounds_are_rounded_to_what_values_can_be():
    heavy = dataclasses.replace(BINS, weight=np.array([6]), cost=np.array([4]))
    assert (rounded(heavy, "weight", 17), rounded(heavy, "cost", 9), rounded(heavy, "mine", 9)) == (12, 12, 9)
    assert (counting(heavy, "weight"), counting(heavy, "cost"), counting(heavy, "mine")) == (30, 0, None)


@given(st.integers(0, 10**6))
def test_certificates_of_column_generation_hold_and_bound_the_optimum(seed):
    certified(seed)


def certified(seed: int) -> int:
    """Hold the certificates of a drawn problem against the optimum; return how many are proven."""
    proven = 0
    objective = [name for name in drawn_objective(seed) if name != "fragmentation"]
    problem, levels = levels_of(drawn_problem(seed, pods=7), objective)
    best = oracle.optimum(problem, levels)
    if best is None:
        return 0
    ledger = Ledger(problem, levels, Budget(work_limit=30), check)
    assert ledger.offer(oracle.assignment_of(problem, best.where), "oracle")
    names = [level.name for level in levels]
    for index, (level, value) in enumerate(zip(levels, best.values, strict=True)):
        assert level.sense * counting(problem, level.name) >= level.sense * value
        generation = Generation(ledger, Pool(problem), index, seed)
        generation.bound_at(np.zeros(len(generation.coupling.rows)), "zero duals")
        if ledger.bounds[index] != value:
            generation.start()
        if (proof := ledger.certificates[index]) is not None:
            found = verdict(problem, names, proof)
            proven += found.proven
            assert found.wrong == ()
            assert found.bound in (None, proof.bound)
            assert level.sense * proof.bound >= level.sense * value
            lie = proof._replace(bound=proof.bound - level.sense)
            assert found.bound is None or verdict(problem, names, lie).wrong
        ledger.bounds[index] = value
    return proven


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(20))
def test_no_certificate_of_thousands_fails(chunk):
    proven = 0
    for seed in range(chunk * 500, chunk * 500 + 500):
        proven += certified(seed)
    assert proven > 100
