"""nodes.csv: name, cpu, memory; optional pods, zone, rack, price (per hour), label:KEY and further resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schedlab.errors import InputError
from schedlab.objects import Node, NodeSpec, NodeStatus, ObjectMeta
from schedlab.objects.node import HOSTNAME, PRICE, RACK, ZONE, read_price
from schedlab.workload.tables.families import labels, resources, welcome
from schedlab.workload.tables.table import Table
from schedlab.workload.templates import quantity
from schedlab.workload.units import capacity, devices, millicores, units

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from schedlab.workload.tables.table import Column

PODS = 110  # pods a node may hold where nothing is said: the kubelet's default


def node(name: str, allocatable: Mapping[str, int], labels: Mapping[str, str]) -> Node:
    """Return a node; cpu in millicores, the rest in units; it gets its host name as a label, as from the kubelet."""
    amounts = {resource: quantity(resource, amount) for resource, amount in allocatable.items()}
    return Node(
        metadata=ObjectMeta(name=name, labels={HOSTNAME: name, **labels}),
        spec=NodeSpec(),
        status=NodeStatus(capacity=amounts),
    )


def read_nodes(path: Path) -> tuple[Node, ...]:
    """Read nodes.csv.

    Raises
    ------
    InputError
        A cell is bad, a node stands twice, there is none, or a capacity is above 2^46.
    """
    table = Table(path, ("name", "cpu", "memory"), ("pods", "zone", "rack", "price"), welcome)
    if not table.rows:
        raise table.fault("there are no nodes", mend="write one row for each node")
    name = table.column("name")
    name.require_distinct("node")
    amounts = {"cpu": _capacity(table.column("cpu"), millicores), "memory": _capacity(table.column("memory"), units)}
    amounts["pods"] = _capacity(table.column("pods"), devices, PODS) if "pods" in table else [PODS] * table.rows
    for resource, (column, convert) in resources(table).items():
        amounts[resource] = _capacity(column, convert, 0)
    keys = labels(table)
    for field, key in (("zone", ZONE), ("rack", RACK), ("price", PRICE)):
        if field in table and key in keys:
            raise table.fault(f"the columns {field} and label:{key} mean the same", mend="remove one")
        if field in table:
            keys[key] = table.column(field)
    if PRICE in keys:
        _check_prices(keys[PRICE])
    texts = {key: column.texts() for key, column in keys.items()}
    return tuple(
        node(
            text,
            {resource: column[row] for resource, column in amounts.items() if column[row] or "/" not in resource},
            {key: column[row] for key, column in texts.items() if column[row]},
        )
        for row, text in enumerate(name.values)
    )


def _check_prices(column: Column) -> None:
    for code, text in enumerate(column.values):
        try:
            read_price(text or "0")
        except InputError as error:
            raise column.fault(column.row_of(code), str(error)) from None


def _capacity(column: Column, convert: Callable[[str], int], empty: int | None = None) -> list[int]:
    amounts: list[int] = column.parse(lambda text: capacity(text, convert(text)), empty).tolist()
    return amounts
