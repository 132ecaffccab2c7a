"""Where runs are kept: one folder per run under a content hash, visible only when it is whole."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import time
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

from schedlab.record import Run

MANIFEST = "manifest.json"
PARTIAL = ".partial-"  # runs being written; a killed writer leaves one, which `sweep` removes
STALE_SECONDS = 3600.0
OUTPUT = {"cli", "experiments", "metrics", "plots", "testing"}  # packages that cannot change a run


def run_key(**identity: Any) -> str:
    """Return the content hash of a run's identity (JSON values), 20 hexadecimal digits."""
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


@functools.cache
def code_version() -> str:
    """Return the sha256 of the package's sources that can change a run, so that no result outlives its code."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256(metadata.version("schedlab").encode())
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root)
        if place.parts[0] not in OUTPUT:
            digest.update(f"\0{place.as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def find(runs: Path, key: str) -> Run | None:
    """Return the stored run, None where there is none."""
    return Run.load(runs / key) if (runs / key / MANIFEST).is_file() else None


def save(run: Run, runs: Path, key: str) -> Path:
    """Write a run so that it appears under its key whole or not at all; returns its folder.

    A run that is there already under the key is replaced.
    """
    runs.mkdir(parents=True, exist_ok=True)
    partial, folder = runs / f"{PARTIAL}{uuid.uuid4().hex}", runs / key
    try:
        run.save(partial)
        for path in (*partial.iterdir(), partial):
            _sync(path)
        _move(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)  # what is left of it if something failed
    _sync(runs)
    return folder


def _move(partial: Path, folder: Path) -> None:
    """Give a folder its name, in place of what has it."""
    try:
        partial.rename(folder)
    except OSError:  # it is there
        old = partial.with_name(f"{PARTIAL}{uuid.uuid4().hex}")
        folder.rename(old)
        partial.rename(folder)
        shutil.rmtree(old)


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f"{PARTIAL}{uuid.uuid4().hex}")
    partial.write_bytes(content)
    _sync(partial)
    partial.replace(path)


def sweep(runs: Path) -> None:
    """Remove what writers that were killed more than an hour ago left behind."""
    for path in runs.glob(f"{PARTIAL}*"):
        if time.time() - path.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def _sync(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
