"""Options that several commands read alike: KEY=VALUE texts, transforms and times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from schedlab.errors import InputError
from schedlab.plugins.choice import choices
from schedlab.workload.transforms import resolve
from schedlab.workload.units import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable


def loader_options(settings: Iterable[str]) -> dict[str, Any]:
    """Return loader options from KEY=VALUE texts; a value is read as YAML, so 3 is a number and true a bool."""
    options = {}
    for setting in settings:
        name, found, value = setting.partition("=")
        if not found or not name:
            raise InputError(f"--set {setting!r}", mend="write KEY=VALUE, as in --set load=0.9")
        options[name] = _value(value, f"--set {setting!r}")
    return options


def transform_steps(texts: Iterable[str]) -> list[dict[str, dict[str, Any]]]:
    """Return steps for `schedlab.workload.transforms.apply` from texts such as ``window(start=6h,length=6h)``.

    Raises
    ------
    InputError
        A text is written otherwise, or names what there is not.
    """
    mend = "write NAME(option=value), several joined by +, as in window(start=6h,length=6h)+thin(by=tenant)"
    steps = []
    for text in texts:
        place = f"--transform {text!r}"
        try:
            found = choices(text)
        except InputError:  # which speaks of schedulers
            raise InputError(place, mend=mend) from None
        if any(each.weight != 1 for each in found):
            raise InputError(f"{place} has a weight", mend=mend)
        steps += [{each.plugin: {key: _value(value, place) for key, value in each.args.items()}} for each in found]
    resolve(steps)
    return steps


def time(option: str, text: str) -> int:
    """Return the time in us that an option gives, such as 90s or 1.5h."""
    try:
        return microseconds(text)
    except InputError as error:
        raise InputError(f"{option}: {error}") from None


def _value(text: str, place: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{place} is no YAML value", mend="put the value in quotes") from error
