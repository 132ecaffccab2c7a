"""DataSet: data that pods read. The one record here that Kubernetes does not have."""

from __future__ import annotations

import msgspec

LEVELS = ("node", "rack", "zone")  # where a replica may be; the index is the distance from a node inside that domain


class DataSet(msgspec.Struct, frozen=True):
    """``size`` bytes, held whole at each replica.

    A replica is ``(level, name)`` with level node, rack or zone: somewhere in that domain.
    """

    name: str
    size: int
    replicas: tuple[tuple[str, str], ...]
