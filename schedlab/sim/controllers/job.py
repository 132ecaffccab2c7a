"""The implicit Job: pods without an owner come back as a new attempt when they are evicted or lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from schedlab.cluster.facts import Fact, PodEnded
from schedlab.cluster.plan import MOVED
from schedlab.sim.events import EVICTED, LOST, SUBMITTED, WORKLOADS, Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schedlab.cluster import ClusterView

SECOND = 1_000_000


@dataclass(frozen=True)
class Job:
    """Kubernetes' Job back-off: 10 s, doubled per failure up to six minutes, and at most ``limit`` retries.

    Each attempt needs the pod's full duration. (Kubernetes, Jobs: "Pod backoff failure policy", backoffLimit.) Who is
    moved did not fail, and comes back at once.
    """

    limit: int = 6
    moves: Counter[int] = field(default_factory=Counter)  # how often each pod was moved

    phase: ClassVar[int] = WORKLOADS
    kinds: ClassVar[frozenset[str]] = frozenset({EVICTED, LOST})

    def handle(self, now: int, batch: list[Event], view: ClusterView) -> Iterator[Fact | Event]:
        """Submit the next attempt after the back-off, or give the pod up."""
        for event in batch:
            if event.detail == MOVED:
                self.moves[event.subject] += 1
                yield Event(now, SUBMITTED, event.subject)
                continue
            failures = int(view.pods.attempt[event.subject]) - self.moves[event.subject]
            if failures > self.limit:
                yield PodEnded(event.subject, succeeded=False, reason="BackoffLimitExceeded")
            else:
                yield Event(now + min(10 * 2 ** (failures - 1), 360) * SECOND, SUBMITTED, event.subject)
