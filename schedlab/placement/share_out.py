"""Share out: which devices of one node serve which pods."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from schedlab.cluster.devices import Share, tightest
from schedlab.errors import SchedlabError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schedlab.cluster.devices import Holding

STEPS = 200_000  # of the search, before it gives up


def share_out(room: Sequence[int], shares: Sequence[tuple[int, int]]) -> list[Holding] | None:
    """Return the devices of each pod, in the order of ``shares``; None if there is no way.

    The largest shares come first and take the tightest devices; where that fails, all ways are tried.

    Parameters
    ----------
    room
        Milli left of each device.
    shares
        Of each pod: how many devices, and how many milli of each.

    Raises
    ------
    SchedlabError
        If the search takes too long.
    """
    order = sorted(range(len(shares)), key=lambda pod: (-shares[pod][1], -shares[pod][0], pod))
    asked = [shares[pod] for pod in order if shares[pod][0]]
    found = _tightest(list(room), asked)
    if found is None:
        found = _Search(asked).run(list(room))
    if found is None:
        return None
    holdings: list[Holding] = [()] * len(shares)
    for pod, holding in zip((pod for pod in order if shares[pod][0]), found, strict=True):
        holdings[pod] = holding
    return holdings


def _tightest(room: list[int], asked: Sequence[tuple[int, int]]) -> list[Holding] | None:
    found = []
    for devices, milli in asked:
        holding = tightest(room, Share(devices, milli))
        if not holding:
            return None
        found.append(holding)
        for device, _ in holding:
            room[device] -= milli
    return found


class _Search:
    """Depth first over the pods; a state that failed once, devices of equal room being alike, is not tried again."""

    def __init__(self, asked: Sequence[tuple[int, int]]) -> None:
        self._asked, self._failed, self._steps = asked, set[tuple[int, tuple[int, ...]]](), 0
        self._after = [0] * (len(asked) + 1)  # milli that the pods from each one on need
        for pod in range(len(asked) - 1, -1, -1):
            self._after[pod] = self._after[pod + 1] + asked[pod][0] * asked[pod][1]

    def run(self, room: list[int], pod: int = 0) -> list[Holding] | None:
        """Return the devices of all pods from one on; None if there is no way."""
        if pod == len(self._asked):
            return []
        state = pod, tuple(sorted(room))
        if state in self._failed or sum(room) < self._after[pod]:
            return None
        self._steps += 1
        if self._steps > STEPS:
            raise SchedlabError("whether the devices of a node can be shared out among its pods took too long to find")
        milli = self._asked[pod][1]
        for chosen in self._choices(room, *self._asked[pod]):
            for device in chosen:
                room[device] -= milli
            rest = self.run(room, pod + 1)
            for device in chosen:
                room[device] += milli
            if rest is not None:
                return [tuple((device, milli) for device in chosen), *rest]
        self._failed.add(state)
        return None

    @staticmethod
    def _choices(room: list[int], devices: int, milli: int) -> Iterator[tuple[int, ...]]:
        """Yield devices to take, the tightest first; of those with equal room the same ones are as good as any."""
        fit = sorted((left, device) for device, left in enumerate(room) if left >= milli)
        seen = set()
        for chosen in combinations(fit, devices):
            lefts = tuple(left for left, _ in chosen)
            if lefts not in seen:
                seen.add(lefts)
                yield tuple(device for _, device in chosen)
