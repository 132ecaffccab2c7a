"""Peers: bound pods as the rules of other pods see them, counted by topology domain.

A *kind* of pod is what those rules can tell apart: namespace, labels, and the pod's own affinity terms. Which kinds a
term means is found once, by an index over labels; how many pods of a kind are where is changed by each pod that comes
or goes, and so is every `Tally` that counts its kind. Nothing is recounted, whatever the number of pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from schedlab.cluster.derived import terms
from schedlab.cluster.derived.selection import ALL, Namespaces, Selection, key_of
from schedlab.cluster.derived.tally import Place, Tally, cut
from schedlab.objects.selectors import LabelSelector

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from numpy.typing import NDArray

    from schedlab.cluster.state import Cluster
    from schedlab.objects import Pod

CELLS = 16_000_000  # float64 numbers kept in tallies: 128 MB; then all begin anew
Made = TypeVar("Made")


class Peers:
    """Kinds, selections and tallies of a cluster.

    They are made as they are asked for; a cluster whose rules never look at other pods pays nothing.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.carriers = 0  # bound pods with affinity terms of their own
        self.version = 0  # how often that changed
        self._on: dict[int, dict[int, int]] | None = None  # 2 kind + terminating -> uid of the node -> pods
        self._namespaces = -1  # version of the Namespace objects
        self._specs = -1  # and of the nodes' specs
        self._forget_kinds()
        self._forget_tallies()

    def _forget_kinds(self) -> None:
        self._classes = 0  # of the cluster's classes, those whose kinds are known
        self._pods: list[Pod] = []  # one of each kind
        self._by_label: dict[tuple[str, str], list[int]] = {}
        self._selections: dict[Hashable, Selection] = {}
        self._by_pair: dict[tuple[str, str], list[Selection]] = {}
        self._others: list[Selection] = []
        self._meant_by: list[list[Selection]] = []

    def _forget_tallies(self) -> None:
        self._tallies: dict[Hashable, Tally] = {}
        self._readers: dict[int, list[tuple[Tally, float]]] = {}
        self._places: dict[Hashable, Place] = {}
        self._plans: dict[Hashable, tuple[int, Any]] = {}
        self._cells = 0

    # what happens; only the cluster says so

    def carry(self, change: int) -> None:
        """Note that a pod with terms of its own came (1) or went (-1)."""
        self.carriers += change
        self.version += 1

    def comes(self, pod: int) -> None:
        """Count a pod that was just bound."""
        if self._on is not None:
            self._move(pod, 1)

    def leaves(self, pod: int) -> None:
        """Forget a bound pod that is about to leave."""
        if self._on is not None:
            self._move(pod, -1)

    def begin(self) -> None:
        """Count bound pods from now on, if nobody has asked yet."""
        if self._on is None:
            self._renew()

    def _move(self, pod: int, change: int) -> None:
        cluster, on = self._cluster, self._on
        assert on is not None
        if cluster.log.specs != self._specs:
            self._renew()
        pods, position = cluster.pods, int(cluster.pods.node[pod])
        who = 2 * cluster.classes[pods.cls[pod]].kind + bool(pods.terminating[pod])
        there, uid = on.setdefault(who, {}), int(cluster.nodes.uid[position])
        count = there.get(uid, 0) + change
        if count:
            there[uid] = count
        else:
            del there[uid]
        for tally, weight in self._readers.get(who, ()):
            tally.add(position, weight, change)

    def _renew(self) -> None:
        """Drop what no longer holds: tallies if a node changed, all if a namespace did; meet new kinds."""
        cluster = self._cluster
        if self._on is None:
            self._on = {}
            pods = cluster.pods
            for pod in pods.bound().tolist():
                who = 2 * cluster.classes[pods.cls[pod]].kind + bool(pods.terminating[pod])
                there, uid = self._on.setdefault(who, {}), int(cluster.nodes.uid[pods.node[pod]])
                there[uid] = there.get(uid, 0) + 1
        namespaces = cluster.objects.version_of("Namespace")
        if namespaces != self._namespaces:
            self._namespaces = namespaces
            self._forget_kinds()
            self._forget_tallies()
        if cluster.log.specs != self._specs or self._cells > CELLS:
            self._specs = cluster.log.specs
            self._forget_tallies()
        for index in range(self._classes, len(cluster.classes)):
            cls = cluster.classes[index]
            if cls.kind == len(self._pods):
                self._meet(cls.pod)
        self._classes = len(cluster.classes)

    # kinds and selections

    @property
    def kinds(self) -> int:
        """How many kinds are known."""
        return len(self._pods)

    def _meet(self, pod: Pod) -> None:
        """Take note of a new kind: which selections hold it, and what its own terms select."""
        kind, meta = len(self._pods), pod.metadata
        self._pods.append(pod)
        self._meant_by.append([])
        found = list(self._others)
        for pair in meta.labels.items():
            self._by_label.setdefault(pair, []).append(kind)
            found += self._by_pair.get(pair, ())
        for selection in found:
            self._try(selection, kind)
        for role, term, weight in terms.own(pod):
            namespaces = terms.namespaces(term, meta.namespace, self._cluster.objects)
            self.selection(term.label_selector, namespaces).carriers.append((kind, role, term.topology_key, weight))

    def _try(self, selection: Selection, kind: int) -> None:
        meta = self._pods[kind].metadata
        if selection.holds(meta.namespace, meta.labels):
            selection.kinds.append(kind)
            self._meant_by[kind].append(selection)

    def selection(self, selector: LabelSelector | None, namespaces: Namespaces) -> Selection:
        """Return the pods that a selector means."""
        key = key_of(selector, namespaces)
        found = self._selections.get(key)
        if found is None:
            found = self._selections[key] = Selection(selector, namespaces)
            pairs = found.pairs()
            candidates: Iterable[int] = range(len(self._pods))
            if pairs is None:
                self._others.append(found)
            else:
                for pair in pairs:
                    self._by_pair.setdefault(pair, []).append(found)
                candidates = [kind for pair in pairs for kind in self._by_label.get(pair, ())]
            for kind in candidates:
                self._try(found, kind)
        return found

    def meant_by(self, kind: int) -> list[Selection]:
        """Return the selections that hold a kind."""
        return self._meant_by[kind]

    # plans, places and tallies

    def plan(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what ``make()`` gave for this key, until a node's spec or a namespace changes or a kind is met."""
        cluster = self._cluster
        if (
            cluster.log.specs != self._specs
            or len(cluster.classes) != self._classes
            or cluster.objects.version_of("Namespace") != self._namespaces
            or self._cells > CELLS
        ):
            self._renew()
        known = self._plans.get(key)
        if known is None or known[0] != len(self._pods):
            known = self._plans[key] = len(self._pods), make()
        made: Made = known[1]
        return made

    def place(self, topology_key: str | None) -> Place:
        """Return the domains of a node label; with None, every node is one."""
        found = self._places.get(topology_key)
        if found is None:
            nodes = self._cluster.nodes
            codes = np.arange(len(nodes), dtype=np.int32) if topology_key is None else nodes.codes(topology_key)
            found = self._places[topology_key] = Place.of(codes)
        return found

    def tally(self, key: Hashable, weights: Mapping[int, float], place: Place, *, live: bool = False) -> Tally:
        """Return a tally, kept under its key; kinds that its weights name for the first time are added.

        ``live`` leaves terminating pods out.
        """
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = Tally(place)
            self._cells += tally.cells
        new = cut(weights, tally.weights)
        if new:
            tally.weights |= new
            self._count(tally, new, live=live)
        return tally

    def _count(self, tally: Tally, new: Mapping[int, float], *, live: bool) -> None:
        """Count the pods of some kinds, and have those that come and go counted."""
        assert self._on is not None
        uids: list[int] = []
        amounts: list[int] = []
        weights: list[float] = []
        for kind, weight in new.items():
            for who in (2 * kind,) if live else (2 * kind, 2 * kind + 1):
                self._readers.setdefault(who, []).append((tally, weight))
                there = self._on.get(who, {})
                uids += there.keys()
                amounts += there.values()
                weights += [weight] * len(there)
        position = self._cluster.nodes.position
        where = np.fromiter((position[uid] for uid in uids), np.intp, len(uids))
        tally.add_all(where, np.array(weights, float), np.array(amounts, np.int64))

    def count(self, selector: LabelSelector | Mapping[str, str]) -> NDArray[np.int64]:
        """Return int64 (N,), the bound pods of each node that the selector matches; {} matches every pod."""
        if not isinstance(selector, LabelSelector):
            selector = LabelSelector(match_labels=dict(selector))
        key = "count", key_of(selector, ALL)
        chosen = selector

        def make() -> Tally:
            kinds = self.selection(chosen, ALL).kinds
            return self.tally(key, dict.fromkeys(kinds, 1.0), self.place(None))

        counts = self.plan(key, make).spread().astype(np.int64)
        counts.flags.writeable = False
        return counts
