"""Node selectors on all nodes at once; what NodeAffinity and the volume rules share.

Semantics of component-helpers' ``nodeaffinity`` in Kubernetes v1.34, as `schedlab.objects.selectors` has them for one
node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from schedlab.objects import NodeSelectorRequirement, NodeSelectorTerm

NAME = "metadata.name"  # the only field that a term can speak of


def meets(terms: Iterable[NodeSelectorTerm], nodes: Any) -> NDArray[np.bool_]:
    """Return bool (N,): which nodes meet one of some terms; an empty or ill-formed term matches nothing."""
    found = np.zeros(len(nodes), np.bool_)
    for term in terms:
        found |= meets_term(term, nodes)
    return found


def meets_term(term: NodeSelectorTerm, nodes: Any) -> NDArray[np.bool_]:
    """Return bool (N,): which nodes meet every condition of a term; none if it is empty or ill-formed."""
    met = np.full(len(nodes), bool(term.match_expressions or term.match_fields) and not term.problem)
    if met.any():
        for each in term.match_expressions:
            met &= meets_requirement(each, nodes)
        for each in term.match_fields:  # well-formed: one value
            named = nodes.uid == nodes.uid_of(each.values[0]) if each.key == NAME else np.full(len(nodes), False)
            met &= named if each.operator == "In" else ~named
    return met


def meets_requirement(each: NodeSelectorRequirement, nodes: Any) -> NDArray[np.bool_]:
    """Return bool (N,): which nodes' labels meet a well-formed condition."""
    values = nodes.values(each.key)
    table = np.zeros(len(values) + 2, np.bool_)  # by code; -1, the last, is of nodes without the label
    match each.operator:
        case "In" | "NotIn":
            table[[nodes.code(each.key, value) for value in each.values]] = True
            table[-2] = False  # the code of values that no node has
            if each.operator == "NotIn":
                table = ~table
        case "Exists" | "DoesNotExist":
            table[:] = each.operator == "Exists"
            table[-1] = each.operator == "DoesNotExist"
        case _:
            table[:-2] = [each.matches({each.key: value}) for value in values]
    found: NDArray[np.bool_] = table[nodes.label(each.key)]
    return found


def has_all(labels: Mapping[str, str], nodes: Any) -> NDArray[np.bool_]:
    """Return bool (N,): which nodes have all of some labels, as ``spec.nodeSelector`` demands."""
    found = np.ones(len(nodes), np.bool_)
    for key, value in labels.items():
        found &= nodes.label(key) == nodes.code(key, value)
    return found
