"""Devices: whether pods' shares fit the devices of one node."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schedlab.placement.verify.placed import Placed

    Asked = tuple[int, int]  # devices, milli of each
    Kind = tuple[int, int, int]  # milli, pods, devices of each


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
    if any(devices > len(room) for devices, _ in asked):
        return False
    kinds = sorted(((milli, pods, devices) for (devices, milli), pods in asked.items() if milli), reverse=True)
    if sum(milli * pods * devices for milli, pods, devices in kinds) > sum(room):
        return False
    return _first_fits(list(room), kinds) or _Search(sorted(room), kinds).fits()


def _first_fits(room: list[int], kinds: Sequence[Kind]) -> bool:
    """Try the tightest devices that suffice, largest shares first."""
    for milli, pods, devices in kinds:
        for _ in range(pods):
            open_ = sorted((left, device) for device, left in enumerate(room) if left >= milli)
            if len(open_) < devices:
                return False
            for _, device in open_[:devices]:
                room[device] -= milli
    return True


class _Search:
    """Every way to fill the devices, one after the other, that leaves no room for a share still to come.

    Shares of one kind may go to any device, but to each at most as many as there are pods: they can then be dealt out
    so that no pod has two of one device (Gale 1957, Ryser 1957).
    """

    def __init__(self, room: Sequence[int], kinds: Sequence[Kind]) -> None:
        self._room, self._milli, self._most = room, [each[0] for each in kinds], [each[1] for each in kinds]
        self._shares = tuple(pods * devices for _, pods, devices in kinds)
        self._left = [sum(room[device:]) for device in range(len(room) + 1)]  # of the devices from one on
        self._failed: set[tuple[int, tuple[int, ...]]] = set()

    def fits(self, device: int = 0, shares: tuple[int, ...] | None = None) -> bool:
        """Say whether shares, so many of each kind, fit the devices from one on."""
        shares = self._shares if shares is None else shares
        if not any(shares):
            return True
        waste = self._left[device] - sum(many * milli for many, milli in zip(shares, self._milli, strict=True))
        crowded = any(many > most * (len(self._room) - device) for many, most in zip(shares, self._most, strict=True))
        if waste < 0 or crowded or (device, shares) in self._failed:
            return False
        if any(self.fits(device + 1, rest) for rest in self._fills(self._room[device], shares, (), waste)):
            return True
        self._failed.add((device, shares))
        return False

    def _fills(
        self, left: int, shares: tuple[int, ...], rest: tuple[int, ...], waste: int
    ) -> Iterator[tuple[int, ...]]:
        """Yield what is left of the shares after filling a device as far as they go, with so much waste at most."""
        kind = len(rest)
        if kind == len(shares):
            kinds = zip(shares, rest, self._most, self._milli, strict=True)
            if left <= waste and all(
                not after or before - after == most or milli > left for before, after, most, milli in kinds
            ):
                yield rest
            return
        there = zip(shares[kind:], self._most[kind:], self._milli[kind:], strict=True)
        if left - sum(min(many, most) * milli for many, most, milli in there) > waste:
            return
        milli = self._milli[kind]
        for many in range(min(shares[kind], self._most[kind], left // milli), -1, -1):
            yield from self._fills(left - many * milli, shares, (*rest, shares[kind] - many), waste)
