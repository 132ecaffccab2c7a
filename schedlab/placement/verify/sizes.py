"""Sizes: how many pods there are and must be, where they may go, and what the nodes have for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.placement.verify.placed import Placed


def wrong_counts(placed: Placed) -> Iterator[str]:
    """Tell of classes with more pods than there are, or fewer than must be."""
    facts = placed.facts
    for cls, (pods, most, least) in enumerate(zip(placed.total(), facts.count, facts.required, strict=True)):
        if pods > most:
            yield f"{facts.name_of(cls)}: {pods} placed, but there are {most}"
        if pods < least:
            yield f"{facts.name_of(cls)}: {pods} placed, but {least} must be"


def wrong_nodes(placed: Placed) -> Iterator[str]:
    """Tell of nodes with pods that may not be there, or with too little of a resource."""
    facts = placed.facts
    for node, pods in placed.content.items():
        kind = facts.type_of[node]
        taken = [0] * len(facts.resources)
        for cls, many in pods.items():
            if not facts.compatible[cls][kind]:
                yield f"node {facts.nodes[node]}: {facts.name_of(cls)} may not be there"
            for resource, each in enumerate(facts.demand[cls]):
                taken[resource] += each * many
        for resource, (asked, there) in enumerate(zip(taken, facts.capacity[kind], strict=True)):
            if asked > there:
                yield f"node {facts.nodes[node]}: {asked} {facts.resources[resource]} asked for, {there} there"
