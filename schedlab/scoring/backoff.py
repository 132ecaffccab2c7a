"""Backoff: how long a pod that failed is not to be tried again."""

from __future__ import annotations

from typing import NamedTuple

SECOND = 1_000_000


class Backoff(NamedTuple):
    """A pod that failed n times in a row waits ``initial`` doubled n - 1 times, at most ``most``; microseconds.

    Kubernetes' podInitialBackoffSeconds and podMaxBackoffSeconds; ``Backoff(0, 0)`` is none.
    """

    initial: int = SECOND
    most: int = 10 * SECOND

    def expiry(self, stamp: int, failures: int) -> int:
        """Return when a pod that failed at ``stamp`` may go on, cut to a whole second as kube-scheduler does."""
        if not failures:
            return 0
        end = stamp + min(self.initial << min(failures - 1, 40), self.most)
        return end - end % SECOND

    @property
    def limit(self) -> int:
        """The number of failures beyond which nothing grows."""
        failures = 1
        while self.initial << failures - 1 < self.most and failures < 40:
            failures += 1
        return failures if self.initial else 1


KUBERNETES = Backoff()  # podInitialBackoffSeconds and podMaxBackoffSeconds as they are if nobody says otherwise
NO_BACKOFF = Backoff(0, 0)
