"""Naming plug-ins: ``name(parameter=value, ...):weight``, several joined by ``+``, or the same as a mapping.

A name is a plug-in's, or ``file.py:name``, or ``package.module:name``. A value is JSON, or a bare word.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from schedlab.errors import InputError
from schedlab.plugins import registry
from schedlab.plugins.parameters import Given, configure
from schedlab.plugins.plugin import Plugin, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = "write name(parameter=value):weight, several joined by +, as in data_locality:2+best_fit"
OPEN, CLOSE = "([{", ")]}"
WORD = re.compile(r"[^\s\"'()\[\]{},=+:]+")  # what needs no quotes


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plug-in with its parameters and weight, as a suite file may write it."""

    plugin: str
    args: dict[str, Any] = {}
    weight: int | float | str = 1  # a text is checked when it is used

    @property
    def value(self) -> float:
        """The weight as a number.

        Raises
        ------
        InputError
            If it is not positive and finite.
        """
        try:
            weight = float(self.weight)
        except ValueError:
            weight = -1.0
        if not 0 < weight < float("inf"):
            mend = "write a positive number, as in data_locality:2+best_fit"
            raise InputError(f"weight {str(self.weight)!r} of {self.plugin}", mend=mend)
        return weight

    def resolve(self) -> Plugin:
        """Return the plug-in with its parameters set.

        Raises
        ------
        InputError
            If there is no such plug-in, or a parameter is wrong.
        """
        rule = registry.locate(self.plugin)
        try:
            return Plugin.of(configure(rule, self.args, name=name_of(rule)))
        except TypeError as error:
            raise InputError(f"plug-in {self.plugin}: {error}", mend="change its parameters") from error

    def text(self, name: str | None = None) -> str:
        """Return it as one writes it in a text, under its own or another name."""
        args = ", ".join(f"{key}={_written(value)}" for key, value in self.args.items())
        weight = "" if self.weight == 1 else f":{self.weight}"
        return f"{name or self.plugin}{f'({args})' if args else ''}{weight}"


Entry = str | Choice | tuple[str | Choice, ...]  # what a suite file may name a scheduler by


def as_text(entry: Entry) -> str:
    """Return what names a scheduler as one text."""
    if isinstance(entry, str):
        return entry
    if isinstance(entry, tuple):
        return "+".join(map(as_text, entry))
    if choices(entry.plugin) != [Choice(entry.plugin)]:
        raise InputError(f"plugin {entry.plugin!r}", mend="name one here, without parameters and weight")
    return entry.text()


def choices(scheduler: str) -> list[Choice]:
    """Read a text that names plug-ins.

    Raises
    ------
    InputError
        If it is not written as such a text is.
    """
    return list(_choices(scheduler))


def _choices(text: str) -> Iterator[Choice]:
    rest = text
    while True:
        name, rest = _name(rest.strip(), text)
        args: dict[str, Any] = {}
        if rest.startswith("("):
            end = _end(rest, 1, ")", text)
            args, rest = _arguments(rest[1:end], text), rest[end + 1 :].strip()
        weight: int | str = 1
        if rest.startswith(":"):
            weight, plus, rest = rest[1:].partition("+")
            rest, weight = plus + rest, weight.strip()
        yield Choice(name, args, weight)
        if not rest:
            return
        if not rest.startswith("+"):
            raise InputError(f"scheduler {text!r}, at {rest!r}", mend=EXAMPLE)
        rest = rest[1:]


def _name(rest: str, text: str) -> tuple[str, str]:
    """Return the name at the beginning of a text, and what follows."""
    for end in (match.end() for match in re.finditer(r"\.py(?=:)", rest)):
        if Path(rest[:end]).is_file():  # whatever letters the path has
            break
    else:
        end = next((index for index, letter in enumerate(rest) if letter in "+:("), len(rest))
    place, rest = rest[:end], rest[end:]
    if rest.startswith(":") and (place.endswith(".py") or "." in place):
        found = re.match(r"[^+:(]*", rest[1:])
        name = found[0].strip() if found else ""
        return f"{place.strip()}:{name}", rest[1 + len(found[0] if found else "") :]
    if not place.strip():
        raise InputError(f"scheduler {text!r} lacks a name", mend=EXAMPLE)
    return place.strip(), rest


def _arguments(inside: str, text: str) -> dict[str, Any]:
    args: dict[str, Any] = {}
    rest = inside.strip()
    while rest:
        end = _end(rest, 0, ",", text)
        key, equals, value = (part.strip() for part in rest[:end].partition("="))
        if not equals or not key or not value:
            raise InputError(f"scheduler {text!r}, at {rest[:end]!r}", mend="write parameter=value")
        if key in args:
            raise InputError(f"scheduler {text!r} sets {key} twice", mend="set it once")
        args[key] = Given(value)
        rest = rest[end + 1 :].strip()
    return args


def _end(rest: str, start: int, until: str, text: str) -> int:
    """Return where a text ends at a letter that is in no brackets and no quotes; at its own end if that is a comma."""
    depth, quoted, index = 0, False, start
    while index < len(rest):
        letter = rest[index]
        if quoted:
            index += letter == "\\"
            quoted = letter != '"'
        elif letter == until and depth == 0:
            return index
        elif letter == '"':
            quoted = True
        else:
            depth += (letter in OPEN) - (letter in CLOSE)
        index += 1
    if quoted or depth or until != ",":
        raise InputError(f"scheduler {text!r}: a bracket or quote is not closed", mend=EXAMPLE)
    return len(rest)


def _written(value: Any) -> str:
    if isinstance(value, Given) or (isinstance(value, str) and WORD.fullmatch(value) and not _is_json(value)):
        return str(value)
    return json.dumps(value, default=str)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
