"""Selectors over labels, case by case."""

import msgspec
import pytest

from schedlab.objects import (
    LabelSelector,
    LabelSelectorRequirement,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    selects,
)

LABELS = {"gen": "7", "disk": "ssd", "empty": "", "odd": "x2", "pad": "007", "half": "1.5"}


def node_term(key: str, operator: str, *values: str, fields: bool = False) -> NodeSelectorTerm:
    requirement = msgspec.convert({"key": key, "operator": operator, "values": values}, NodeSelectorRequirement)
    return NodeSelectorTerm(match_fields=[requirement]) if fields else NodeSelectorTerm(match_expressions=[requirement])


@pytest.mark.parametrize(
    ("key", "operator", "values", "verdict"),
    [
        ("disk", "In", ["hdd", "ssd"], True),
        ("disk", "In", ["hdd"], False),
        ("none", "In", ["ssd"], False),
        ("empty", "In", [""], True),
        ("disk", "NotIn", ["ssd"], False),
        ("none", "NotIn", ["ssd"], True),
        ("empty", "Exists", [], True),
        ("none", "Exists", [], False),
        ("disk", "DoesNotExist", [], False),
        ("none", "DoesNotExist", [], True),
    ],
)
def test_pods_and_nodes_are_selected_alike(key: str, operator: str, values: list[str], verdict: bool) -> None:
    raw = {"key": key, "operator": operator, "values": values}
    selector = LabelSelector(match_expressions=[msgspec.convert(raw, LabelSelectorRequirement)])
    assert selector.matches(LABELS) is verdict
    assert node_term(key, operator, *values).matches(LABELS, "n") is verdict


@pytest.mark.parametrize(
    ("key", "operator", "value", "verdict"),
    [
        ("gen", "Gt", "6", True),
        ("gen", "Gt", "7", False),
        ("gen", "Lt", "8", True),
        ("pad", "Lt", "8", True),
        ("pad", "Gt", "0006", True),
        ("odd", "Gt", "1", False),
        ("half", "Gt", "1", False),
        ("empty", "Lt", "1", False),
        ("none", "Lt", "1", False),
        ("gen", "Lt", "9223372036854775807", True),
    ],
)
def test_nodes_are_selected_by_whole_numbers(key: str, operator: str, value: str, verdict: bool) -> None:
    assert node_term(key, operator, value).matches(LABELS, "n") is verdict


@pytest.mark.parametrize(
    ("key", "operator", "values", "problem"),
    [
        ("gen", "Gt", ["-5"], "'-5' is not a label value"),
        ("gen", "Gt", ["a"], "operator Gt of 'gen' needs one integer"),
        ("gen", "Gt", ["9223372036854775808"], "operator Gt of 'gen' needs one integer"),
        ("gen", "Lt", ["1", "9"], "operator Lt of 'gen' needs one integer"),
        ("disk", "In", [], "operator In of 'disk' needs values"),
        ("none", "NotIn", ["a b"], "'a b' is not a label value"),
        ("disk", "Exists", ["ssd"], "operator Exists of 'disk' takes no values"),
        ("not a key", "DoesNotExist", [], "'not a key' is not a label key"),
        ("Upper.io/key", "DoesNotExist", [], "'Upper.io/key' is not a label key"),
    ],
)
def test_an_ill_formed_node_term_matches_nothing_and_says_why(
    key: str, operator: str, values: list[str], problem: str
) -> None:
    wrong = node_term(key, operator, *values)
    assert wrong.problem == problem
    assert not wrong.matches(LABELS, "n")
    assert NodeSelector(node_selector_terms=[wrong, node_term("disk", "Exists")]).matches(LABELS, "n")


def test_a_well_formed_term_has_no_problem() -> None:
    assert node_term("example.com/a_B.c-1", "In", "", "a", "A.b_c-9").problem == ""
    assert node_term("k" * 63, "In", "v" * 63).problem == ""
    assert node_term("k" * 64, "Exists").problem
    assert node_term("k", "In", "v" * 64).problem


def test_fields_match_the_nodes_name() -> None:
    assert node_term("metadata.name", "In", "n1", fields=True).matches({}, "n1")
    assert not node_term("metadata.name", "In", "n1", fields=True).matches({}, "n2")
    assert node_term("metadata.name", "NotIn", "n1", fields=True).matches({}, "n2")
    assert not node_term("metadata.name", "In", "n1", "n2", fields=True).matches({}, "n1")
    assert node_term("metadata.name", "Exists", fields=True).problem == "operator Exists is not for fields"
    assert not node_term("metadata.other", "In", "n1", fields=True).matches({}, "n1")


def test_empty_node_terms_match_nothing() -> None:
    assert not NodeSelectorTerm().matches(LABELS, "n")
    assert not NodeSelector().matches(LABELS, "n")
    assert not NodeSelector(node_selector_terms=[NodeSelectorTerm()]).matches(LABELS, "n")


def test_an_empty_label_selector_matches_all_and_an_absent_one_nothing() -> None:
    assert selects(LabelSelector(), {})
    assert not selects(None, LABELS)
    assert selects(LabelSelector(match_labels={"disk": "ssd", "empty": ""}), LABELS)
    assert not selects(LabelSelector(match_labels={"disk": "ssd", "none": ""}), LABELS)


def test_an_ill_formed_label_requirement_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="operator In of 'a' needs values"):
        LabelSelectorRequirement(key="a", operator="In")
