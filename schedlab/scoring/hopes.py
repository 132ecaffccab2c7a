"""Hopes: which of many pod classes may fit on a few nodes that changed, in one call of compiled code."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Iterator

    from schedlab.scoring.native import Bound


class ClassSet:
    """A set of pod classes as a mask, uint8 by class, that compiled code reads where it is."""

    __slots__ = ("address", "mask")

    def __init__(self, classes: Iterable[int] = ()) -> None:
        self.mask = np.zeros(0, np.uint8)
        self._grow(64)
        for each in classes:
            self.add(each)

    def _grow(self, size: int) -> None:
        mask = np.zeros(size, np.uint8)
        mask[: len(self.mask)] = self.mask
        self.mask, self.address = mask, mask.ctypes.data

    def __iter__(self) -> Iterator[int]:
        return iter(np.flatnonzero(self.mask).tolist())

    def __contains__(self, cls: int) -> bool:
        return cls < len(self.mask) and bool(self.mask[cls])

    def without(self, other: ClassSet) -> list[int]:
        """Return the classes that are not in another set."""
        size = len(self.mask)
        if size > len(other.mask):
            other._grow(size)
        more = self.mask > other.mask[:size]
        return np.flatnonzero(more).tolist() if np.count_nonzero(more) else []

    def add(self, cls: int) -> None:
        """Put a class in."""
        while cls >= len(self.mask):
            self._grow(2 * len(self.mask))
        self.mask[cls] = 1

    def drop(self, cls: int) -> None:
        """Take a class out."""
        self.mask[cls] = 0


class Hopes:
    """The compiled filters of the classes that have them: for each library, where their rows and parameters are."""

    def __init__(self) -> None:
        self.known, self.barred = ClassSet(), set[int]()  # classes with compiled code, and those that cannot have it
        self._tables: dict[int, _Table] = {}

    def add(self, cls: int, bound: Bound | None) -> None:
        """Take note of a class's compiled code, or that there is none."""
        if bound is None:
            self.barred.add(cls)
        else:
            self.known.add(cls)
            self._tables.setdefault(id(bound.library), _Table(bound.library)).add(cls, bound)

    def ask(self, asked: ClassSet, where: array[int]) -> list[int]:
        """Return the asked classes, of those that are known, that pass all filters on one of these nodes."""
        found = list[int]()
        for table in self._tables.values():
            found += table.ask(asked, where)
        return found


class _Table:
    def __init__(self, library: Any) -> None:
        self._ask = library.some_classes
        self._mine = ClassSet()
        self._rows = self._parameters = self._fits = np.zeros(0, np.uint64)
        self._keep: list[Bound] = []

    def add(self, cls: int, bound: Bound) -> None:
        self._mine.add(cls)
        size = len(self._mine.mask)
        if size > len(self._rows):
            more = np.zeros(size - len(self._rows), np.uint64)
            self._rows, self._parameters = np.concatenate([self._rows, more]), np.concatenate([self._parameters, more])
            self._fits = np.zeros(size, np.uint8)
            pointers = (each.ctypes.data for each in (self._rows, self._parameters, self._fits))
            self._addresses = tuple(map(ctypes.c_void_p, pointers))
        self._rows[cls], self._parameters[cls] = bound.addresses
        self._keep.append(bound)

    def ask(self, asked: ClassSet, where: array[int]) -> list[int]:
        address, length = where.buffer_info()
        count = min(len(asked.mask), len(self._mine.mask))
        if not self._ask(count, asked.address, self._mine.address, length, address, *self._addresses):
            return []
        found: list[int] = np.flatnonzero(self._fits[:count]).tolist()
        self._fits[:count] = 0
        return found
