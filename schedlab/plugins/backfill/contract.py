"""What a backfilling policy is: the units that wait, and the hooks that a scheduler calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.cluster import ClusterView

Fits = Callable[[int], NDArray[np.bool_]]  # pod class -> bool (N,), the nodes that its static filters pass


class Unit(NamedTuple):
    """What starts at once or not at all: a pod, or a gang.

    Attributes
    ----------
    pods, classes
        The pods that wait, and the class of each.
    least
        How many of them must start; the first so many are planned for.
    walltime
        Microseconds that the submitter asked for; -1: not known, which counts as for ever.
    """

    pods: tuple[int, ...]
    classes: tuple[int, ...]
    least: int
    walltime: int

    @staticmethod
    def of(pods: Sequence[int], view: ClusterView, least: int | None = None) -> Unit:
        """Return the unit of some pending pods, of which ``least`` must start; None: all."""
        rows = list(pods)
        asked = view.pods.walltime[rows].tolist()
        walltime = -1 if min(asked) < 0 else max(asked)
        return Unit(tuple(rows), tuple(view.pods.cls[rows].tolist()), len(rows) if least is None else least, walltime)


class Reservations(Protocol):
    """A policy at work in one run: its reservations, which outlive a pass over the queue.

    A pass begins with ``begin``. Then each waiting unit is shown once, in the order of the queue, and ends in one of
    two ways: ``allows`` says None of a placement, and the scheduler makes it, or the unit ``waits``. When ``begin`` and
    ``waits`` are called the view holds what is really bound, no hypothesis; the others do not look at it.
    """

    @property
    def done(self) -> bool:
        """Whether the pass may stop: nobody later in the queue can start in it."""
        ...

    def begin(self) -> None:
        """Begin a pass at ``view.now``."""
        ...

    def allows(self, unit: Unit, nodes: Sequence[int]) -> str | None:
        """Say whether a unit may start now, and if so take it for started.

        ``nodes`` is the position of the node of each of its pods, -1 for one that stays behind. None: it may; else why
        it is held back.
        """
        ...

    def room(self, unit: Unit, nodes: Sequence[int]) -> NDArray[np.bool_] | None:
        """Return the nodes on which its next pod delays nobody, bool (N,), when the pods before it go to ``nodes``.

        None: all nodes. What is placed within these nodes is allowed. A scheduler asks where its first choice is not.
        """
        ...

    def waits(self, unit: Unit) -> str | None:
        """Note that a unit does not start in this pass, be it held back or without room: reserve for it, if at all.

        Returns what there is to tell its submitter beside the reason; None: nothing.
        """
        ...


class Backfill(Protocol):
    """A policy: frozen parameters."""

    def reservations(self, view: ClusterView, fits: Fits) -> Reservations:
        """Return the policy at work in one run, nothing reserved yet."""
        ...
