"""recorded: makes a transform of a function: checks its options and writes into the report what it did."""

from __future__ import annotations

import difflib
import inspect
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any

from schedlab.errors import InputError
from schedlab.workload.offered import offered_load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schedlab.workload.workload import Workload


def recorded(function: Callable[..., Workload]) -> Callable[..., Workload]:
    """Decorate a function of a Workload with keyword-only options that returns another one.

    The result's report has new counts and a new offered load; ``transforms`` gains a record of name, options and counts
    before and after; ``source`` is the report of the workload that the first transform was given.

    Raises
    ------
    InputError
        Of the decorated function: an option is unknown or missing, or what the function itself refuses, with its name.
    """
    name = function.__name__

    @wraps(function)
    def transform(workload: Workload, **chosen: Any) -> Workload:
        known = check_options(function, chosen)
        try:
            after = function(workload, **chosen)
        except InputError as error:
            raise InputError(f"transform {name}: {error}") from None
        told = {option: chosen.get(option, parameter.default) for option, parameter in known.items()}
        record = {"name": name, "options": told, "before": _counts(workload), "after": _counts(after)}
        return replace(after, report=_report(workload.report, after, record))

    return transform


def check_options(function: Callable[..., Workload], chosen: Mapping[str, Any]) -> dict[str, inspect.Parameter]:
    """Refuse an option that a transform does not have, and the lack of one that it needs; return all that it has."""
    name, parameters = function.__name__, inspect.signature(function).parameters.values()
    known = {parameter.name: parameter for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}
    for option in chosen:
        if option not in known:
            near = difflib.get_close_matches(option, known, 1)
            mend = f"did you mean {near[0]}?" if near else f"its options are {', '.join(known)}"
            raise InputError(f"transform {name} has no option {option!r}", mend=mend)
    for option, parameter in known.items():
        if parameter.default is parameter.empty and option not in chosen:
            raise InputError(f"transform {name} needs its option {option}", mend=f"write {name}({option}=...)")
    return known


def _counts(workload: Workload) -> dict[str, int]:
    counts = {
        "pods": len(workload.pods),
        "initial": int(workload.pods.initial.sum()),
        "nodes": len(workload.nodes),
        "node_events": len(workload.node_events),
    }
    gangs = 0 if workload.min_available is None else int((workload.min_available > 1).sum())
    owners = {"tenants": len(workload.tenants), "jobs": len(workload.jobs), "gangs": gangs}
    return counts | {name: count for name, count in owners.items() if count}


def _report(before: dict[str, Any], after: Workload, record: dict[str, Any]) -> dict[str, Any]:
    span = after.horizon or int(after.pods.submit[-1])
    return {
        **{name: before[name] for name in ("format", "notes") if name in before},
        **_counts(after),
        "templates": len(after.templates),
        "offered_load": offered_load(after.pods, after.templates, after.nodes, span),
        "offered_load_over_s": span / 1e6,
        "transforms": [*before.get("transforms", ()), record],
        "source": before.get("source", before) if "transforms" in before else before,
    }
