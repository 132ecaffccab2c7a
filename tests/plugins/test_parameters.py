"""Parameters: what a rule declares, and which values it takes."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import numpy as np  # noqa: TC002 - read at run time
import pytest
from tiny import says

from schedlab import InputError, score
from schedlab.plugins.kubernetes.node_resources_fit import NodeResourcesFit
from schedlab.plugins.parameters import Given, Parameter, check, configure, parameters

Meta = msgspec.Meta


class Side(enum.Enum):
    LEFT = "left"
    RIGHT = "right"


@score
@dataclass(frozen=True)
class delay:  # noqa: N801
    deadline: Annotated[int, Meta(ge=0, le=100, description="seconds to wait")]
    power: Annotated[float, Meta(gt=0, lt=4)] = 1.0
    mode: Literal["fast", "slow"] = "fast"
    on: bool = True
    limit: Annotated[float, Meta(ge=0)] | None = None
    side: Side = Side.LEFT
    names: tuple[str, ...] = ()
    steps: list[int] = field(default_factory=lambda: [1])
    odd: Annotated[int, Meta(gt=2, lt=9)] = 3
    unit: ClassVar[str] = "s"
    _kept: int = 0

    def __call__(self, pod: Any, nodes: Any) -> Any:
        return nodes.rank


@dataclass(frozen=True)
class Learned:
    weights: np.ndarray
    when: unknown_to_everyone = 3  # type: ignore[name-defined] # noqa: F821


def one(name: str) -> Parameter:
    (found,) = (each for each in parameters(delay) if each.name == name)
    return found


def test_the_fields_are_the_parameters_in_their_order() -> None:
    names = ["deadline", "power", "mode", "on", "limit", "side", "names", "steps", "odd"]
    assert [each.name for each in parameters(delay)] == names


def test_type_range_default_and_purpose_are_declared_once() -> None:
    deadline, power, odd = one("deadline"), one("power"), one("odd")
    assert (deadline.type, deadline.low, deadline.high, deadline.doc) == ("int", 0, 100, "seconds to wait")
    assert (deadline.required, power.required, power.default) == (True, False, 1.0)
    assert (power.low, power.high, power.low_open, power.high_open) == (0, 4, True, True)
    assert (odd.low, odd.high, odd.low_open) == (3, 8, False)
    assert (one("limit").type, one("limit").low, one("limit").high) == ("float | null", 0, None)
    assert one("mode").choices == ("fast", "slow")
    assert one("on").choices == (False, True)
    assert one("side").choices == ("left", "right")
    assert (one("names").type, one("steps").default) == ("list of str", [1])


def test_ranges_as_one_writes_them() -> None:
    ranges = {each.name: each.range for each in parameters(delay)}
    assert ranges == {
        "deadline": "0..100", "power": "> 0 and < 4", "mode": "fast | slow", "on": "false | true", "limit": ">= 0",
        "side": "left | right", "names": "", "steps": "", "odd": "3..8",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("deadline", [0, 100], [-1, 101]),
        ("power", [0.001, 3.999], [0, 4, math.nan]),
        ("mode", ["fast"], ["faster", None]),
        ("side", [Side.LEFT, "right"], ["up"]),
        ("limit", [0, None, 1e300], [-0.1]),
    ],
)
def test_a_parameter_knows_its_range(name: str, inside: list[Any], outside: list[Any]) -> None:
    assert [one(name).allows(value) for value in inside] == [True] * len(inside)
    assert [one(name).allows(value) for value in outside] == [False] * len(outside)


def test_structs_are_named_as_kubernetes_does() -> None:
    found = {each.name: each for each in parameters(NodeResourcesFit)}
    assert list(found) == ["ignoredResources", "ignoredResourceGroups", "scoringStrategy"]
    assert found["scoringStrategy"].field == "scoring_strategy"
    given = {"scoringStrategy": Given('{"type": "MostAllocated"}')}
    assert configure(NodeResourcesFit, given, name="x").scoring_strategy.type == "MostAllocated"


def test_the_defaults_of_a_struct() -> None:
    class Rule(msgspec.Struct, kw_only=True):
        steps: list[int] = msgspec.field(default_factory=lambda: [1])
        at: int
        names: list[str] = []

    found = {each.name: each.default for each in parameters(Rule)}
    assert (found["steps"], found["names"]) == ([1], [])
    assert [each.name for each in parameters(Rule) if each.required] == ["at"]


def test_a_function_has_none_and_an_instance_has_its_values() -> None:
    assert parameters(score(lambda pod, nodes: 0)) == ()
    made = delay(5, mode="slow")
    assert {each.name: each.default for each in parameters(made)}["deadline"] == 5
    other = configure(made, {"power": 2}, name="delay")
    assert (other.deadline, other.power, other.mode) == (5, 2.0, "slow")
    assert configure(made, {}, name="delay") is made


def test_annotations_that_cannot_be_read_do_no_harm() -> None:
    assert [(each.name, each.required) for each in parameters(Learned)] == [("weights", True), ("when", False)]
    assert configure(Learned, {"weights": Given("[1, 2]")}, name="learned").weights == [1, 2]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("deadline", "5", 5),
        ("power", "2", 2.0),
        ("power", "5e-1", 0.5),
        ("mode", "slow", "slow"),
        ("mode", '"slow"', "slow"),
        ("on", "false", False),
        ("on", "False", False),
        ("limit", "null", None),
        ("side", "right", Side.RIGHT),
        ("names", '["a", "5"]', ("a", "5")),
        ("steps", "[1, 2]", [1, 2]),
    ],
)
def test_a_text_becomes_what_the_type_wants(name: str, text: str, value: Any) -> None:
    made = getattr(configure(delay, {"deadline": 1, name: Given(text)}, name="delay"), name)
    assert (made, type(made)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "value", "shown", "mend"),
    [
        ("deadline", 101, "101", "int in 0..100"),
        ("deadline", Given("-1"), "'-1'", "int in 0..100"),
        ("deadline", "5", '"5"', "int in 0..100"),
        ("deadline", Given("true"), "'true'", "int in 0..100"),
        ("power", Given("4"), "'4'", "float > 0 and < 4"),
        ("limit", Given("nan"), "'nan'", "float | null >= 0"),
        ("limit", Given("Infinity"), "'Infinity'", "float | null >= 0"),
        ("mode", Given("__import__('os')"), "\"__import__('os')\"", "fast | slow"),
        ("steps", [1, "x"], '[1, "x"]', "list of int"),
    ],
)
def test_a_wrong_value_names_plugin_parameter_range_and_mend(name: str, value: Any, shown: str, mend: str) -> None:
    with says(InputError, f"plug-in delay, parameter {name}: {shown} is not allowed; write {mend}"):
        configure(delay, {"deadline": 1, name: value}, name="delay")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"dedline": 1}, "plug-in delay has no parameter 'dedline'; known: deadline"),
        ({"_kept": 1}, "plug-in delay has no parameter '_kept'; known: deadline, power, mode, on, limit, side, names"),
        ({"power": 1}, "plug-in delay needs its parameter deadline; write delay(deadline=...) with int in 0..100"),
    ],
)
def test_an_unknown_or_missing_parameter_is_answered_with_what_there_is(values: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as refused:
        configure(delay, values, name="delay")
    assert str(refused.value).startswith(told)


def test_a_part_of_a_value_is_named_too() -> None:
    told = (
        "plug-in Fit, parameter scoringStrategy: Invalid enum value 'Most' - at `$.type`;"
        " write its type as ScoringStrategy wants it"
    )
    with says(InputError, told):
        configure(NodeResourcesFit, {"scoringStrategy": {"type": "Most"}}, name="Fit")


def test_an_instance_out_of_range_is_refused_as_a_text_is() -> None:
    check(delay(100, limit=None), name="delay")
    check(delay, name="delay")
    with says(InputError, "plug-in delay, parameter deadline: 101 is not allowed; write int in 0..100"):
        check(delay(101), name="delay")


def test_what_the_class_itself_refuses_is_an_input_error() -> None:
    @dataclass
    class Odd:
        at: int = 1

        def __post_init__(self) -> None:
            if self.at % 2 == 0:
                raise ValueError("at must be odd")

    with says(InputError, "plug-in odd: at must be odd; change its parameters"):
        configure(Odd, {"at": 2}, name="odd")
