"""Run: the record of one simulation, as typed tables and a manifest; all that metrics and plots read."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from schedlab.errors import InputError
from schedlab.notebook import shown
from schedlab.workload.units import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from schedlab.workload import Workload

TABLES = ("pods", "decisions", "nodes", "events", "samples")


class Origin(NamedTuple):
    """What a run was made from."""

    workload: Workload
    profile: Any  # schedlab.Profile


def _read(file: Path) -> dict[str, Any]:
    """Return a manifest; its file's name is in every error."""
    content = file.read_bytes()
    try:
        manifest = json.loads(content)
    except ValueError as error:
        raise ValueError(f"{file.name}: {error}") from error
    if not isinstance(manifest, dict):
        raise ValueError(f"{file.name} is no JSON object")
    return manifest


class _Stored(Mapping[str, pa.Table]):
    """The tables of a saved run, each read when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, pa.Table] = {}

    def __getitem__(self, name: str) -> pa.Table:
        if name not in TABLES:
            raise KeyError(name)
        if name not in self._read:
            file = self._folder / f"{name}.parquet"
            try:
                self._read[name] = pq.read_table(file)
            except MemoryError:
                raise
            except (OSError, ValueError, pa.ArrowException) as error:
                told = " ".join(str(error).split())
                raise InputError(f"this is no table of a run: {told}", file=file, mend="make the run again") from error
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)


@dataclass(eq=False)
class Run:
    """One simulation.

    Times are int64 microseconds. Resource columns are ``req.<resource>``, ``alloc.<resource>`` and so on, in
    millicores, bytes or counts.

    Attributes
    ----------
    tables
        ``pods``: a row per attempt: pod, name, attempt, template, priority, initial, tenant, job (null: none),
        submit (of the pod), duration (run time needed; null: until deleted), walltime (run time asked for; null: not
        known), queued, bound, started, finished, node, phase, reason, bytes_moved, distance, req.*.
        ``decisions``: time, pod, attempt, node, verb (bind, wait, evict), reason, devices (such as "0:500 3:1000",
        number and milli of each that a binding names); the first failed try of an attempt is its one ``wait``.
        ``nodes``: node, zone, rack, price (per hour, float64; null: not known), alloc.*, added, removed.
        ``events``: time, kind, subject, detail.
        ``samples``: evenly spaced: time, pending, running, and per resource alloc.*, used.*, limits.*, usage.*,
        stranded.* (the amount expected to be free on nodes that cannot take a pod drawn from the workload); of the
        scheduler, queue.active, queue.backoff, queue.unschedulable, queue.gated (pods), decisions (cycles so far), busy
        (us that they took in simulated time).
    manifest
        What ran: versions, workload, profile, seed, decision hash, timings, host, whether it is reproducible;
        ``warmup`` (us), if it was trimmed.
    origin
        The objects that it was made from, so that a decision can be explained; neither stored nor pickled.
    """

    tables: Mapping[str, pa.Table]
    manifest: dict[str, Any] = field(default_factory=dict)
    origin: Origin | None = field(default=None, repr=False)

    @functools.cached_property
    def pods(self) -> pd.DataFrame:
        """The pods table."""
        return self._frame("pods")

    @functools.cached_property
    def decisions(self) -> pd.DataFrame:
        """The decisions table."""
        return self._frame("decisions")

    @functools.cached_property
    def nodes(self) -> pd.DataFrame:
        """The nodes table."""
        return self._frame("nodes")

    @functools.cached_property
    def events(self) -> pd.DataFrame:
        """The events table."""
        return self._frame("events")

    @functools.cached_property
    def samples(self) -> pd.DataFrame:
        """The samples table."""
        return self._frame("samples")

    def _frame(self, name: str) -> pd.DataFrame:
        frame: pd.DataFrame = self.tables[name].to_pandas()
        return frame

    @functools.cached_property
    def kept(self) -> dict[Any, Any]:
        """What metrics worked out of the tables, for others that need the same; neither stored nor copied."""
        return {}

    @property
    def end(self) -> int:
        """The end of the measured time in us: the horizon, else when nothing was left to happen."""
        horizon = self.manifest["horizon"]
        return int(self.manifest["end"] if horizon is None else horizon)

    def trimmed(self, warmup: int) -> Run:
        """Return the same run, measured from ``warmup`` (us) on: metrics leave out what was before, tables do not.

        Raises
        ------
        InputError
            If nothing is left to measure.
        """
        if warmup and not 0 < warmup < self.end:
            mend = f"give a time from 0 to below {spoken(self.end)}, the end of the measured time"
            raise InputError(f"a warm-up of {spoken(warmup)}", mend=mend)
        return replace(self, manifest={**self.manifest, "warmup": int(warmup)})

    def save(self, folder: str | Path) -> None:
        """Write one Parquet file per table and ``manifest.json``, last, into a folder that is made if need be."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "manifest.json").unlink(missing_ok=True)  # so that an interrupted save is no run
        for name, table in self.tables.items():
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
        (folder / "manifest.json").write_text(json.dumps(self.manifest, indent=1) + "\n")

    @staticmethod
    def load(folder: str | Path) -> Run:
        """Read what `save` wrote; each table is read when it is first asked for.

        Raises
        ------
        InputError
            If a file is missing or damaged; of a table, when it is asked for.
        """
        folder = Path(folder)
        mend = "name a folder that a run was saved to, or make the run again"
        if not folder.exists():
            raise InputError(f"there is no folder {folder}", mend=mend)
        try:
            manifest = _read(folder / "manifest.json")
            if missing := [name for name in TABLES if not (folder / f"{name}.parquet").is_file()]:
                raise ValueError(f"there is no {missing[0]}.parquet")
        except (OSError, ValueError) as error:
            raise InputError(f"this is no saved run: {error}", file=folder, mend=mend) from error
        return Run(_Stored(folder), manifest)

    def __getstate__(self) -> dict[str, Any]:
        return {"tables": dict(self.tables), "manifest": self.manifest, "origin": None}

    def __repr__(self) -> str:
        m = self.manifest
        return f"<Run {m.get('scheduler')} on {m.get('workload', {}).get('name')}, seed {m.get('seed')}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: how many rows each table has, and its columns."""
        rows = [(name, f"{table.num_rows:,}", ", ".join(table.column_names)) for name, table in self.tables.items()]
        return shown(repr(self), ("table", "rows", "columns"), rows)
