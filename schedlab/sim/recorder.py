"""The recorder: writes down what the engine tells it, as columns, and makes the tables of a Run."""

from __future__ import annotations

import hashlib
from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from schedlab.cluster.pods import FAILED, PHASES, SUCCEEDED
from schedlab.objects.node import RACK, ZONE, price_per_hour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schedlab.cluster import Cluster, ClusterView
    from schedlab.cluster.devices import Holding
    from schedlab.sim.probes import Sampled
    from schedlab.workload import Workload

NEVER = -1
MOST = 2000  # samples kept; even
_CURRENT = ("queued", "bound", "started", "finished", "node", "bytes_moved", "distance")
_DECISION = ("time", "pod", "attempt", "node", "verb", "reason", "devices")
VERBS = ("bind", "wait", "evict")


class Recorder:
    """Keeps each pod's last attempt in columns, earlier ones as rows, and decisions as numbers.

    Parameters
    ----------
    workload, cluster
        What is replayed, and on what; every pod of the workload is a row of the cluster.
    probe, interval
        What is sampled, and how often: microseconds, 0 for never.
    """

    def __init__(self, workload: Workload, cluster: Cluster, probe: Sampled, interval: int) -> None:
        size = len(workload.pods)
        self._workload, self._cluster = workload, cluster
        self._probe, self._interval = probe, interval
        self._open = np.zeros(size, np.bool_)  # queued, and not closed
        self._ended = {name: np.zeros(size, np.int32) for name in ("attempt", "phase", "reason")}  # of what is closed
        self._waited = np.full(size, -1, np.int32)  # the attempt whose wait is on record
        self._now = {name: np.full(size, 0 if name in _CURRENT[5:] else NEVER, np.int64) for name in _CURRENT}
        self._earlier: list[tuple[int, ...]] = []  # pod, attempt, phase, reason, then the current columns
        self._decisions = array("q")  # one after the other, `_DECISION` each; texts by their numbers
        self._texts: dict[str | None, int] = {"": 0}  # reasons and devices, in the order of their appearance
        self._events: list[tuple[int, str, str, str]] = []
        self._samples: list[dict[str, float]] = []
        self._prices = {node.metadata.name: price_per_hour(node) for node in workload.nodes}
        self._nodes: list[list[Any]] = [[node, 0, None] for node in cluster.nodes.nodes]  # by uid

    # what the engine tells

    def queued(self, pod: int) -> None:
        """Note that an attempt begins."""
        self._open[pod] = True
        if self._now["queued"][pod] != NEVER:  # there was an attempt before
            before: list[Any] = [*self._ended.values(), *self._now.values()]
            self._earlier.append((pod, *(int(column[pod]) for column in before)))
            for name, column in self._now.items():
                column[pod] = 0 if name in _CURRENT[5:] else NEVER
        self._now["queued"][pod] = self._cluster.now

    def bound(self, pod: int, uid: int, devices: Holding = ()) -> None:
        """Note a binding."""
        self._now["bound"][pod], self._now["node"][pod] = self._cluster.now, uid
        told = " ".join(f"{device}:{milli}" for device, milli in devices) or None
        self._decide(pod, self._attempt(pod), uid, 0, "", told)

    def waits(self, pod: int, reason: str) -> None:
        """Note that a pod was tried in vain; the first time of an attempt is a decision."""
        attempt = self._attempt(pod)
        if self._waited[pod] != attempt:
            self._waited[pod] = attempt
            self._decide(pod, attempt, NEVER, 1, reason)

    def moved(self, pod: int, size: int, distance: int) -> None:
        """Note data read from afar."""
        self._now["bytes_moved"][pod], self._now["distance"][pod] = size, distance

    def started(self, pod: int) -> None:
        """Note that a pod runs."""
        self._now["started"][pod] = self._cluster.now

    def evicted(self, pod: int, attempt: int, reason: str) -> None:
        """Note that it was decided to take a pod off its node; it may be terminating for a while."""
        self._decide(pod, attempt, int(self._now["node"][pod]), 2, reason)

    def taken(self, pod: int, reason: str) -> None:
        """Note that a pod was taken off its node; the cluster has begun its next attempt."""
        attempt = self._attempt(pod) - 1
        self._event("lost" if reason == "NodeLost" else "evict", self._cluster.pods.name(pod), reason)
        self._now["finished"][pod] = self._cluster.now
        self._close(pod, attempt, FAILED, reason)

    def ended(self, pod: int, *, succeeded: bool, reason: str) -> None:
        """Note that a pod is over."""
        if not succeeded:
            self._event("fail", self._cluster.pods.name(pod), reason)
        if self._open[pod]:
            self._now["finished"][pod] = self._cluster.now
            self._close(pod, self._attempt(pod), SUCCEEDED if succeeded else FAILED, reason)

    def refused(self, pod: int, reason: str) -> None:
        """Note that a plan for a pod no longer held."""
        self._event("refused", self._cluster.pods.name(pod), reason)

    def node(self, kind: str, name: str) -> None:
        """Note that a node came, went or was cordoned."""
        self._event(kind, name, "")
        if kind == "add":
            self._nodes.append([self._cluster.nodes.nodes[-1], self._cluster.now, None])
        elif kind == "remove":
            next(row for row in reversed(self._nodes) if row[0].metadata.name == name)[2] = self._cluster.now

    def sample_until(self, time: int, view: ClusterView) -> None:
        """Take the samples due before ``time``; nothing changes between events."""
        while self._interval and (due := len(self._samples) * self._interval) < time:
            pending = float((self._open & (self._now["bound"] == NEVER)).sum())
            self._samples.append({"time": due, "pending": pending, **self._probe(view)})
            if len(self._samples) == MOST:  # the run is longer than was to be expected: every second one will do
                self._samples, self._interval = self._samples[::2], 2 * self._interval

    def end(self, time: int, view: ClusterView) -> None:
        """Take the last samples: a run ends at ``time``, whatever went on in vain after it."""
        self.sample_until(time + 1, view)
        if self._interval:
            del self._samples[time // self._interval + 1 :]

    def _attempt(self, pod: int) -> int:
        return int(self._cluster.pods.attempt[pod])

    def _decide(self, pod: int, attempt: int, uid: int, verb: int, reason: str, devices: str | None = None) -> None:
        texts = self._text(reason), self._text(devices)
        self._decisions.extend((self._cluster.now, pod, attempt, uid, verb, *texts))

    def _text(self, text: str | None) -> int:
        return self._texts.setdefault(text, len(self._texts))

    def _event(self, kind: str, subject: str, detail: str) -> None:
        self._events.append((self._cluster.now, kind, subject, detail))

    def _close(self, pod: int, attempt: int, phase: int, reason: str) -> None:
        self._open[pod] = False
        ended = self._ended
        ended["attempt"][pod], ended["phase"][pod], ended["reason"][pod] = attempt, phase, self._text(reason)

    # what it makes of it

    def decision_hash(self) -> str:
        """Return the sha256 over time, pod, attempt, node and verb of every decision, its reason and its devices."""
        names = [row[0].metadata.name for row in self._nodes] + [None]  # NEVER finds the last
        texts = list(self._texts)
        digest = hashlib.sha256()
        for time, pod, attempt, uid, verb, reason, devices in self._rows().tolist():
            held = f" {texts[devices]}" if texts[devices] else ""
            digest.update(f"{time} {pod} {attempt} {names[uid]} {VERBS[verb]} {texts[reason]}{held}\n".encode())
        return digest.hexdigest()

    def _rows(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the decisions as numbers, int64 (D, 7)."""
        return np.array(self._decisions, np.int64).reshape(-1, len(_DECISION))

    def tables(self) -> dict[str, pa.Table]:
        """Return the five tables of a Run."""
        types = {"time": pa.int64()} | dict.fromkeys(("kind", "subject", "detail"), pa.string())
        return {
            "pods": self._pods_table(),
            "decisions": self.decisions(),
            "nodes": self._nodes_table(),
            "events": pa.table(_transpose(self._events, types)),
            "samples": pa.Table.from_pylist(self._samples or [{"time": 0}]).slice(0, len(self._samples)),
        }

    def _pods_table(self) -> pa.Table:
        cluster, columns = self._cluster, self._workload.pods
        last = np.flatnonzero(self._now["queued"] != NEVER)
        ended = {name: column[last].astype(np.int64) for name, column in self._ended.items()}
        for name, column in (("attempt", cluster.pods.attempt), ("phase", cluster.pods.phase), ("reason", None)):
            ended[name] = np.where(self._open[last], 0 if column is None else column[last], ended[name])
        current = {"pod": last, **ended, **{name: column[last] for name, column in self._now.items()}}
        earlier = np.array(self._earlier, np.int64).reshape(-1, len(current)).T
        both = {name: np.concatenate([rows, now]) for rows, (name, now) in zip(earlier, current.items(), strict=True)}
        order = np.lexsort((both["attempt"], both["pod"]))
        both = {name: column[order] for name, column in both.items()}
        pod, cls = both["pod"], cluster.pods.cls[both["pod"]]
        classes = [cluster.classes[index] for index in range(len(cluster.classes))]
        table: dict[str, Any] = {
            "pod": pod,
            "name": pa.array([columns.name(row) for row in pod.tolist()], pa.string()),
            "attempt": both["attempt"],
            "template": columns.template[pod].astype(np.int64),
            "priority": np.array([c.priority for c in classes], np.int64)[cls],
            "initial": columns.initial[pod],
            "tenant": _owners(columns.tenant, self._workload.tenants, pod),
            "job": _owners(columns.job, self._workload.jobs, pod),
            "submit": columns.submit[pod],
            "duration": _nullable(columns.duration[pod]),
            "walltime": _nullable(cluster.pods.walltime[pod]),
            "queued": both["queued"],
            **{name: _nullable(both[name]) for name in ("bound", "started", "finished")},
            "node": self._names(both["node"]),
            "phase": pa.array([PHASES[code] for code in both["phase"].tolist()], pa.string()).dictionary_encode(),
            "reason": self._texts_of(both["reason"]),
            "bytes_moved": both["bytes_moved"],
            "distance": both["distance"],
        }
        for name in self.resources():
            table[f"req.{name}"] = np.array([c.requests.get(name, 0) for c in classes], np.int64)[cls]
        return pa.table(table)

    def decisions(self) -> pa.Table:
        """Return the decisions so far."""
        columns: dict[str, Any] = dict(zip(_DECISION, np.ascontiguousarray(self._rows().T), strict=True))
        columns["node"] = self._names(columns["node"])
        columns["verb"] = pa.DictionaryArray.from_arrays(pa.array(columns["verb"], pa.int32()), pa.array(VERBS))
        columns["reason"] = self._texts_of(columns["reason"])
        columns["devices"] = self._texts_of(columns["devices"]).cast(pa.string())
        return pa.table(columns)

    def _texts_of(self, numbers: np.ndarray[Any, Any]) -> pa.Array:
        return pa.array(list(self._texts), pa.string()).take(pa.array(numbers)).dictionary_encode()

    def _nodes_table(self) -> pa.Table:
        nodes = [row[0] for row in self._nodes]
        table: dict[str, Any] = {
            "node": pa.array([node.metadata.name for node in nodes], pa.string()),
            "zone": pa.array([node.metadata.labels.get(ZONE, "") for node in nodes], pa.string()),
            "rack": pa.array([node.metadata.labels.get(RACK, "") for node in nodes], pa.string()),
            "price": pa.array([self._prices[node.metadata.name] for node in nodes], pa.float64()),
        }
        for name in self.resources():
            quantities = [(node.status.allocatable or node.status.capacity).get(name) for node in nodes]
            table[f"alloc.{name}"] = pa.array(
                [0 if q is None else q.milli_value() if name == "cpu" else q.value() for q in quantities], pa.int64()
            )
        table["added"] = pa.array([row[1] for row in self._nodes], pa.int64())
        table["removed"] = pa.array([row[2] for row in self._nodes], pa.int64())
        return pa.table(table)

    def resources(self) -> list[str]:
        """Return the cluster's resources, pods left out."""
        return [name for name in self._cluster.nodes.resources if name != "pods"]

    def _names(self, uids: np.ndarray[Any, Any]) -> pa.Array:
        names = pa.array([row[0].metadata.name for row in self._nodes], pa.string())
        return names.take(pa.array(uids, pa.int64(), mask=uids < 0)).dictionary_encode()  # a name may come back


def _owners(column: np.ndarray[Any, Any] | None, names: Sequence[str], pods: np.ndarray[Any, Any]) -> pa.Array:
    rows = np.full(len(pods), -1, np.int32) if column is None else column[pods]
    codes = pa.array(rows, pa.int32(), mask=rows < 0)
    return pa.DictionaryArray.from_arrays(codes, pa.array(names, pa.string()))


def _nullable(times: np.ndarray[Any, Any]) -> pa.Array:
    """Return times, null where they are NEVER or FOREVER, which is the same number."""
    return pa.array(times, pa.int64(), mask=times == NEVER)


def _transpose(rows: list[tuple[Any, ...]], types: dict[str, pa.DataType]) -> dict[str, Any]:
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    return {name: pa.array(column, kind) for (name, kind), column in zip(types.items(), columns, strict=True)}
