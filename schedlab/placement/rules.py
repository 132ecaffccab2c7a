"""Rules: what must hold between pods once all are placed.

A *group* is a set of pods: those of some classes, and of the pods that stay where they are (residents). A *domain* is
what a topology key makes of the nodes; with the key `HOST` each node is one of its own, with `EVERYWHERE` all nodes
are one. kube-scheduler checks its rules when a pod is placed; these are about the final state, so that there is an
order in which kube-scheduler would allow each placement only where the docstring says so. Rules bind the pods placed:
a resident counts as one of ``whom``, but as one of ``who`` only to keep others apart from it, and in a limit; two
residents that should be apart are left as they are. Phantoms are in no group.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOST = "kubernetes.io/hostname"
EVERYWHERE = ""


@dataclass(frozen=True, eq=False)
class Group:
    """A set of pods, such as a selector finds.

    ``members`` is bool (C,); ``residents`` int64 (T,), how many pods that stay are on each node of the type.
    """

    name: str
    members: NDArray[np.bool_]
    residents: NDArray[np.int64]

    def widened(self) -> Group:
        """Return the group in a problem with one more class, which is no member."""
        return replace(self, members=np.append(self.members, False))


@dataclass(frozen=True)
class Apart:
    """Required pod anti-affinity: in the domain of a pod of ``who`` is no other pod of ``whom``.

    A node without the key is in no domain. Two pods of one class in both groups keep apart too. It does not matter in
    which order pods come.
    """

    key: str
    who: int  # group
    whom: int


@dataclass(frozen=True)
class Near:
    """Required pod affinity: a pod of ``who`` is in a domain that holds a pod of ``whom``, which may be itself.

    Nodes without the key are not for ``who``. The pods of ``who`` that are in ``whom`` may begin a series where there
    is none (kube-scheduler's first pod of a series): in one domain at most, and only if no resident is in ``whom``. In
    any other domain there must be a resident, or a pod that is in ``whom`` and not in ``who``.
    """

    key: str
    who: int
    whom: int


@dataclass(frozen=True, eq=False)
class Spread:
    """Topology spread, DoNotSchedule: where pods of ``who`` are, ``whom`` exceeds the least domain by ``skew`` at most.

    ``eligible`` is bool (T,): the nodes that count, with the key and (by policy) of the pod's node affinity and taints;
    other nodes without the key are not for ``who``. With fewer eligible domains than ``least_domains`` the least
    counts as 0. kube-scheduler checks this at each placement only, so it may reach states that the rule refuses.
    """

    key: str
    who: int
    whom: int
    skew: int
    eligible: NDArray[np.bool_]
    least_domains: int = 1


@dataclass(frozen=True)
class Limit:
    """At most ``amount`` of a resource (-1: of pods) for ``who`` in each domain: quotas, limits of a zone or a node.

    ``domain`` names the one that is limited (not with `HOST`, where it would tell nodes of a type apart); None: each.
    Residents of ``who`` count as pods; of a resource the amount is what is left.
    """

    key: str
    who: int
    resource: int
    amount: int
    domain: int | None = None


@dataclass(frozen=True)
class Gang:
    """Of ``who``, none or at least so many are placed (a PodGroup's minMember, less its residents)."""

    who: int
    least: int


Rule = Apart | Near | Spread | Limit | Gang
