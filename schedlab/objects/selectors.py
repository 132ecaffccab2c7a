"""Selectors over labels: LabelSelector for pods and namespaces, NodeSelector for nodes.

Semantics of ``labels.Requirement.Matches`` and of component-helpers' ``nodeaffinity`` in Kubernetes v1.34.
"""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

_INTEGER = re.compile(r"[+-]?[0-9]+")
_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_QUALIFIED_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")


class LabelSelectorRequirement(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One condition on the label `key`."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: list[str] = []

    def __post_init__(self) -> None:
        problem = requirement_problem(self.key, self.operator, self.values)
        if problem:
            raise ValueError(problem)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels meet the condition."""
        return _matches(self.key, self.operator, self.values, labels)


class LabelSelector(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A conjunction of conditions; without any it matches everything."""

    match_labels: dict[str, str] = {}
    match_expressions: list[LabelSelectorRequirement] = []

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels meet every condition."""
        return has_labels(self.match_labels, labels) and all(
            requirement.matches(labels) for requirement in self.match_expressions
        )


class NodeSelectorRequirement(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One condition on a node's label, or on its field ``metadata.name``.

    Not checked when read: kube-scheduler meets an ill-formed one only when it places the pod (see
    `NodeSelectorTerm.problem`).
    """

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    values: list[str] = []

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels meet the condition, taken as one on labels."""
        return _matches(self.key, self.operator, self.values, labels)


class NodeSelectorTerm(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A conjunction of conditions on a node; without any it matches nothing."""

    match_expressions: list[NodeSelectorRequirement] = []
    match_fields: list[NodeSelectorRequirement] = []

    @property
    def problem(self) -> str:
        """Why the term is ill-formed, or ``""``.

        As a required term an ill-formed one matches nothing; as a preferred term it fails the scheduling attempt.
        """
        problems = [requirement_problem(r.key, r.operator, r.values) for r in self.match_expressions]
        problems += [_field_problem(requirement) for requirement in self.match_fields]
        return next(filter(None, problems), "")

    def matches(self, labels: Mapping[str, str], name: str) -> bool:
        """Whether a node of these labels and this name meets every condition; False if empty or ill-formed."""
        if not (self.match_expressions or self.match_fields):
            return False
        fields = {"metadata.name": name}
        return (
            all(_matches(r.key, r.operator, r.values, labels) for r in self.match_expressions)
            and all((r.values == [fields.get(r.key, "")]) == (r.operator == "In") for r in self.match_fields)
            and not self.problem
        )


class NodeSelector(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A disjunction of terms; without any it matches nothing."""

    node_selector_terms: list[NodeSelectorTerm] = []

    def matches(self, labels: Mapping[str, str], name: str) -> bool:
        """Whether a node of these labels and this name meets a term."""
        return any(term.matches(labels, name) for term in self.node_selector_terms)


def selects(selector: LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Whether a selector that may be absent matches; an absent one matches nothing, an empty one everything."""
    return selector is not None and selector.matches(labels)


def has_labels(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether the labels hold every wanted pair, as ``spec.nodeSelector`` and ``matchLabels`` demand."""
    return all(labels.get(key) == value for key, value in wanted.items())


def requirement_problem(key: str, operator: str, values: list[str]) -> str:
    """Why ``labels.NewRequirement`` refuses a requirement, or ``""``."""
    prefix, slash, name = key.rpartition("/")
    if not _QUALIFIED_NAME.fullmatch(name) or (slash and not (len(prefix) <= 253 and _SUBDOMAIN.fullmatch(prefix))):
        return f"{key!r} is not a label key"
    if operator in ("In", "NotIn") and not values:
        return f"operator {operator} of {key!r} needs values"
    if operator in ("Exists", "DoesNotExist") and values:
        return f"operator {operator} of {key!r} takes no values"
    if operator in ("Gt", "Lt") and (len(values) != 1 or _integer(values[0]) is None):
        return f"operator {operator} of {key!r} needs one integer"
    wrong = [value for value in values if not _LABEL_VALUE.fullmatch(value)]
    return f"{wrong[0]!r} is not a label value" if wrong else ""


def _field_problem(requirement: NodeSelectorRequirement) -> str:
    if requirement.operator not in ("In", "NotIn"):
        return f"operator {requirement.operator} is not for fields"
    return "" if len(requirement.values) == 1 else f"field {requirement.key!r} needs one value"


def _matches(key: str, operator: str, values: list[str], labels: Mapping[str, str]) -> bool:
    label = labels.get(key)
    if operator in ("NotIn", "DoesNotExist"):
        return label is None or (operator == "NotIn" and label not in values)
    if label is None:
        return False
    if operator in ("Gt", "Lt"):
        number, bound = _integer(label), _integer(values[0]) if len(values) == 1 else None
        if number is None or bound is None:
            return False
        return number > bound if operator == "Gt" else number < bound
    return operator == "Exists" or label in values


def _integer(text: str) -> int | None:
    """Read a 64-bit integer as Go's ``ParseInt`` does: ASCII digits with at most a sign."""
    if not _INTEGER.fullmatch(text) or len(text) > 4000:
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None
