"""Transforms: from a Workload to another one; one a file, found by scanning.

A transform is a function with the name of its module, decorated by `schedlab.workload.recorded.recorded`, which takes a
Workload and keyword-only options. A new one is one file and no other edit.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

from schedlab.errors import InputError
from schedlab.workload.recorded import check_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from schedlab.workload.workload import Workload

    Step = Mapping[str, Mapping[str, Any] | None]


def transforms() -> dict[str, Callable[..., Workload]]:
    """Return every transform by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: getattr(importlib.import_module(f"{__name__}.{name}"), name) for name in names}


def resolve(steps: Sequence[Step]) -> list[tuple[Callable[..., Workload], dict[str, Any]]]:
    """Return the transforms that steps name, with their options; for a look before anything is loaded.

    Raises
    ------
    InputError
        A step is no mapping of one name to its options, or a transform or option is unknown or missing.
    """
    known = transforms()
    found = [_step(number, step, known) for number, step in enumerate(steps, start=1)]
    for function, options in found:
        check_options(function, options)
    return found


def apply(workload: Workload, steps: Sequence[Step]) -> Workload:
    """Apply transforms, one after the other.

    Parameters
    ----------
    steps
        Each a mapping of one name to its options, as in ``{"window": {"start": "6h", "length": "6h"}}``.

    Raises
    ------
    InputError
        What `resolve` refuses, or what a transform does.
    """
    for function, options in resolve(steps):
        workload = function(workload, **options)
    return workload


def _step(
    number: int, step: Any, known: Mapping[str, Callable[..., Workload]]
) -> tuple[Callable[..., Workload], dict[str, Any]]:
    mend = "write one name with its options, as in {head: {pods: 100}}"
    if not isinstance(step, dict) or len(step) != 1:
        raise InputError(f"transform number {number} is {step!r:.80}", mend=mend)
    ((name, options),) = step.items()
    if name not in known:
        near = difflib.get_close_matches(str(name), known, 1)
        mend = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        raise InputError(f"there is no transform {name!r}", mend=mend)
    if not (options is None or (isinstance(options, dict) and all(isinstance(key, str) for key in options))):
        raise InputError(f"the options of transform {name} are {options!r:.80}", mend=mend)
    return known[name], options or {}
