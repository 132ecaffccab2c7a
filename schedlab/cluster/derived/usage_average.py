"""What nodes used lately: an average that forgets by half in a half-life."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.cluster.columns import NodeColumns

NEVER = -1


class UsageAverage:
    """The exponentially weighted average over time of cpu and memory usage, exact for usage that goes in steps.

    Only changes are noted, so that asking leaves no trace. What a node used at the first change counts as all that
    was before.
    """

    def __init__(self, half_life: int) -> None:
        self.half_life = half_life
        self._mean = np.zeros((2, 0))  # by uid, at the last change
        self._since = np.zeros(0, np.int64)  # when that was, microseconds

    def of(self, nodes: NodeColumns, now: int) -> NDArray[np.float64]:
        """Return float64 (2, N): millicores and bytes."""
        self._grow(nodes.ever)
        use, since = nodes.usage[:2], self._since[nodes.uid]
        keep = np.where(since == NEVER, 0.0, np.exp2((since - now) / self.half_life))
        return use + (self._mean[:, nodes.uid] - use) * keep

    def changes(self, nodes: NodeColumns, position: int, now: int) -> None:
        """Note that the usage of a node is about to change."""
        self._grow(nodes.ever)
        uid = int(nodes.uid[position])
        use, since = nodes.usage[:2, position], int(self._since[uid])
        keep = 0.0 if since == NEVER else 2.0 ** ((since - now) / self.half_life)
        self._mean[:, uid] = use + (self._mean[:, uid] - use) * keep
        self._since[uid] = now

    def kept(self, uid: int) -> tuple[NDArray[np.float64], int]:
        """Return what is known of a node, to be given to `restore` later."""
        self._grow(uid + 1)
        return self._mean[:, uid].copy(), int(self._since[uid])

    def restore(self, uid: int, kept: tuple[NDArray[np.float64], int] | None) -> None:
        """Know of a node what was known before; None is nothing."""
        self._grow(uid + 1)
        self._mean[:, uid], self._since[uid] = kept or (0.0, NEVER)

    def _grow(self, ever: int) -> None:
        more = ever - len(self._since)
        if more > 0:
            self._since = np.concatenate([self._since, np.full(more, NEVER)])
            self._mean = np.concatenate([self._mean, np.zeros((2, more))], axis=1)
