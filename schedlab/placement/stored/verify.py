"""Whether a stored result is what it says: from the file alone, by the independent checker."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schedlab.placement.result import Status
from schedlab.placement.stored.file import read
from schedlab.placement.verify import check_placement, values, verdict
from schedlab.placement.verify.certificate import counting, known_sense, rounded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schedlab.placement.problem import Problem
    from schedlab.placement.result import Result


class Line(NamedTuple):
    """One thing that was looked at: what was found, and whether it is as claimed."""

    text: str
    right: bool = True


class Verified(NamedTuple):
    """What was found; ``ok``: nothing was wrong. A bound that is only trusted is not wrong: its line says on what."""

    lines: tuple[str, ...]
    ok: bool


def verify_file(path: Path) -> Verified:
    """Check a stored result: placement, values, order of value and bound, certificates.

    It is held against the problem in the file; whether that is the problem that was meant, a file alone cannot say.

    Raises
    ------
    InputError
        If the file is not there or damaged; it names the field.
    """
    lines = [*_lines(*read(path))]
    told = (" ".join((each.text if each.right else f"wrong: {each.text}").split()) for each in lines)
    return Verified(tuple(told), all(each.right for each in lines))


def _lines(problem: Problem, result: Result) -> Iterator[Line]:
    yield from _senses(problem, result)
    found = result.objective is not None
    if found:
        wrong = check_placement(problem, result.placement, result.unplaced)
        yield from (Line(line, False) for line in wrong)
        if not wrong:
            yield Line(f"placement: {len(result.placement)} pods on nodes, {len(result.unplaced)} on none; it is right")
            yield from _values(problem, result)
    elif result.placement:
        yield Line("there is a placement, but no objective", False)
    yield from _status(result)
    for index in range(len(result.levels)):
        yield from _bound(problem, result, index)


def _senses(problem: Problem, result: Result) -> Iterator[Line]:
    for level, claimed in zip(result.levels, result.senses, strict=True):
        sense = known_sense(problem, level)
        if claimed not in (1, -1) or (sense is not None and sense != claimed):
            yield Line(f"{level}: a sense of {claimed}", False)


def _values(problem: Problem, result: Result) -> Iterator[Line]:
    counted = values(problem, result.levels, result.placement)
    for level, sense, claimed, true in zip(result.levels, result.senses, result.objective or (), counted, strict=True):
        if true is None:
            yield Line(f"{level}: a value of {claimed}, trusted: the objective is not known here")
        elif level == "fragmentation" and sense * claimed <= sense * true:
            yield Line(f"{level}: a value of {claimed}; {true} phantoms fit")
        else:
            told = "as counted" if true == claimed else f"the placement is worth {true}"
            yield Line(f"{level}: a value of {claimed}, {told}", true == claimed)


def _status(result: Result) -> Iterator[Line]:
    found, status = result.objective is not None, result.status
    if found != (status in (Status.OPTIMAL, Status.FEASIBLE)):
        yield Line(f"status {status} {'with' if found else 'without'} a placement", False)
    if status == Status.OPTIMAL and result.objective != result.bound:
        yield Line("status OPTIMAL, but not every bound equals its value", False)
    if status == Status.INFEASIBLE:
        yield Line(f"status INFEASIBLE, trusted: {result.method or 'no method named'}")


def _bound(problem: Problem, result: Result, index: int) -> Iterator[Line]:
    level, sense, claimed = result.levels[index], result.senses[index], result.bound[index]
    certificate = result.certificates[index]
    if claimed is None:
        return
    earlier = result.objective[:index] if result.objective is not None else None
    if index and earlier != result.bound[:index]:
        yield Line(f"{level}: a bound of {claimed}, but the levels before it are not at their bounds", False)
    if result.objective is not None and sense * result.objective[index] > sense * claimed:
        yield Line(f"{level}: the value {result.objective[index]} beats the bound {claimed}", False)
    by_count = counting(problem, level)
    if by_count is not None and sense * claimed >= sense * by_count:
        yield Line(f"{level}: a bound of {claimed}, proven by counting")
    elif certificate is None:
        yield Line(f"{level}: a bound of {claimed}, trusted: {result.kinds[index] or 'no kind named'}")
    elif certificate.level != index or certificate.values != earlier:
        yield Line(f"{level}: the certificate is of level {certificate.level} at {[*certificate.values]}", False)
    else:
        found = verdict(problem, result.levels, certificate)
        yield from (Line(f"{level}: the certificate: {line}", False) for line in found.wrong)
        if found.bound is not None and sense * claimed < sense * rounded(problem, level, found.bound):
            yield Line(f"{level}: a bound of {claimed} is claimed, the certificate gives {found.bound}", False)
        elif not found.wrong:
            told = f"trusted: {', '.join(found.trusted)}" if found.trusted else "proven by its certificate"
            yield Line(f"{level}: a bound of {claimed}, {told}")
