"""Check: what is wrong with an assignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.verify.devices import wrong_devices
from schedlab.placement.verify.facts import Facts
from schedlab.placement.verify.placed import Placed, read
from schedlab.placement.verify.rules import wrong_rules
from schedlab.placement.verify.sizes import wrong_counts, wrong_nodes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from schedlab.placement.problem import Problem


def check(problem: Problem, assignment: NDArray[np.int64]) -> list[str]:
    """Return a line for each thing that is wrong with an assignment, int64 (C, N); none: it is right.

    A line names the class, node, rule and domain. Devices are packed by exact search. Where entries are no counts, or
    the shape is another, nothing else is looked at.
    """
    facts = Facts(problem)
    content, wrong = read(facts, assignment)
    if wrong:
        return wrong
    placed = Placed(facts, content)
    return [*wrong_counts(placed), *wrong_nodes(placed), *wrong_devices(placed), *wrong_rules(placed)]
