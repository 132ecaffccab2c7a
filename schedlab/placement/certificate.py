"""Certificate: the numbers from which a bound can be worked out again, exactly."""

from __future__ import annotations

from typing import NamedTuple


class Priced(NamedTuple):
    """The most that one node of a type can be worth at the duals: an upper bound, and who vouches for it."""

    most: int
    by: str  # "brute force", "dominance" or "CP-SAT"


class Certificate(NamedTuple):
    """A Lagrangian bound of one level (`research/optimal`: Dantzig-Wolfe over node types; Geoffrion 1974).

    All numbers are integers in units of 1 / ``scale``. For sense s the level is: make s times its form the most,
    subject to rows ``form + extras <= upper``; for any duals of 0 or more the most is at most

        sum(dual * upper) + sum over extras of max over its range of (-sum(dual * coefficient)) * extra
        + sum over types of nodes * max(0, most of a node of s * scale * form - sum(dual * row's form))

    where the worth of a node is as against an empty one, and ``upper`` and the bound as against all nodes empty (which
    matters to moves alone).

    ``rows`` are (what, dual): ``what`` is ("count", class), ("required", class), ("placed", class) where an earlier
    level's value says that all of it are placed, ("level", index of an earlier level, 1 or -1: as good as
    its value, no better), or ("rule", index, name of the row).
    """

    level: int
    scale: int
    rows: tuple[tuple[tuple[str | int, ...], int], ...]
    priced: tuple[Priced, ...]  # by type; the empty node is worth 0
    values: tuple[int, ...]  # of the earlier levels, proven optimal
    bound: int
