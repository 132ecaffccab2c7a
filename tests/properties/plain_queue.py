"""A queue of lists: every pod is tried really, whenever it may be, and nothing is left out as vain."""

from __future__ import annotations

from dataclasses import dataclass

SECOND = 1_000_000


@dataclass
class Pod:
    name: int
    cls: int
    priority: int
    number: int
    stamp: int  # when it came or last failed
    failures: int = 0
    place: str = "queued"  # or "tried", "aside"

    def expiry(self):
        if not self.failures:
            return 0
        end = self.stamp + min(2 ** (self.failures - 1), 10) * SECOND
        return end - end % SECOND


class PlainQueue:
    """kube-scheduler's PriorityQueue, searched whole each time."""

    def __init__(self):
        self.pods = []
        self.number = 0
        self.looked = 0  # up to when the ticks of every 30 s have been

    def push(self, name, cls, priority, now):
        self.pods.append(Pod(name, cls, priority, self.number, now))
        self.number += 1

    def pop(self, now):
        queued = [pod for pod in self.pods if pod.place == "queued"]
        active = [pod for pod in queued if pod.expiry() <= now]
        if active:
            return min(active, key=lambda pod: (-pod.priority, pod.stamp, pod.number))
        return min(queued, key=lambda pod: (pod.expiry(), -pod.priority, pod.stamp, pod.number), default=None)

    def placed(self, pod):
        self.pods.remove(pod)

    def failed(self, pod, now):
        pod.stamp, pod.failures, pod.place = now, pod.failures + 1, "aside"

    def wake(self, now):
        for pod in self.pods:
            if pod.place == "aside":
                pod.place = "queued"

    def flush(self, now):
        """Try in vain, at each tick before now, who has been aside for more than 300 s."""
        for tick in range(self.looked, now, 30 * SECOND):
            for pod in self.pods:
                if pod.place == "aside" and tick > pod.stamp + 300 * SECOND:
                    self.failed(pod, tick)
        self.looked = -(-now // (30 * SECOND)) * 30 * SECOND

    def lengths(self, now):
        queued = [pod for pod in self.pods if pod.place == "queued"]
        early = sum(pod.expiry() > now for pod in queued)
        return len(queued) - early, early, len(self.pods) - len(queued)
