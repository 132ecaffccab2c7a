"""Compare: whether answers are the same, and how to tell what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schedlab.testing.plugins.calls import Part
    from schedlab.testing.plugins.worlds import World


def where(world: World, row: int) -> str:
    """Return which call it was."""
    requests = world.cluster.classes[int(world.cluster.pods.cls[row])].requests
    asked = ", ".join(f"{name} {amount}" for name, amount in requests.items() if amount) or "nothing"
    return f"pod that asks for {asked}; {count(world.size)}"


def count(nodes: int) -> str:
    """Return "1 node" or "2 nodes"."""
    return f"{nodes} node" if nodes == 1 else f"{nodes} nodes"


def told(part: Part, value: Any) -> str:
    """Return a score, or what a filter says."""
    if not part.filters:
        return f"{value:g}"
    return f"rejected (code {value})" if value else "passed"


def first_difference(a: NDArray[Any], b: NDArray[Any], mask: NDArray[np.bool_] | None = None) -> int:
    """Return the first position at which answers differ, bit for bit but for NaN; -1: nowhere."""
    same = a == b
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        same |= np.isnan(a) & np.isnan(b)
    if mask is not None:
        same |= ~mask
    return -1 if same.all() else int(same.argmin())


def close(a: NDArray[Any], b: NDArray[Any], mask: NDArray[np.bool_] | None = None) -> bool:
    """Return whether numbers differ in last bits only."""
    if mask is not None:
        a, b = a[mask], b[mask]
    if a.dtype.kind != "f" and b.dtype.kind != "f":
        return np.array_equal(a, b)
    scale = float(np.max(np.abs(a), initial=0.0, where=np.isfinite(a)))
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-12 * scale, equal_nan=True))
