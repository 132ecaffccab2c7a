"""Memory: a limit to what this process may hold, the most it has held, and what the machine has."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def limited(most: int | None) -> Iterator[None]:
    """Let an allocation that would take the process's data above ``most`` bytes raise MemoryError.

    What the process holds already counts (an interpreter with this package about 200 MiB). The operating system counts
    private writable memory (RLIMIT_DATA, Linux 4.7 and later); where it cannot, there is no limit.
    """
    if most is None or resource is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def installed() -> int:
    """Return the bytes of memory that this machine has; where it does not say, more than any has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on Windows
        return 2**60


def peak() -> int:
    """Return the most bytes that this process has held; 0 where that is not known."""
    return 0 if resource is None else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
