"""Quiet: HiGHS prints now and then, whatever its options say, which would spoil output that a machine reads."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STDOUT = 1


@contextmanager
def quiet() -> Iterator[None]:
    """Send what is written to the process's standard output meanwhile, by whomever, nowhere."""
    try:
        kept = os.dup(STDOUT)
    except OSError:  # it is closed, as that of a daemon may be
        yield
        return
    if sys.stdout is not None:
        sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, STDOUT)
        yield
    finally:
        os.dup2(kept, STDOUT)
        os.close(kept)
        os.close(nowhere)
