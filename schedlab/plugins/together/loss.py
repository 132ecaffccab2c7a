"""Loss: a pod gets a node when it arrives, or never."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from schedlab.plugins.api import together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.cluster import ClusterView
    from schedlab.plugins.together.contract import Ask


@dataclass(frozen=True)
class Loss:
    """End pods that find no node at once, as a cloud does that has no queue (a loss system, Erlang 1917)."""

    every: ClassVar[float] = 0.0
    pod_by_pod: ClassVar[bool] = True
    rejects: ClassVar[bool] = True

    @together(name="loss")
    def ask(self, view: ClusterView, pending: Sequence[int]) -> Ask | None:
        """Ask nothing."""
        return None
