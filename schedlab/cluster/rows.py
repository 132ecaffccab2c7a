"""Rows: a (R, N) block of columns whose rows are also known by resource name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = NDArray[np.float64]


class Rows(np.ndarray[Any, np.dtype[np.float64]]):
    """Read-only view of a float64 (R, ...) block: ``rows["cpu"]`` is row 0; an unknown resource reads as zeros.

    Indexing and arithmetic give plain arrays, so nothing but the lookup is paid for.
    """

    plain: Floats | None = None  # the same block, where nothing is looked up by name
    index: Mapping[str, int] = {}  # resource -> row
    names: tuple[str, ...] = ()  # the resources, in row order

    @classmethod
    def of(cls, block: Floats, index: Mapping[str, int]) -> Rows:
        """Wrap ``block`` (not copied); ``index`` maps resource names to rows."""
        plain = block.view()
        plain.flags.writeable = False
        rows = plain.view(cls)
        rows.plain, rows.index, rows.names = plain, index, tuple(index)
        return rows

    def __getitem__(self, key: Any) -> Any:
        plain = self.view(np.ndarray) if self.plain is None else self.plain
        if type(key) is not str:
            return plain[key]
        row = self.index.get(key)
        # a resource met after this view was made has a row in the shared index, but none here
        return np.zeros(plain.shape[1:]) if row is None or row >= len(plain) else plain[row]

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else array.view(np.ndarray)
