"""datasets.csv: name, bytes, replicas (``node=n1;rack=r2;zone=z1``)."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from schedlab.errors import InputError
from schedlab.objects.dataset import LEVELS, DataSet
from schedlab.objects.node import RACK, ZONE
from schedlab.workload.tables.table import Table
from schedlab.workload.units import quoted, units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from schedlab.objects import Node


def read_datasets(path: Path, nodes: Sequence[Node]) -> tuple[DataSet, ...]:
    """Read datasets.csv; without a replica the data is held outside the cluster.

    Raises
    ------
    InputError
        A cell is bad, a data set stands twice, or a replica is where no node is.
    """
    table = Table(path, ("name", "bytes", "replicas"))
    name, replicas = table.column("name"), table.column("replicas")
    name.require_distinct("data set")
    places = {
        "node": {node.metadata.name: None for node in nodes},
        "rack": {node.metadata.labels.get(RACK, ""): None for node in nodes},
        "zone": {node.metadata.labels.get(ZONE, ""): None for node in nodes},
    }
    sizes = table.column("bytes").parse(units).tolist()
    found = []
    for row, (text, size, cell) in enumerate(zip(name.values, sizes, replicas.texts(), strict=True)):
        try:
            found.append(DataSet(name=text, size=size, replicas=_replicas(cell, places)))
        except InputError as error:
            raise replicas.fault(row, str(error)) from None
    return tuple(found)


def _replicas(cell: str, places: Mapping[str, Mapping[str, None]]) -> tuple[tuple[str, str], ...]:
    found = []
    for part in filter(None, (piece.strip() for piece in cell.split(";"))):
        level, equals, place = (piece.strip() for piece in part.partition("="))
        if not equals or level not in LEVELS:
            mend = "write node=NAME, rack=NAME or zone=NAME, joined by ;"
            raise InputError(f"{quoted(part)} is no replica", mend=mend)
        if not place or place not in places[level]:
            near = difflib.get_close_matches(place, places[level], 1)
            mend = f"did you mean {near[0]}?" if near else f"name a {level} of nodes.csv"
            raise InputError(f"{quoted(part)} is on an unknown {level}", mend=mend)
        found.append((level, place))
    return tuple(dict.fromkeys(found))
