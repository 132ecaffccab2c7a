"""Settings as one writes them on the command line: loader options, transforms."""

from __future__ import annotations

from typing import Any

import yaml

from schedlab.errors import InputError
from schedlab.plugins.choice import choices
from schedlab.workload.transforms import resolve


def loader_options(settings: list[str]) -> dict[str, Any]:
    """Return loader options from KEY=VALUE texts; a value is read as YAML, so 3 is a number and true a bool."""
    options = {}
    for setting in settings:
        name, found, value = setting.partition("=")
        if not found or not name:
            raise InputError(f"--set {setting!r}", mend="write KEY=VALUE, as in --set load=0.9")
        options[name] = _value(value, f"--set {setting!r}")
    return options


def transform_steps(texts: list[str]) -> list[dict[str, dict[str, Any]]]:
    """Return steps for `schedlab.workload.transforms.apply` from texts such as ``window(start=6h,length=6h)``.

    Raises
    ------
    InputError
        A text is written otherwise, or names what there is not.
    """
    steps = []
    for text in texts:
        place = f"--transform {text!r}"
        mend = "write NAME(option=value), several joined by +, as in window(start=6h,length=6h)+thin(by=tenant)"
        try:
            found = choices(text)
        except InputError:
            raise InputError(place, mend=mend) from None
        if any(each.weight != 1 for each in found):
            raise InputError(f"{place} has a weight", mend=mend)
        steps += [{each.plugin: {key: _value(value, place) for key, value in each.args.items()}} for each in found]
    resolve(steps)
    return steps


def _value(text: str, place: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{place} is no YAML value", mend="put the value in quotes") from error
