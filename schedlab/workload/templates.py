"""Distinct templates out of columns, so that no object is made per pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from schedlab.objects import Container, ObjectMeta, Pod, PodSpec, Quantity, ResourceRequirements

BYTES = "memory", "ephemeral-storage"

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from schedlab.objects import Affinity


def distinct(columns: Sequence[NDArray[np.int64] | NDArray[np.int32]]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Number the distinct rows of columns (P,) each, by first appearance.

    Returns
    -------
    The number of each row (P,), and for each number the first row that has it.
    """
    codes = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        values, uniques = pd.factorize(column)
        codes = pd.factorize(codes * len(uniques) + values)[0]
    return codes.astype(np.int32), np.unique(codes, return_index=True)[1].astype(np.int64)


def quantity(resource: str, amount: int) -> Quantity:
    """Return an amount as a Quantity: cpu in millicores, the rest in units."""
    return Quantity.parse(f"{amount}m" if resource == "cpu" else amount)


def written(resource: str, amount: int) -> Quantity:
    """Return an amount as people write it: bytes as 32Gi."""
    found = quantity(resource, amount)
    return Quantity(found.digits, found.exponent, "BinarySI") if resource in BYTES else found


def template(
    requests: Mapping[str, int],
    limits: Mapping[str, int],
    labels: Mapping[str, str],
    priority: int | None = None,
    affinity: Affinity | None = None,
) -> Pod:
    """Return a one-container pod; cpu in millicores, the rest in units; amounts of 0 are left out."""
    resources = ResourceRequirements(
        requests={name: quantity(name, amount) for name, amount in requests.items() if amount},
        limits={name: quantity(name, amount) for name, amount in limits.items() if amount},
    )
    spec = PodSpec(containers=[Container(name="main", resources=resources)], priority=priority, affinity=affinity)
    return Pod(metadata=ObjectMeta(name="template", labels=dict(labels)), spec=spec)
