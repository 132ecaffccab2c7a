"""Parameters: ``$name`` in a trace or a scheduler stands for each of some values in turn."""

from __future__ import annotations

import difflib
import itertools
import re
from typing import TYPE_CHECKING, Any

from schedlab.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Binding = dict[str, Any]  # a value for each parameter
MARK = re.compile(r"\$(\w+)|\$\{(\w+)\}")


def used(value: Any) -> set[str]:
    """Return the names of the parameters that a JSON value mentions."""
    if isinstance(value, str):
        return {plain or braced for plain, braced in MARK.findall(value)}
    if isinstance(value, dict):
        return used([*value, *value.values()])
    return set().union(*map(used, value)) if isinstance(value, list | tuple) else set()


def bindings(value: Any, parameters: Mapping[str, tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    """Yield every choice of values for the parameters that a value mentions; one empty choice if it mentions none.

    Raises
    ------
    InputError
        It mentions a parameter that there is not.
    """
    names = sorted(used(value))
    for name in names:
        if name not in parameters:
            near = difflib.get_close_matches(name, parameters, 3) or sorted(parameters)
            mend = f"known: {', '.join(near)}" if near else "the suite has none; list its values under parameters"
            raise InputError(f"there is no parameter ${name}", mend=mend)
    for values in itertools.product(*(parameters[name] for name in names)):
        yield dict(zip(names, values, strict=True))


def filled(value: Any, binding: Mapping[str, Any]) -> Any:
    """Return a JSON value with its parameters replaced; one that is nothing but a parameter keeps the value's type."""
    if isinstance(value, str):
        whole = MARK.fullmatch(value)
        if whole:
            return binding[whole[1] or whole[2]]
        return MARK.sub(lambda found: str(binding[found[1] or found[2]]), value)
    if isinstance(value, dict):
        return {filled(name, binding): filled(inner, binding) for name, inner in value.items()}
    return [filled(inner, binding) for inner in value] if isinstance(value, list | tuple) else value


def agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two choices give the parameters that they share the same values."""
    return all(other[name] == value for name, value in one.items() if name in other)
