"""Facts: a problem as plain lists, with the words for its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.placement.rules import EVERYWHERE, HOST

if TYPE_CHECKING:
    from schedlab.placement.problem import Problem


class Facts:
    """A problem as plain lists; the attributes are those of `Problem`."""

    def __init__(self, problem: Problem) -> None:
        self.nodes, self.pods, self.resources = problem.nodes, problem.pods, problem.resources
        self.rules, self.groups = problem.rules, problem.groups
        self.devices = [list(room) for room in problem.devices]
        self.demand: list[list[int]] = problem.demand.tolist()
        self.count: list[int] = problem.count.tolist()
        self.required: list[int] = problem.required.tolist()
        self.capacity: list[list[int]] = problem.capacity.tolist()
        self.type_of: list[int] = problem.type_of.tolist()
        self.compatible: list[list[bool]] = problem.compatible.tolist()
        self.share: list[list[int]] = problem.share.tolist()
        self.phantom: list[bool] = problem.phantom.tolist()
        self.class_of: list[int] = problem.class_of.tolist()
        self.domains: dict[str, list[int]] = {key: each.tolist() for key, each in problem.domains.items()}

    def members(self, group: int) -> set[int]:
        """Return the classes of a group; phantoms are in none."""
        members: list[bool] = self.groups[group].members.tolist()
        return {cls for cls, member in enumerate(members) if member and not self.phantom[cls]}

    def domain(self, key: str, node: int) -> int | None:
        """Return a node's domain; None: it lacks the key."""
        if key == HOST:
            return node
        if key == EVERYWHERE:
            return 0
        code = self.domains[key][self.type_of[node]] if key in self.domains else -1
        return None if code < 0 else code

    def residents(self, group: int, key: str) -> dict[int | None, int]:
        """Return how many pods of a group stay in each domain that has any."""
        each: list[int] = self.groups[group].residents.tolist()
        found: dict[int | None, int] = {}
        if any(each):
            for node, kind in enumerate(self.type_of):
                if each[kind]:
                    domain = self.domain(key, node)
                    found[domain] = found.get(domain, 0) + each[kind]
        return found

    def name_of(self, cls: int) -> str:
        """Say which class it is, by the first of its pods."""
        if self.phantom[cls]:
            return f"class {cls} (phantoms)"
        first = next((self.pods[pod] for pod, own in enumerate(self.class_of) if own == cls), "")
        return f"class {cls} (pod {first})" if first else f"class {cls}"

    def place(self, key: str, domain: int | None) -> str:
        """Say which domain it is."""
        if domain is None:
            return f"a node without {key}"
        if key == EVERYWHERE:
            return "everywhere"
        return f"node {self.nodes[domain]}" if key == HOST else f"{key} {domain}"
