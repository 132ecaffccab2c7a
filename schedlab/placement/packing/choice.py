"""Choice: by what rule a pod's node is chosen, or a node's next pod."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from schedlab.placement.packing.state import State

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Look:
    """Pairs of a class and a node that are compared: one class and many nodes, or one node and many classes.

    Attributes
    ----------
    want, free
        float64 (R + 1, S): what a pod takes, and what is left, as fractions of what the node had at the start; devices
        last. Those of one node have S = 1 in ``free``.
    classes, nodes
        The class, or int64 (S,) classes; int64 (S,) nodes in the order of the state, or the node.
    last
        The node placed on last, -1: none yet.
    draw
        float64 (S,) in 0..1 of a stream of the seed's, each time others.
    """

    state: State
    want: Floats
    free: Floats
    classes: int | NDArray[np.int64]
    nodes: int | NDArray[np.int64]
    last: int
    draw: Callable[[int], Floats]


@dataclass(frozen=True)
class Choice:
    """A rule of choice.

    Attributes
    ----------
    score
        Of a `Look`, float64 (S,): the highest wins, of equals the first in node order.
    fills
        Whether the node that was best for a pod stays the best for further pods of its class while they fit.
    local
        Whether the score is of the node and the class alone, so that it holds until the node changes.
    bins
        Whether it may also choose a node's next pod.
    """

    score: Callable[[Look], Floats]
    fills: bool = False
    local: bool = True
    bins: bool = False
