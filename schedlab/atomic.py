"""Files and folders that appear whole or not at all, whenever their writer is killed and however full the disk is."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL = ".partial-"  # what is being written: host, process and a random number follow
STALE_SECONDS = 3600.0  # after which another host's writer is taken for dead


def write(path: Path, content: bytes) -> None:
    """Write a file; what has its name is replaced."""
    partial = _partial(path.parent)
    try:
        partial.write_bytes(content)
        _sync(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def folder(target: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield a new folder to fill, which gets the target's name when it is whole and on the disk.

    If there is something of that name by then, it stays, and what was written is dropped; or it is replaced. What
    raises leaves nothing behind.
    """
    partial = _partial(target.parent)
    try:
        partial.mkdir(parents=True)
        yield partial
        for path in (*partial.rglob("*"), partial):
            _sync(path)
        _move(partial, target, replace)
        _sync(target.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def remove(target: Path) -> None:
    """Remove a folder; from the first moment on it is not there at all."""
    partial = _partial(target.parent)
    target.rename(partial)
    shutil.rmtree(partial)


def sweep(place: Path) -> None:
    """Remove what writers left behind in a folder that are dead."""
    for path in place.glob(f"{PARTIAL}*"):
        if not _abandoned(path):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def is_partial(path: Path) -> bool:
    """Say whether a file or folder is being written, or was when its writer died."""
    return path.name.startswith(PARTIAL)


def _move(partial: Path, target: Path, replace: bool) -> None:
    while True:
        try:
            partial.rename(target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            if not replace:
                return
            try:
                remove(target)
            except FileNotFoundError:  # another writer was here first
                continue
        else:
            return


def _partial(place: Path) -> Path:
    return place / f"{PARTIAL}{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex}"


def _abandoned(path: Path) -> bool:
    """Say whether nobody writes there any more: its process is gone, or it is of another host and old."""
    host, _, process = path.name.removeprefix(PARTIAL).rpartition("-")[0].rpartition("-")
    if host == socket.gethostname() and process.isdecimal():
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False
    try:
        return time.time() - path.stat().st_mtime > STALE_SECONDS
    except FileNotFoundError:
        return False


def _sync(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
