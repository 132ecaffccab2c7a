"""Parameters: what a rule's fields may be set to, declared once by their annotations.

A rule with parameters is a dataclass or an msgspec struct. ``Annotated[int, msgspec.Meta(ge=0, le=100)]`` gives a
field a range, ``Literal`` and ``bool`` give it choices, ``Meta(description=...)`` says what it is for.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import inspect
import json
import math
import typing
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from schedlab.errors import InputError
from schedlab.plugins.annotation import Domain, domain

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUIRED = msgspec.NODEFAULT  # the default of a parameter that has none


class Parameter(NamedTuple):
    """One parameter of a rule.

    ``low`` and ``high`` are None where there is no bound, and ``low_open`` says that the bound itself is outside.
    ``choices`` is empty where any value of the type will do.
    """

    name: str  # as it is written: kube-scheduler's camel case for its plug-ins
    field: str  # as Python calls it
    type: str
    default: Any
    low: float | None
    high: float | None
    choices: tuple[Any, ...]
    doc: str
    low_open: bool = False
    high_open: bool = False

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is REQUIRED

    @property
    def range(self) -> str:
        """What may be written, such as ``0..100``, ``> 0`` or ``fast | slow``; empty if that is any of the type."""
        return _range(self)

    @property
    def wanted(self) -> str:
        """What to write, in a sentence."""
        if self.choices or not self.range:
            return self.range or self.type
        return f"{self.type} {'in ' if '..' in self.range else ''}{self.range}"

    def allows(self, value: Any) -> bool:
        """Return whether a value of the right type is in range."""
        if self.choices:
            return getattr(value, "value", value) in self.choices  # an enumeration's member
        if isinstance(value, bool) or not isinstance(value, int | float):
            return True
        low, high = -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high
        return low <= value <= high and not (self.low_open and value == low) and not (self.high_open and value == high)


class Given(str):
    """A value as somebody wrote it in a text, before its type is known."""

    __slots__ = ()


def parameters(rule: Any) -> tuple[Parameter, ...]:
    """Return what can be set of a rule: the fields of a dataclass or struct, or of an instance, none of others."""
    cls = rule if inspect.isclass(rule) else type(rule)
    hints = _hints(cls)
    return tuple(
        Parameter(written, name, *_described(default, domain(hints.get(name, Any))))
        for name, written, default in _fields(rule, cls)
    )


def configure(rule: Any, values: Mapping[str, Any], *, name: str) -> Any:
    """Return the rule with some parameters set; ``name`` is the plug-in's, for errors.

    Raises
    ------
    InputError
        If a parameter is unknown or missing, or a value is of another type or out of range.
    """
    known = {each.name: each for each in parameters(rule)}
    for unknown in (each for each in values if each not in known):
        near = difflib.get_close_matches(unknown, known, 3, 0.5) or list(known)
        mend = f"known: {', '.join(near)}" if known else "it takes none; leave it out"
        raise InputError(f"plug-in {name} has no parameter {unknown!r}", mend=mend)
    for each in known.values():
        if each.required and each.name not in values and inspect.isclass(rule):
            mend = f"write {name}({each.name}=...) with {each.wanted}"
            raise InputError(f"plug-in {name} needs its parameter {each.name}", mend=mend)
    hints = _hints(rule if inspect.isclass(rule) else type(rule))
    made = {
        known[key].field: _value(value, hints.get(known[key].field, Any), known[key], name)
        for key, value in values.items()
    }
    try:
        return _make(rule, made)
    except (TypeError, ValueError) as error:  # what its own __post_init__ refuses
        raise InputError(f"plug-in {name}: {error}", mend="change its parameters") from error


def check(rule: Any, *, name: str) -> None:
    """Refuse an instance that was made with values out of range, which a dataclass does not check by itself.

    Raises
    ------
    InputError
        Naming plug-in, parameter, value and range.
    """
    if inspect.isclass(rule):
        return
    for each in parameters(rule):
        if not each.allows(each.default):
            raise _refused(name, each, repr(each.default))


def _fields(rule: Any, cls: type) -> list[tuple[str, str, Any]]:
    """Return (name, name as it is written, default) of each field; an instance's defaults are its values."""
    found: list[tuple[str, str, Any]] = []
    if issubclass(cls, msgspec.Struct):
        defaults = cls.__struct_defaults__
        defaults = (REQUIRED,) * (len(cls.__struct_fields__) - len(defaults)) + defaults
        found = list(zip(cls.__struct_fields__, cls.__struct_encode_fields__, defaults, strict=True))
    elif dataclasses.is_dataclass(cls):
        found = [(f.name, f.name, _default(f)) for f in dataclasses.fields(cls) if f.init]
    found = [each for each in found if not each[0].startswith("_")]
    if rule is not cls:
        return [(name, written, getattr(rule, name, REQUIRED)) for name, written, _ in found]
    return [(name, written, _made(default)) for name, written, default in found]


def _made(default: Any) -> Any:
    """Return a default, made anew where msgspec keeps only how to."""
    return default.factory() if type(default).__name__ == "Factory" else default


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return REQUIRED if field.default is dataclasses.MISSING else field.default


def _hints(cls: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(cls, include_extras=True)
    except (NameError, TypeError, AttributeError):  # an annotation that is only there for a type checker
        return {}


def _described(default: Any, found: Domain) -> tuple[Any, ...]:
    return found.type, default, found.low, found.high, found.choices, found.doc, found.low_open, found.high_open


def _value(value: Any, hint: Any, parameter: Parameter, name: str) -> Any:
    """Return a value as its type wants it: a text of a command line is read as JSON, or else taken as it is."""
    tries: list[tuple[Any, bool]] = [(value, True)]
    if isinstance(value, Given):
        tries = [(str(value), False)]
        with contextlib.suppress(ValueError):
            tries.insert(0, (json.loads(value), True))
    problem = ""
    for each, strict in tries:
        if isinstance(each, float) and not math.isfinite(each):
            break
        try:
            made = msgspec.convert(each, hint, strict=strict)
        except msgspec.ValidationError as error:
            problem = problem or str(error)
            continue
        if isinstance(made, float) and not math.isfinite(made):
            break
        return made
    shown = repr(str(value)) if isinstance(value, Given) else json.dumps(value, default=repr)
    raise _refused(name, parameter, shown, problem.partition(" - at `$.")[2].rstrip("`"), problem)


def _refused(name: str, parameter: Parameter, shown: str, inner: str = "", problem: str = "") -> InputError:
    place = f"plug-in {name}, parameter {parameter.name}"
    if inner:  # within a value that has parts
        return InputError(f"{place}: {problem}", mend=f"write its {inner} as {parameter.type} wants it")
    return InputError(f"{place}: {shown:.80} is not allowed", mend=f"write {parameter.wanted}")


def _make(rule: Any, values: dict[str, Any]) -> Any:
    if inspect.isclass(rule):
        return rule(**values)
    if not values:
        return rule
    if isinstance(rule, msgspec.Struct):
        return msgspec.structs.replace(rule, **values)
    return dataclasses.replace(rule, **values)


def _range(parameter: Parameter) -> str:
    if parameter.choices:
        return " | ".join(json.dumps(each) if isinstance(each, bool) else str(each) for each in parameter.choices)
    low, high = parameter.low, parameter.high
    if low is not None and high is not None and not (parameter.low_open or parameter.high_open):
        return f"{low:g}..{high:g}"
    parts = [f"{'>' if parameter.low_open else '>='} {low:g}"] if low is not None else []
    parts += [f"{'<' if parameter.high_open else '<='} {high:g}"] if high is not None else []
    return " and ".join(parts)
