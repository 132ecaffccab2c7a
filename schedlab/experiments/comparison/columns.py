"""The columns of the table of runs that a comparison reads: which are metrics, which say where a run belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from schedlab.errors import InputError
from schedlab.extensions import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

PLACE = ("trace", "scheduler", "replicate", "tie", "run", "error")
CENSORED = ".censored"  # <metric>.censored: the value is a lower bound
FIRST_TIE = 0  # the tie-break seed that enters comparisons


def entries(rows: pd.DataFrame) -> list[str]:
    """Return the metric entries among the columns, in their order."""
    return [str(name) for name in rows.columns if name not in PLACE and not str(name).endswith(CENSORED)]


def chosen(rows: pd.DataFrame, metrics: Sequence[str]) -> list[str]:
    """Return the entries that some names mean: entries such as ``wait.p95``, or families such as ``wait``.

    Raises
    ------
    InputError
        A name is neither.
    """
    known = entries(rows)
    found: dict[str, None] = {}
    for name in metrics:
        of_family = [entry for entry in known if within(entry, name)]
        if not of_family:
            raise InputError(f"there is no metric {name!r}", mend=nearest(name, names_of(known)))
        found |= dict.fromkeys(of_family)
    return list(found)


def names_of(entries: Sequence[str]) -> list[str]:
    """Return the names that mean some of the entries: they and their families."""
    return list(dict.fromkeys([*entries, *(entry.split(".")[0] for entry in entries)]))


def within(entry: str, name: str) -> bool:
    """Return whether an entry is the one that is named, or of the family that is named."""
    return entry == name or entry.startswith(f"{name}.")


def ended(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that ended well, under the first tie-break seed.

    Raises
    ------
    InputError
        Two of them are of one trace, scheduler and replicate.
    """
    ran = rows[(rows["error"] == "") & (rows["tie"] == FIRST_TIE)]
    twice = ran[ran.duplicated(["trace", "scheduler", "replicate"])]
    if len(twice):
        trace, scheduler, replicate = twice.iloc[0][["trace", "scheduler", "replicate"]]
        raise InputError(
            f"two runs of {scheduler} on {trace}, replicate {replicate}", field="replicate", mend="keep one of them"
        )
    return ran


def bounds(rows: pd.DataFrame, entry: str) -> pd.Series[bool]:
    """Return which values of an entry are lower bounds."""
    if entry + CENSORED not in rows:
        return pd.Series(False, index=rows.index)
    return rows[entry + CENSORED].eq(True)
