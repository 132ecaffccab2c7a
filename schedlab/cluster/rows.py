"""Rows: a (R, N) block of columns whose rows are also known by resource name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Rows(np.ndarray[Any, np.dtype[np.float64]]):
    """Read-only view of a float64 (R, ...) block: ``rows["cpu"]`` is row 0; an unknown resource reads as zeros.

    Indexing and arithmetic give plain arrays, so nothing but the lookup is paid for.
    """

    _plain: Floats | None = None
    _index: Mapping[str, int] = {}

    @classmethod
    def of(cls, block: Floats, index: Mapping[str, int]) -> Rows:
        """Wrap ``block`` (not copied); ``index`` maps resource names to rows."""
        plain = block.view()
        plain.flags.writeable = False
        rows = plain.view(cls)
        rows._plain, rows._index = plain, index
        return rows

    @property
    def names(self) -> list[str]:
        """The resources, in row order."""
        return list(self._index)

    def __getitem__(self, key: Any) -> Any:
        plain = self.view(np.ndarray) if self._plain is None else self._plain
        if type(key) is not str:
            return plain[key]
        row = self._index.get(key)
        return np.zeros(plain.shape[1:]) if row is None else plain[row]

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else array.view(np.ndarray)
