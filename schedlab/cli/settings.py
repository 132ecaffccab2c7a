"""Options that several commands read alike: KEY=VALUE texts and times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from schedlab.errors import InputError
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
        try:
            options[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise InputError(f"--set {setting!r} is no YAML value", mend="put the value in quotes") from error
    return options


def time(option: str, text: str) -> int:
    """Return the time in us that an option gives, such as 90s or 1.5h."""
    try:
        return microseconds(text)
    except InputError as error:
        raise InputError(f"{option}: {error}") from None
