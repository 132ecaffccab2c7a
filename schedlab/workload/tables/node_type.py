"""A node type in one text, such as ``cpu=16,memory=64Gi,nvidia.com/gpu=8``."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from schedlab.errors import InputError
from schedlab.workload.tables.families import converter
from schedlab.workload.tables.nodes import PODS, node
from schedlab.workload.units import capacity, devices, millicores, quoted, units

if TYPE_CHECKING:
    from schedlab.objects import Node

_KNOWN = {"cpu": millicores, "memory": units, "pods": devices}
_LABEL = "label:"
_EXAMPLE = "write cpu=16,memory=64Gi, and if wanted pods=110, a resource such as nvidia.com/gpu=8, label:KEY=VALUE"


def read_node_type(text: str, name: str = "node") -> Node:
    """Return a node of a type; cells are read as those of nodes.csv.

    Raises
    ------
    InputError
        A part is bad or stands twice, or cpu or memory is missing.
    """
    allocatable, labels = {"pods": PODS}, dict[str, str]()
    seen: set[str] = set()
    for part in text.split(","):
        key, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not key:
            raise InputError(f"node type {quoted(text)}, at {quoted(part)}", mend=_EXAMPLE)
        if key in seen:
            raise InputError(f"node type {quoted(text)} says {key} twice", mend="say it once")
        seen.add(key)
        if key.startswith(_LABEL) and key != _LABEL:
            labels[key.removeprefix(_LABEL)] = value
            continue
        convert = _KNOWN.get(key) or converter(key)
        if convert is None:
            near = difflib.get_close_matches(key, [*_KNOWN, "ephemeral-storage"], 1)
            mend = f"did you mean {near[0]}?" if near else _EXAMPLE
            raise InputError(f"node type {quoted(text)}: there is no resource {quoted(key)}", mend=mend)
        try:
            allocatable[key] = capacity(value, convert(value))
        except InputError as error:
            raise InputError(f"node type {quoted(text)}, {key}: {error}") from None
    if missing := [key for key in ("cpu", "memory") if key not in seen]:
        raise InputError(f"node type {quoted(text)} lacks {missing[0]}", mend=_EXAMPLE)
    return node(name, allocatable, labels)
