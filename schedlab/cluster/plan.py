"""Plan: what a scheduler, a solver or an eviction manager wants done; only `Cluster.apply` does it."""

from __future__ import annotations

from typing import NamedTuple


class Binding(NamedTuple):
    """Bind this attempt of a pod to a node, named by uid, whose spec was read at ``generation``.

    ``devices`` are (device, milli) of each of the node's devices that the pod gets; a device has 1000 milli.
    """

    pod: int
    attempt: int
    node: int
    generation: int
    devices: tuple[tuple[int, int], ...] = ()


class Eviction(NamedTuple):
    """Take this attempt of a pod off its node, for a reason such as ``Evicted``.

    ``grace`` is how long it may take to end, microseconds: until then it is terminating and holds what it holds.
    """

    pod: int
    attempt: int
    reason: str
    grace: int = 0


PREEMPTED = "Preempted"  # the reason of who makes room for a pod of higher priority
MOVED = "Moved"  # of who goes to another node at once: its next attempt waits for nothing


Action = Binding | Eviction


class Plan(NamedTuple):
    """Groups of actions; each group happens whole or not at all (a binding; a gang; evict-then-bind).

    ``nominations`` are pending pods and the nodes, by uid, that they are to get once there is room; None ends one.
    ``unschedulable`` holds the pods that were tried in vain, with the reason.
    """

    groups: tuple[tuple[Action, ...], ...] = ()
    unschedulable: tuple[tuple[int, str], ...] = ()
    nominations: tuple[tuple[int, int | None], ...] = ()


class Outcome(NamedTuple):
    """What `Cluster.apply` did: the actions it applied, and the groups it refused with the reason."""

    applied: tuple[Action, ...]
    refused: tuple[tuple[tuple[Action, ...], str], ...] = ()
