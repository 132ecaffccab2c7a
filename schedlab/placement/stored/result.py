"""Stored results: their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schedlab.placement.certificate import Certificate, Priced
from schedlab.placement.ledger import Entry
from schedlab.placement.result import Result, Status
from schedlab.placement.stored.fields import Damaged, converted

if TYPE_CHECKING:
    from schedlab.placement.problem import Problem

FIELDS: dict[str, Any] = {
    "status": Status, "reason": str, "problem": str, "levels": tuple[str, ...], "senses": tuple[int, ...],
    "objective": tuple[int, ...] | None, "bound": tuple[int | None, ...], "kinds": tuple[str, ...], "method": str,
    "placement": dict[str, tuple[str, tuple[tuple[int, int], ...]]], "unplaced": tuple[str, ...],
    "certificates": tuple[dict[str, Any] | None, ...], "trace": tuple[dict[str, Any], ...], "wall": float,
    "cpu": float, "work": float, "memory": int, "seed": int,
}  # fmt: skip
TRACE: dict[str, Any] = {
    "seconds": float, "work": float, "kind": str, "level": int, "values": tuple[int, ...], "by": str
}  # fmt: skip
CERTIFICATE: dict[str, Any] = {
    "level": int, "scale": int, "rows": tuple[tuple[tuple[str | int, ...], int], ...],
    "priced": tuple[tuple[int, str], ...], "values": tuple[int, ...], "bound": int,
}  # fmt: skip


def parts_of_result(result: Result) -> dict[str, Any]:
    """Return the fields of a result."""
    parts: dict[str, Any] = {name: getattr(result, name) for name in FIELDS}
    parts["certificates"] = [each and each._asdict() for each in result.certificates]
    parts["trace"] = [each._asdict() for each in result.trace]
    return parts


def result_from(raw: Any, problem: Problem) -> Result:
    """Return a result from its fields."""
    parts = converted(raw, FIELDS, "result")
    levels = len(parts["levels"])
    for name in ("senses", "objective", "bound", "kinds", "certificates"):
        if parts[name] is not None and len(parts[name]) != levels:
            raise Damaged(f"result.{name}", f"has {len(parts[name])} entries for {levels} levels")
    if parts["problem"] != problem.name:
        raise Damaged("result.problem", f"is of {parts['problem']!r}, the problem is {problem.name!r}")
    parts["certificates"] = tuple(
        each and _certificate(each, f"result.certificates[{at}]") for at, each in enumerate(parts["certificates"])
    )
    parts["trace"] = tuple(
        Entry(**converted(each, TRACE, f"result.trace[{at}]")) for at, each in enumerate(parts["trace"])
    )
    return Result(**parts)


def _certificate(raw: dict[str, Any], place: str) -> Certificate:
    parts = converted(raw, CERTIFICATE, place)
    return Certificate(**{**parts, "priced": tuple(Priced(*price) for price in parts["priced"])})
