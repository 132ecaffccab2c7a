"""What an annotation allows: a type, a range, choices."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import inspect


class Domain(NamedTuple):
    """What a field may hold."""

    type: str
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    doc: str = ""
    low_open: bool = False
    high_open: bool = False


def domain(hint: Any) -> Domain:
    """Return what an annotation allows; of one that msgspec does not know only its text."""
    try:
        kind = inspect.type_info(hint)
    except (TypeError, NameError):
        return Domain(getattr(hint, "__name__", None) or str(hint))
    doc = ""
    if isinstance(kind, inspect.Metadata):
        doc, kind = (kind.extra_json_schema or {}).get("description", ""), kind.type
    parts = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    held = [part.type if isinstance(part, inspect.Metadata) else part for part in parts]
    several = tuple(part for part in held if not isinstance(part, inspect.NoneType))
    type_ = " | ".join(_name(part) for part in held)
    if len(several) != 1:
        return Domain(type_, doc=doc)
    (only,) = several
    none = (None,) if len(several) < len(held) else ()
    if isinstance(only, inspect.BoolType):
        return Domain(type_, choices=(False, True, *none), doc=doc)
    if isinstance(only, inspect.LiteralType):
        return Domain(type_, choices=(*only.values, *none), doc=doc)
    if isinstance(only, inspect.EnumType):
        return Domain(type_, choices=(*(each.value for each in only.cls), *none), doc=doc)
    if isinstance(only, inspect.IntType):  # the bounds of whole numbers are whole
        least = only.ge if only.gt is None else only.gt + 1
        return Domain(type_, least, only.le if only.lt is None else only.lt - 1, doc=doc)
    if isinstance(only, inspect.FloatType):
        low, high = only.ge if only.gt is None else only.gt, only.le if only.lt is None else only.lt
        return Domain(type_, low, high, (), doc, only.gt is not None, only.lt is not None)
    return Domain(type_, doc=doc)


def _name(kind: inspect.Type) -> str:
    """Return a type's name as one writes it in Python."""
    if isinstance(kind, inspect.Metadata):
        return _name(kind.type)
    if isinstance(kind, inspect.LiteralType):
        return " | ".join(dict.fromkeys("null" if each is None else type(each).__name__ for each in kind.values))
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        return f"list of {_name(kind.item_type)}"
    cls = getattr(kind, "cls", None)
    if cls is not None:
        return str(cls.__name__)
    return {"NoneType": "null", "AnyType": "any"}.get(
        type(kind).__name__, type(kind).__name__.removesuffix("Type").lower()
    )
