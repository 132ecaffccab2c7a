"""Clusters drawn by hypothesis: as plain numbers for slow references, and as clusters for schedlab."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hypothesis import strategies as st
from tiny import node, pod

from schedlab import Cluster

if TYPE_CHECKING:
    from schedlab import Pod

DEFAULTS = {"cpu": 100, "memory": 200 * 2**20}  # what kube-scheduler's scores count for a container without a request

Amounts = dict[str, int]


class Machine(NamedTuple):
    """A node: what it has, and what its pods ask for."""

    name: str
    has: Amounts
    pods: tuple[Amounts, ...]

    def used(self, resource: str, *, nonzero: bool = False) -> int:
        """Sum the requests of the node's pods."""
        return sum(requested(each, resource, nonzero=nonzero) for each in self.pods)


class Drawn(NamedTuple):
    """A cluster and a pending pod."""

    machines: tuple[Machine, ...]
    pending: Amounts

    def cluster(self) -> Cluster:
        """Return the cluster with its bound pods."""
        nodes = [node(each.name, None, None, None, more=each.has) for each in self.machines]
        bound = [
            pod(f"{each.name}-{i}", on=each.name, more=asked)
            for each in self.machines
            for i, asked in enumerate(each.pods)
        ]
        return Cluster(nodes, bound)

    def pod(self) -> Pod:
        """Return the pending pod."""
        return pod("pending", more=self.pending)


def requested(asked: Amounts, resource: str, *, nonzero: bool = False) -> int:
    """Return what a pod of one container asks for; nothing said of cpu or memory may count as the default."""
    if resource == "pods":
        return 1
    return asked.get(resource, DEFAULTS.get(resource, 0) if nonzero else 0)


def clusters(
    capacities: dict[str, st.SearchStrategy[int]], requests: dict[str, st.SearchStrategy[int]], most: int = 5
) -> st.SearchStrategy[Drawn]:
    """Draw clusters of up to ``most`` nodes; a node may lack a resource, and a pod may not name one."""
    has = st.fixed_dictionaries({"pods": st.sampled_from([0, 2, 4, 128])}, optional=capacities)
    asks = st.fixed_dictionaries({}, optional=requests)
    machines = st.lists(st.tuples(has, st.lists(asks, max_size=3)), min_size=1, max_size=most)

    def named(drawn: list[tuple[Amounts, list[Amounts]]], pending: Amounts) -> Drawn:
        return Drawn(tuple(Machine(f"n{i}", has, tuple(pods)) for i, (has, pods) in enumerate(drawn)), pending)

    return st.builds(named, machines, asks)
