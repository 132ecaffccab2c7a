"""A run made again: what it was made from, and whether it goes as it is on record."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from schedlab.errors import InputError
from schedlab.scoring import Profile

if TYPE_CHECKING:
    import pyarrow as pa

    from schedlab.record import Run
    from schedlab.workload import Workload


def plain(table: pa.Table, names: list[str]) -> list[list[Any]]:
    """Return some columns as lists: dictionaries may number the same texts in another order."""
    return [table[name].to_pylist() for name in names]


def differs(what: str) -> str:
    """Return what it means that a run made again is another."""
    return (
        f"made again, the run is another: {what}; the code, a plug-in or one of its parameters has changed, or a "
        "plug-in keeps a state of its own"
    )


def workload_of(run: Run, workload: Workload | None) -> Workload:
    """Return what the run replayed."""
    if not run.manifest.get("reproducible", True):
        told = "decisions of the run took as long as they took when it was made, so it cannot be made again"
        raise InputError(told, mend="replay with a decision time that is given, such as 5ms")
    known = workload or (run.origin.workload if run.origin else None)
    told = run.manifest["workload"]
    if known is None:
        raise InputError(
            f"a run read from disk does not hold its workload, {told['name']!r}",
            mend="load or generate it with the same options and give it as workload=",
        )
    if workload is not None and workload.digest() != told["digest"]:
        raise InputError(
            f"workload {workload.name!r} is not the one of the run, {told['name']!r}",
            mend="load it with the same options and seed",
        )
    return known


def profile_of(run: Run, given: Profile | None) -> Profile:
    """Return the profile of the run; from disk, one that the package knows by name, else the one that is given."""
    if run.origin is not None:
        own: Profile = run.origin.profile
        return own
    told, name = run.manifest["profile"], run.manifest["scheduler"]
    candidates = [] if given is None else [given]
    if ".py" not in name:  # a stored text must not make us run a file
        with suppress(InputError):
            candidates.append(Profile.of(name, ties=told["ties"], decision_time=told.get("decision_time")))
    for profile in candidates:
        if json.loads(json.dumps(profile.describe())) == told:
            return profile
    raise InputError(
        f"a run read from disk does not hold its profile, {name!r}",
        mend="give profile=, with the same plug-ins, parameters and ties",
    )
