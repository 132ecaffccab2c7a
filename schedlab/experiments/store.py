"""Store: one folder of runs, each under a content hash and visible only when whole, and of what they replay."""

from __future__ import annotations

import errno
import functools
import hashlib
import json
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from schedlab import atomic
from schedlab.errors import InputError, SchedlabError
from schedlab.record import Run
from schedlab.workload import load_trace
from schedlab.workload.canonical import write_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schedlab.workload import Workload

MANIFEST, SUMMARY = "manifest.json", "summary.json"
OUTPUT = {"cli", "experiments", "metrics", "plots", "testing"}  # packages that cannot change a run
MEASURING = ("record.py", "metrics/", "experiments/searches/")  # what can change a summary
FRAME = (
    "trace",
    "scheduler",
    "replicate",
    "tie",
    "seed",
    "run",
    "stale",
    "bytes",
)  # the columns of a store's frame before the metrics
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class StoreFull(SchedlabError):
    """The disk of a store has no room left; what is stored is whole."""


def run_key(**identity: Any) -> str:
    """Return the content hash of a run's identity (JSON values), 20 hexadecimal digits."""
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


@functools.cache
def code_version() -> str:
    """Return the sha256 of the package's sources that can change a run, so that no result outlives its code."""
    return _hashed(lambda place: place.partition("/")[0] not in OUTPUT)


@functools.cache
def measuring_version() -> str:
    """Return the sha256 of the package's sources that can change a run's summary."""
    return _hashed(lambda place: place.startswith(MEASURING))


def _hashed(chosen: Callable[[str], bool]) -> str:
    root = Path(__file__).parents[1]
    digest = hashlib.sha256(metadata.version("schedlab").encode())
    for path in sorted(root.rglob("*.py")):
        place = path.relative_to(root).as_posix()
        if chosen(place):
            digest.update(f"\0{place}\0".encode() + path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Store:
    """The runs and workloads below a folder. Several processes may write to it at once.

    ``runs/<key>/`` holds a run and its summary, ``traces/<digest>/`` a workload in the canonical form, ``searches/``
    what searches share.
    """

    folder: Path

    @property
    def runs(self) -> Path:
        """Where runs are."""
        return self.folder / "runs"

    @property
    def traces(self) -> Path:
        """Where workloads are."""
        return self.folder / "traces"

    @property
    def searches(self) -> Path:
        """Where the results of searches are that hold for every scheduler."""
        return self.folder / "searches"

    def open(self) -> None:
        """Make the folders, and remove what writers left behind that are dead."""
        for place in (self.runs, self.traces):
            with _room(self.folder):
                place.mkdir(parents=True, exist_ok=True)
        for place in (self.folder, self.runs, self.traces, self.searches):
            if place.is_dir():
                atomic.sweep(place)

    def __iter__(self) -> Iterator[str]:
        """Yield the keys of all whole runs, sorted."""
        return iter(sorted(path.parent.name for path in self.runs.glob(f"[!.]*/{MANIFEST}")))

    def __contains__(self, key: str) -> bool:
        return (self.runs / key / MANIFEST).is_file()

    def find(self, key: str) -> Run | None:
        """Return the stored run, None where there is none; its tables are read when they are asked for."""
        return Run.load(self.runs / key) if key in self else None

    def load(self, key: str) -> Run:
        """Return the stored run.

        Raises
        ------
        InputError
            There is none, or it is damaged.
        """
        return Run.load(self.runs / key)

    def stale(self, run: Run) -> bool:
        """Say whether a run was made by another version of the package, so that a suite would make it again."""
        return bool(run.manifest.get("identity", {}).get("code") != code_version())

    def frame(self) -> pd.DataFrame:
        """Return all stored runs, a row each: the columns `FRAME`, then the stored summaries.

        ``stale`` says that another version of the package made it, ``bytes`` what it takes on the disk.
        """
        rows = []
        for key in self:
            run = Run.load(self.runs / key)
            manifest = run.manifest
            place = manifest.get("suite", {"trace": manifest["workload"]["name"]}) | {
                "scheduler": manifest["scheduler"],
                "seed": manifest["seed"],
            }
            amount = sum(path.stat().st_size for path in (self.runs / key).iterdir())
            found = self.summary(key) or {}
            rows.append(place | {"run": key, "stale": self.stale(run), "bytes": amount} | found.get("values", {}))
        return pd.DataFrame(rows, columns=list(dict.fromkeys([*FRAME, *(name for row in rows for name in row)])))

    def save(self, run: Run, key: str, summary: dict[str, Any], *, fresh: bool = False) -> None:
        """Write a run and its summary so that they appear under the key whole or not at all.

        One that is there already stays, since equal keys mean equal runs; unless ``fresh``.

        Raises
        ------
        StoreFull
            The disk is full.
        """
        with _room(self.folder):
            save(run, self.runs / key, summary, fresh=fresh)

    def summary(self, key: str) -> dict[str, Any] | None:
        """Return the summary that was stored with a run, None where there is none, or a damaged one."""
        try:
            found = json.loads((self.runs / key / SUMMARY).read_text())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def summarise(self, key: str, summary: dict[str, Any]) -> None:
        """Replace the summary of a stored run."""
        self.write(self.runs / key / SUMMARY, json.dumps(summary).encode())

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what was made under a name by the same code, or make it and keep it, as JSON.

        Raises
        ------
        StoreFull
            The disk is full.
        """
        path = self.searches / f"{name}-{code_version()[:8]}{measuring_version()[:8]}.json"
        with suppress(OSError, ValueError):
            return json.loads(path.read_text())
        made = json.dumps(make())
        with _room(self.folder):
            self.searches.mkdir(exist_ok=True)
        self.write(path, made.encode())
        return json.loads(made)

    def remove(self, key: str) -> None:
        """Remove a run; from the first moment on it is not there at all."""
        atomic.remove(self.runs / key)

    def keep(self, workload: Workload, digest: str) -> None:
        """Write a workload, unless it is there.

        Raises
        ------
        StoreFull
            The disk is full.
        """
        if not (self.traces / digest).is_dir():
            with _room(self.folder):
                write_trace(workload, self.traces / digest)

    def workload(self, digest: str) -> Workload:
        """Read a workload.

        Raises
        ------
        InputError
            It is not there, or not what it was when it was written.
        """
        workload = load_trace(self.traces / digest)
        if workload.digest() != digest:
            mend = "remove the folder, and run the suite again"
            raise InputError("the stored workload was changed", file=self.traces / digest, mend=mend)
        return workload

    def write(self, path: Path, content: bytes) -> None:
        """Write a file below the store's folder whole or not at all.

        Raises
        ------
        StoreFull
            The disk is full.
        """
        with _room(self.folder):
            atomic.write(path, content)


def save(run: Run, folder: Path, summary: dict[str, Any] | None = None, *, fresh: bool = True) -> None:
    """Write a run, and a summary, so that the folder appears whole or not at all.

    Parameters
    ----------
    fresh
        Replace a run that is there.
    """
    with atomic.folder(folder, replace=fresh) as partial:
        run.save(partial)
        if summary is not None:
            (partial / SUMMARY).write_text(json.dumps(summary))


@contextmanager
def _room(folder: Path) -> Iterator[None]:
    """Say of a full disk what it means for a store."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        told = "the disk is full; all that is stored is whole; free some space and run the suite again to go on"
        raise StoreFull(f"{folder}: {told}") from error
