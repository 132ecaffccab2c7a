"""Column families that pods.csv and nodes.csv share: labels and further resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.workload.units import devices, units

if TYPE_CHECKING:
    from collections.abc import Callable

    from schedlab.workload.tables.table import Column, Table

_LABEL = "label:"


def welcome(name: str) -> bool:
    """Say whether a column is a label (``label:KEY``) or a resource beside cpu and memory."""
    return name.removeprefix(_LABEL) != "" if name.startswith(_LABEL) else converter(name) is not None


def converter(resource: str) -> Callable[[str], int] | None:
    """Return how a resource's cells are read, None if Kubernetes knows no such resource.

    Storage and huge pages are quantities; an extended resource (``domain/name``) is a whole number.
    """
    if resource == "ephemeral-storage" or resource.startswith("hugepages-"):
        return units
    domain, slash, name = resource.partition("/")
    return devices if slash and domain and name else None


def labels(table: Table) -> dict[str, Column]:
    """Return the label columns by key."""
    return {name.removeprefix(_LABEL): table.column(name) for name in table.header if name.startswith(_LABEL)}


def resources(table: Table) -> dict[str, tuple[Column, Callable[[str], int]]]:
    """Return the columns of further resources by name, each with how to read it."""
    found = {}
    for name in table.header:
        convert = None if name.startswith(_LABEL) else converter(name)
        if convert is not None:
            found[name] = table.column(name), convert
    return found
