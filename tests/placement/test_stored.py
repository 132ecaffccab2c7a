"""Stored results: there and back, and what a checker of the file alone makes of lies and damage."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from placement import oracle
from placement.drawn import drawn_objective, drawn_problem
from placement.results import placed, result_of

from schedlab.errors import InputError
from schedlab.placement.certificate import Certificate, Priced
from schedlab.placement.ledger import Entry
from schedlab.placement.objectives import levels_of
from schedlab.placement.problem import problem_of
from schedlab.placement.result import Status
from schedlab.placement.stored import read, verify_file, write

NAMES = ("pods", "nodes")
BINS, LEVELS = levels_of(problem_of("bins", ["size"], [[2]], [4], [[5]], [3]), NAMES)
PROOF = Certificate(1, 2, ((("placed", 0), 1),), (Priced(0, "CP-SAT"),), (4,), 2)
TWO = {f"pod-{pod}": (f"node-{pod // 2}", ()) for pod in range(4)}
THREE = TWO | {"pod-3": ("node-2", ())}
GOOD = result_of(
    BINS, LEVELS, (4, 2), TWO, certificates=(None, PROOF), trace=(Entry(0.1, 0.2, "value", 0, (4, 2), "x"),)
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "result.json"


def told(path, result, problem=BINS):
    write(path, problem, result)
    return verify_file(path)


def lies(path, result, problem=BINS):
    found = told(path, result, problem)
    assert not found.ok
    return [line.removeprefix("wrong: ") for line in found.lines if line.startswith("wrong: ")]


def test_a_right_result_is_told_to_be(path):
    assert told(path, GOOD) == (
        (
            "placement: 4 pods on nodes, 0 on none; it is right",
            "pods: a value of 4, as counted",
            "nodes: a value of 2, as counted",
            "pods: a bound of 4, proven by counting",
            "nodes: a bound of 2, proven by its certificate",
        ),
        True,
    )


def test_what_is_trusted_says_whom(path):
    found = told(path, dataclasses.replace(GOOD, certificates=(None, None), kinds=("trivial", "CP-SAT")))
    assert found.ok
    assert found.lines[-1] == "nodes: a bound of 2, trusted: CP-SAT"


def test_a_better_objective_than_true_is_caught(path):
    better = dataclasses.replace(GOOD, objective=(4, 1), bound=(4, 1), certificates=(None, None))
    assert lies(path, better) == ["nodes: a value of 1, the placement is worth 2"]
    more = dataclasses.replace(GOOD, objective=(5, 2), bound=(5, 2), certificates=(None, None))
    assert lies(path, more) == ["pods: a value of 5, the placement is worth 4"]


def test_a_better_bound_than_true_is_caught(path):
    three = result_of(BINS, LEVELS, (4, 3), THREE, certificates=(None, PROOF))
    assert lies(path, three) == ["nodes: a bound of 3 is claimed, the certificate gives 2"]
    with_it = dataclasses.replace(three, certificates=(None, PROOF._replace(bound=3)))
    assert lies(path, with_it)[0].endswith("a bound of 3 is claimed, the duals and prices give 2")
    dear = dataclasses.replace(three, certificates=(None, PROOF._replace(rows=((("placed", 0), 2),), bound=3)))
    assert "a price of 0 is beaten" in lies(path, dear)[0]


def test_optimal_means_equal_and_no_value_beats_its_bound(path):
    open_ = dataclasses.replace(GOOD, objective=(4, 3), placement=THREE)
    assert lies(path, open_) == ["status OPTIMAL, but not every bound equals its value"]
    assert told(path, dataclasses.replace(open_, status=Status.FEASIBLE)).ok
    beats = dataclasses.replace(GOOD, bound=(4, 3), status=Status.FEASIBLE, certificates=(None, None))
    assert lies(path, beats) == ["nodes: the value 2 beats the bound 3"]
    early = dataclasses.replace(GOOD, bound=(5, 2), status=Status.FEASIBLE)
    assert "nodes: a bound of 2, but the levels before it are not at their bounds" in lies(path, early)


def test_a_wrong_placement_is_caught(path):
    crowded = dataclasses.replace(GOOD, placement=dict.fromkeys(TWO, ("node-0", ())), objective=(4, 1))
    assert lies(path, crowded)[0] == "node node-0: 8 size asked for, 5 there"
    lost = dataclasses.replace(GOOD, placement={}, unplaced=())
    assert lies(path, lost)[0] == "pod pod-0 is neither placed nor unplaced"


def test_statuses_and_senses_go_with_the_rest(path):
    none = dataclasses.replace(GOOD, objective=None, placement={}, bound=(4, None), certificates=(None, None))
    assert told(path, dataclasses.replace(none, status=Status.BOUND_ONLY)).ok
    assert lies(path, none)[0] == "status OPTIMAL without a placement"
    assert lies(path, dataclasses.replace(GOOD, status=Status.LIMIT)) == ["status LIMIT with a placement"]
    assert lies(path, dataclasses.replace(GOOD, senses=(1, 1)))[0] == "nodes: a sense of 1"


def test_names_cannot_write_lines_of_their_own(path):
    problem = dataclasses.replace(BINS, pods=("a\nok", "b", "c", "d"))
    found = told(path, dataclasses.replace(GOOD, placement={}), problem)
    assert not any("\n" in line for line in found.lines)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda file: file.update(version=9), "field version: version 9; this reads version 1"),
        (lambda file: file.pop("problem"), "field problem: is missing"),
        (lambda file: file.update(result=3), "field result: is no object"),
        (lambda file: file["problem"].pop("demand"), "field problem.demand: is missing"),
        (lambda file: file["problem"].update(cpu=3), "field problem.cpu: is unknown"),
        (lambda file: file["problem"]["demand"].append([1]), "field problem.demand: is not of the shape 1 x 1"),
        (lambda file: file["problem"]["demand"][0].append(1), "field problem.demand: is not of the shape 1 x 1"),
        (lambda file: file["problem"]["demand"].__setitem__(0, [-2]), "field problem.demand: has -2 or -2, outside"),
        (lambda file: file["problem"]["demand"].__setitem__(0, [2**70]), "field problem.demand: has a number beyond"),
        (lambda file: file["problem"]["count"].__setitem__(0, "4"), "field problem.count[0]: Expected `int`, got"),
        (lambda file: file["problem"]["count"].__setitem__(0, 5), "field problem.count: is not what problem.class_of"),
        (lambda file: file["problem"]["type_of"].__setitem__(0, 7), "field problem.type_of: has 0 or 7, outside 0..0"),
        (lambda file: file["problem"]["runs_on"].__setitem__(0, 1), "field problem.current: is not what problem.runs"),
        (lambda file: file["problem"]["nodes"].__setitem__(0, "node-1"), "field problem.nodes: has a name twice"),
        (lambda file: file["problem"].update(rules=[{"rule": "Far"}]), "field problem.rules[0].rule: there is no rule"),
        (
            lambda file: file["problem"].update(rules=[{"rule": "Gang", "who": 3, "least": 1}]),
            "field problem.rules[0].who: there is no group 3",
        ),
        (lambda file: file["result"].update(status="FINE"), "field result.status: Invalid enum value 'FINE'"),
        (lambda file: file["result"].update(bound=[1]), "field result.bound: has 1 entries for 2 levels"),
        (lambda file: file["result"].update(objective=["4", 2]), "field result.objective[0]: Expected `int`, got"),
        (lambda file: file["result"]["placement"].update(x=3), "field result.placement[...]: Expected `array`, got"),
        (lambda file: file["result"]["certificates"][1].pop("rows"), "field result.certificates[1].rows: is missing"),
        (lambda file: file["result"]["trace"][0].update(seconds="x"), "field result.trace[0].seconds: Expected"),
        (lambda file: file["result"].update(problem="other"), "field result.problem: is of 'other', the problem is"),
    ],
)  # fmt: skip
def test_damage_is_told_in_one_line_that_names_the_field(path, change, line):
    write(path, BINS, GOOD)
    file = json.loads(path.read_text())
    change(file)
    path.write_text(json.dumps(file))
    with pytest.raises(InputError) as told:
        verify_file(path)
    assert str(told.value).startswith(f"{path}, {line}")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "3", '{"version": NaN}', "\xff\xfe"])
def test_what_is_no_result_is_refused(path, text):
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"result\.json"):
        verify_file(path)
    with pytest.raises(InputError, match="cannot be read"):
        verify_file(path.parent / "none.json")


@given(st.integers(0, 10**6), st.data())
def test_a_result_comes_back_as_it_was_and_a_changed_value_is_caught(tmp_path_factory, seed, data):
    path = tmp_path_factory.mktemp("stored") / "result.json"
    problem, levels = levels_of(drawn_problem(seed, pods=6), drawn_objective(seed))
    best = oracle.optimum(problem, levels)
    assume(best is not None)
    phantoms = oracle.phantoms(problem, best.where) if problem.phantom.any() else ()
    result = result_of(problem, levels, best.values, placed(problem, best.where, phantoms))
    assert told(path, result, problem).ok
    back, again = read(path)
    assert again == result
    for name, value in vars(problem).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(back, name), value)
            assert getattr(back, name).dtype == value.dtype
    index = data.draw(st.integers(0, len(levels) - 1))
    better = list(best.values)
    better[index] += levels[index].sense
    changed = dataclasses.replace(result, objective=tuple(better), bound=tuple(better))
    assert any("the placement is worth" in line for line in lies(path, changed, problem))
