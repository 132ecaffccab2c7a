"""Certificates: a Lagrangian bound worked out again, in exact integers, from duals and prices."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, NamedTuple

from schedlab.placement.verify.facts import Facts
from schedlab.placement.verify.pricing import TooLarge, beaten
from schedlab.placement.verify.rows import all_placed, empty, row_of
from schedlab.placement.verify.worth import Worth, worth_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schedlab.placement.certificate import Certificate
    from schedlab.placement.problem import Problem


class Verdict(NamedTuple):
    """What is known of a certificate.

    ``bound`` is what it comes to, if its prices are right (None: that cannot be told); ``trusted`` what has not been
    worked out again, so that the bound rests on whoever claims it; ``proven``: nothing is trusted and nothing wrong.
    """

    bound: int | None
    proven: bool
    trusted: tuple[str, ...]
    wrong: tuple[str, ...]


def verdict(problem: Problem, levels: Sequence[str], certificate: Certificate) -> Verdict:
    """Work out a certificate's bound again, and try all contents of nodes where they are few enough.

    Parameters
    ----------
    problem
        With the phantoms that the objective added.
    levels
        The names of all levels.
    """
    facts = Facts(problem)
    counted = [worth_of(facts, level) for level in levels]
    if line := _misshapen(facts, levels, certificate):
        return Verdict(None, False, (), (line,))
    level = counted[certificate.level]
    if level is None:
        return Verdict(None, False, (f"the objective {levels[certificate.level]}, which is not known here",), ())
    earlier = counted[: certificate.level]
    placed = all_placed(facts, earlier, certificate.values)
    trusted: list[str] = []
    wrong: list[str] = []
    worth, total = _times(level, level.sense * certificate.scale), 0
    for what, dual in certificate.rows:
        told = " ".join(str(each) for each in what)
        row = row_of(facts, earlier, certificate.values, placed, what)
        if dual < 0:
            wrong.append(f"row {told}: a dual of {dual}; they are 0 or more")
        elif isinstance(row, str):
            wrong.append(f"row {told}: {row}")
        elif row is None:
            trusted.append(f"row {told}")
        else:
            total += dual * (row.upper - empty(facts, row.move))
            row.subtract(worth, dual)
    if wrong or trusted:
        return Verdict(None, False, tuple(trusted), tuple(wrong))
    total += sum(max(0, certificate.priced[kind].most) for kind in facts.type_of)
    bound = level.sense * (total // certificate.scale) + empty(facts, level.move)
    if level.sense * certificate.bound < level.sense * bound:
        wrong.append(f"a bound of {certificate.bound} is claimed, the duals and prices give {bound}")
    for kind, line, sure in _priced(facts, worth, certificate):
        (wrong if sure else trusted).append(f"{line} for type {kind} ({_like(facts, kind)})")
    return Verdict(bound, not (trusted or wrong), tuple(trusted), tuple(wrong))


def known_sense(problem: Problem, level: str) -> int | None:
    """Return 1 if more of a level is better, -1 if less is; None: of an objective that is not known here."""
    worth = worth_of(Facts(problem), level)
    return worth and worth.sense


def rounded(problem: Problem, level: str, bound: int) -> int:
    """Return a level's bound as the tightest value that it still allows: all values are multiples of one number."""
    worth = worth_of(Facts(problem), level)
    if worth is None:
        return bound
    step = gcd(*(each for row in worth.pod for each in row), *worth.node, *worth.move) or 1
    return bound // step * step if worth.sense > 0 else -(-bound // step) * step


def counting(problem: Problem, level: str) -> int | None:
    """Return the bound of a level that counting alone proves: every pod where it is worth most; None: not known."""
    facts = Facts(problem)
    worth = worth_of(facts, level)
    if worth is None:
        return None
    signed = _times(worth, worth.sense)
    total = sum(count * max(0, *row) for count, row in zip(facts.count, signed.pod, strict=True))
    total += sum(max(0, signed.node[kind]) for kind in facts.type_of)
    total += empty(facts, [max(0, each) for each in signed.move])
    return worth.sense * total


def _misshapen(facts: Facts, levels: Sequence[str], certificate: Certificate) -> str:
    if not 0 <= certificate.level < len(levels):
        return f"it is of level {certificate.level}, there are {len(levels)}"
    if len(certificate.values) != certificate.level:
        return f"it has values of {len(certificate.values)} earlier levels, there are {certificate.level}"
    if len(certificate.priced) != len(facts.capacity):
        return f"it has prices of {len(certificate.priced)} types, there are {len(facts.capacity)}"
    return "" if certificate.scale > 0 else f"a scale of {certificate.scale}"


def _priced(facts: Facts, worth: Worth, certificate: Certificate) -> Iterator[tuple[int, str, bool]]:
    """Yield (type, line, whether it is wrong) for each price that is beaten, or that only its giver vouches for."""
    for kind in sorted(set(facts.type_of)):
        most, by = certificate.priced[kind]
        try:
            if beaten(facts, kind, worth, max(0, most)):
                yield kind, f"a price of {most} is beaten", True
        except TooLarge:
            yield kind, f"the price by {by}", False


def _like(facts: Facts, kind: int) -> str:
    nodes = [name for name, own in zip(facts.nodes, facts.type_of, strict=True) if own == kind]
    return f"node {nodes[0]}" + (f" and {len(nodes) - 1} like it" if len(nodes) > 1 else "")


def _times(worth: Worth, factor: int) -> Worth:
    scaled = [[factor * each for each in row] for row in worth.pod]
    return Worth(worth.sense, scaled, [factor * each for each in worth.node], [factor * each for each in worth.move])
