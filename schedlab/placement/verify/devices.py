"""Devices: whether pods' shares fit the devices of one node."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schedlab.placement.verify.placed import Placed

    Asked = tuple[int, int]  # devices, milli of each


def wrong_devices(placed: Placed) -> Iterator[str]:
    """Tell of nodes whose devices the pods' shares do not fit."""
    facts = placed.facts
    known: dict[tuple[int, tuple[tuple[Asked, int], ...]], bool] = {}
    for node, pods in placed.content.items():
        kind = facts.type_of[node]
        asked: dict[Asked, int] = {}
        for cls, many in pods.items():
            devices, milli = facts.share[cls]
            if devices:
                asked[devices, milli] = asked.get((devices, milli), 0) + many
        if not asked:
            continue
        key = kind, tuple(sorted(asked.items()))
        if key not in known:
            known[key] = fits(facts.devices[kind], asked)
        if not known[key]:
            told = ", ".join(f"{many} x {devices} of {milli} milli" for (devices, milli), many in sorted(asked.items()))
            yield f"node {facts.nodes[node]}: devices with {facts.devices[kind]} milli left do not fit {told}"


def fits(room: Sequence[int], asked: dict[Asked, int]) -> bool:
    """Say whether shares fit, by exact search; a pod takes its milli of so many different devices.

    Parameters
    ----------
    room
        Milli left of each device.
    asked
        How many pods ask for (devices, milli of each).
    """
    pods = [
        pod for pod, many in sorted(asked.items(), key=lambda each: (-each[0][1], -each[0][0])) for _ in range(many)
    ]
    if sum(devices * milli for devices, milli in pods) > sum(room) or any(devices > len(room) for devices, _ in pods):
        return False
    return _first_fits(list(room), pods) or _Search(pods).fits(0, tuple(sorted(room)))


def _first_fits(room: list[int], pods: Sequence[Asked]) -> bool:
    """Try the tightest devices that suffice, largest shares first."""
    for devices, milli in pods:
        open_ = sorted((left, device) for device, left in enumerate(room) if left >= milli)
        if len(open_) < devices:
            return False
        for _, device in open_[:devices]:
            room[device] -= milli
    return True


class _Search:
    """Every way to place the pods, one after the other, up to the order of devices."""

    def __init__(self, pods: Sequence[Asked]) -> None:
        self._pods = pods
        self._left = [0] * (len(pods) + 1)  # asked for by the pods from here on
        for place in reversed(range(len(pods))):
            self._left[place] = self._left[place + 1] + pods[place][0] * pods[place][1]
        self._failed: set[tuple[int, tuple[int, ...]]] = set()
        self._full: dict[tuple[int, int], int] = {}

    def fits(self, place: int, room: tuple[int, ...]) -> bool:
        """Say whether the pods from a place on fit devices with so much left, the least first."""
        if place == len(self._pods):
            return True
        if (place, room) in self._failed:
            return False
        if sum(self._usable(place, left) for left in room) >= self._left[place]:
            devices, milli = self._pods[place]
            open_ = [device for device, left in enumerate(room) if left >= milli]
            tried = set()
            for chosen in combinations(open_, devices):
                after = list(room)
                for device in chosen:
                    after[device] -= milli
                left = tuple(sorted(after))
                if left not in tried and self.fits(place + 1, left):
                    return True
                tried.add(left)
        self._failed.add((place, room))
        return False

    def _usable(self, place: int, left: int) -> int:
        """Return the most of a device that the pods from a place on can take, one share each."""
        if (place, left) not in self._full:
            sums = 1
            for _, milli in self._pods[place:]:
                sums |= sums << milli
            self._full[place, left] = (sums & ((1 << left + 1) - 1)).bit_length() - 1
        return self._full[place, left]
