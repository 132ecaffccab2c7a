"""Pack: place the pods of a problem by a rule of choice, an order of pods and one of nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from schedlab.errors import InputError
from schedlab.placement.packing import choices, node_orders, sizes
from schedlab.placement.packing.bin_centric import Filler
from schedlab.placement.packing.guard import Guard
from schedlab.placement.packing.item_centric import Batch, Chooser, Run, place
from schedlab.placement.packing.scan import found, scanned
from schedlab.placement.packing.state import State
from schedlab.placement.share_out import share_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from schedlab.cluster.devices import Holding
    from schedlab.placement.packing.choice import Choice
    from schedlab.placement.problem import Problem
    from schedlab.placement.rules import Gang

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

Centric = Literal["item", "bin"]
GIVEN = "given"


def pack(
    problem: Problem,
    *,
    rule: str = "best_fit",
    order: str | Ints = "decreasing dominant",
    nodes: str = GIVEN,
    centric: Centric = "item",
    opened_first: bool = False,
    by_priority: bool = False,
    keep: bool = True,
    seed: int = 0,
) -> Ints:
    """Place what fits, one pod after the other, never moving one again; the rules between pods are kept.

    Parameters
    ----------
    rule
        A file of `schedlab.placement.packing.choices`.
    order
        ``given``, or ``decreasing`` or ``increasing`` and a file of `schedlab.placement.packing.sizes`; of equal sizes
        the class that the problem names first; or all classes as they are to come. Bin-centric packing knows no order.
    nodes
        A file of `schedlab.placement.packing.node_orders`, nodes that are equal as in the problem.
    centric
        ``item``: the next pod chooses its node. ``bin``: the next node chooses its pods.
    opened_first
        Whether a node in use comes before any that is not, where it has room (bin packing).
    by_priority
        Whether higher priorities come first.
    keep
        Whether pods that run stay where they do if the rules allow it; else they come first, anywhere.
    seed
        Of random rules.

    Returns
    -------
    int64 (C, N)
        Pods of each class on each node. A gang that does not get its least is left out whole.

    Raises
    ------
    InputError
        For an unknown name, or a rule that cannot choose a node's next pod.
    """
    choice: Choice = found(choices, "rule of choice", rule)
    if centric == "bin" and not choice.bins:
        able = ", ".join(name for name, each in scanned(choices).items() if each.bins)
        raise InputError(f"{rule} cannot choose a node's next pod", mend=f"bin-centric are {able}")
    key = found(node_orders, "order of nodes", nodes)(problem)
    classes = _class_order(problem, order)
    banned = np.zeros(len(problem.count), np.bool_)
    while True:
        guard = Guard(State(problem, np.argsort(key, kind="stable")))
        if keep:
            keep_running(guard)
        if centric == "bin":
            left = np.where(banned, 0, guard.state.remaining)
            Filler(guard, choice, left, list(_tiers(guard.state, by_priority))).fill()
        else:
            batches = list(_batches(guard, classes, banned, by_priority))
            place(Chooser(guard, choice, seed, opened_first=opened_first), batches)
        short = guard.short() & ~banned
        if not short.any():  # or none that running pods alone, which stay, do not make so
            return guard.state.result()
        banned |= short


def keep_running(guard: Guard) -> None:
    """Leave running pods where they are, as far as there is room and the rules allow it, in whatever order they do."""
    state = guard.state
    cells = list(_running(state))
    while cells:
        blocked = []
        for cls, node, holding in cells:
            if state.fits(cls, at := np.array([node]))[0] and guard.allows(cls, at)[0]:
                guard.place(cls, node, 1, holding)
            else:
                blocked.append((cls, node, holding))
        if not guard.waits or len(blocked) == len(cells):
            return
        cells = blocked


def _running(state: State) -> Iterator[tuple[int, int, Holding | None]]:
    """Yield class, node and devices of each pod that runs; no devices where those of a node cannot serve them all."""
    problem = state.problem
    current = problem.current[:, state.kind]
    for node in np.flatnonzero(current.any(axis=0)).tolist():
        classes = np.repeat(np.arange(len(current)), current[:, node]).tolist()
        shares = [(devices, milli) for devices, milli in problem.share[classes].tolist()]
        holdings = share_out(problem.devices[state.kind[node]], shares)
        for pod, cls in enumerate(classes):
            yield cls, node, None if holdings is None else holdings[pod]


def _class_order(problem: Problem, order: str | Ints) -> Ints | None:
    """Return classes in the order in which they come; None: pods come as given."""
    if not isinstance(order, str):
        return order
    if order == GIVEN:
        return None
    direction, _, name = order.partition(" ")
    if direction not in ("decreasing", "increasing"):
        known = f"write {GIVEN}, or decreasing or increasing and one of {', '.join(scanned(sizes))}"
        raise InputError(f"an order {order!r}", mend=known)
    size = found(sizes, "size to order by", name)(problem)
    return np.argsort(size if direction == "increasing" else -size, kind="stable")


def _tiers(state: State, by_priority: bool) -> Iterator[Ints]:
    """Yield classes by what comes first: those that must be placed, then by priority, phantoms last."""
    problem = state.problem
    must = problem.required > state.assignment.sum(axis=1)
    rank = np.where(problem.phantom, 2, np.where(must, 0, 1)), -problem.priority * by_priority
    keys, tier = np.unique(np.stack(rank), axis=1, return_inverse=True)
    for index in range(keys.shape[1]):
        yield np.flatnonzero(tier.ravel() == index)


def _batches(guard: Guard, classes: Ints | None, banned: Bools, by_priority: bool) -> Iterator[Batch]:
    """Yield what is left to place: pods that must be placed, then the others, phantoms last; a gang's together."""
    problem, placed = guard.state.problem, guard.state.assignment.sum(axis=1)
    must = np.maximum(problem.required - placed, 0)
    rest = np.where(banned, 0, problem.count - placed - must)
    names = range(len(problem.count)) if classes is None else classes.tolist()
    yield from (Batch((Run(cls, int(must[cls])),)) for cls in names if must[cls])
    runs = _given(problem, rest) if classes is None else [Run(cls, int(rest[cls])) for cls in names if rest[cls]]
    runs.sort(key=lambda run: (problem.phantom[run.cls], -problem.priority[run.cls] * by_priority))
    gang_of = {cls: gang for gang in guard.gangs for cls in np.flatnonzero(problem.groups[gang.who].members).tolist()}
    together: dict[Gang, list[Run]] = {}
    for run in runs:
        if run.cls in gang_of:
            together.setdefault(gang_of[run.cls], []).append(run)
    for run in runs:
        gang = gang_of.get(run.cls)
        if gang is None:
            yield Batch((run,))
        elif gang in together:
            yield Batch(tuple(together.pop(gang)), gang)


def _given(problem: Problem, rest: Ints) -> list[Run]:
    """Return what is left as runs in the order of the pods, those that run left out; then what no pod stands for."""
    left = rest.tolist()
    sequence = problem.class_of[problem.runs_on < 0]
    starts = np.flatnonzero(np.diff(sequence, prepend=-1))
    lengths = np.diff(starts, append=len(sequence))
    runs = []
    for cls, length in zip(sequence[starts].tolist(), lengths.tolist(), strict=True):
        pods = min(length, left[cls])
        left[cls] -= pods
        if pods:
            runs.append(Run(cls, pods))
    return runs + [Run(cls, pods) for cls, pods in enumerate(left) if pods]
