"""Preemption: where a pod that fits nowhere would, if others left."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from schedlab import streams
from schedlab.scheduling.preemption import dry_run
from schedlab.scheduling.preemption.budgets import Budgets
from schedlab.scheduling.preemption.choice import Candidate, best
from schedlab.scheduling.preemption.dry_run import Nodes, Status
from schedlab.scheduling.preemption.victims import Victims
from schedlab.scoring.could_fit import could_fit
from schedlab.scoring.evaluation import resolvable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster.log import Cursor
    from schedlab.scoring.default_preemption import DefaultPreemption
    from schedlab.scoring.evaluate import Evaluator
    from schedlab.scoring.evaluation import Evaluation

NEVER = "preemption: not eligible due to preemptionPolicy=Never."
UNDER_WAY = "preemption: not eligible due to a terminating pod on the nominated node."
USELESS = "Preemption is not helpful for scheduling"
LEAST = 64  # nodes looked at together


class DryRun(NamedTuple):
    """What preemption would do for a pod.

    Attributes
    ----------
    chosen
        The node to nominate the pod for, and whom to evict there; None if there is none.
    candidates
        The nodes that were found, in the order of the search.
    best
        The positions of those that tie for the best, by rank.
    rejected
        Why nodes that were tried are none, by position.
    code, reasons
        "Success", or kube-scheduler's code and words.
    tried
        False: the pod was not eligible, and its nomination, if it has one, stays. True with ``chosen`` None: it is to
        be cleared.
    """

    chosen: Candidate | None
    candidates: tuple[Candidate, ...] = ()
    best: tuple[int, ...] = ()
    rejected: Mapping[int, Status] = MappingProxyType({})
    code: str = "Unschedulable"
    reasons: tuple[str, ...] = ()
    tried: bool = True


class Preemption:
    """DefaultPreemption of one scheduler (kube-scheduler v1.34, pkg/scheduler/framework/preemption).

    Candidates are looked for from a random node on, one after the other, as one worker would.
    """

    def __init__(self, evaluator: Evaluator, settings: DefaultPreemption, seed: int = 0) -> None:
        self._evaluator, self._view, self._settings, self._seed = evaluator, evaluator.view, settings, seed
        # pod class -> place in the log, and the view's standing, when no node was a candidate
        self._vain: dict[int, tuple[Cursor, int]] = {}
        self._far = False  # whether the last trial asked filters that look at other nodes
        self._victims, self._budgets = Victims(self._view), Budgets(self._view)

    @property
    def idle(self) -> bool:
        """Whether all pods have one priority, so that nobody can be evicted for another."""
        priorities = self._view.priorities
        return not len(priorities) or bool(priorities.min() == priorities.max())

    @property
    def gangs(self) -> bool:
        """Whether it is for gangs, too."""
        return self._settings.gangs

    def find(self, pod: int, evaluation: Evaluation, *, every: bool = False, brief: bool = False) -> DryRun:
        """Find the node on which evicting pods costs least.

        Parameters
        ----------
        pod
            The row of a pending pod.
        evaluation
            What `Evaluator.evaluate` says of it now: no node is feasible.
        every
            Whether all nodes are tried, whatever the settings say.
        brief
            Whether ``rejected`` and ``reasons`` may be left out: then nodes are passed over that were tried in vain for
            the pod's class and have not changed since.

        Raises
        ------
        PluginError
            If a plug-in raises or breaks its contract.
        """
        helps = resolvable(evaluation)
        if reason := self._not_eligible(pod, helps):
            return DryRun(None, reasons=(reason,), tried=False)
        where = np.flatnonzero(helps)
        where = where[np.argsort(self._view.nodes("static").rank[where])]
        stream = streams.key(self._seed, "preemption", pod, int(self._view.pods.attempt[pod]))
        wanted = len(where) if every else self._settings.wanted(len(where))
        if len(where) and not every:
            where = np.roll(where, -streams.integer(stream, 0, len(where)))
        if brief:
            where = self._in_doubt(pod, where)
        cursor = self._view.log.cursor()
        candidates, rejected = self._search(pod, where, wanted, every=every)
        if not candidates:
            if not self._far:
                self._vain[int(self._view.pods.cls[pod])] = cursor, self._view.standing
            return DryRun(None, rejected=rejected, reasons=() if brief else (self._summary(rejected),))
        ties = best(candidates, self._view)
        at = 0 if self._evaluator.profile.ties == "rank" else streams.integer(stream, 1, len(ties))
        chosen = next(each for each in candidates if each.position == ties[at])
        return DryRun(chosen, tuple(candidates), ties, rejected, "Success")

    def _in_doubt(self, pod: int, where: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of some nodes, in their order, that were not tried in vain before for the class of a pod."""
        view = self._view
        cursor, standing = self._vain.get(int(view.pods.cls[pod]), (None, -1))
        if cursor is None or standing != view.standing or view.nominated(pod) is not None:
            return where
        changed = view.log.since(cursor)
        return where if changed is None else where[[position in changed for position in where.tolist()]]

    def hopeful(self, classes: Sequence[int], positions: NDArray[np.int64]) -> list[int]:
        """Return the pod classes for which preemption on one of some nodes, int64 (n,), might make room.

        A necessary condition: the filters of scope node without ``prepare`` pass with all lower pods gone, of which
        there is one. Never a false no.
        """
        priorities = self._view.priorities[list(classes)].tolist()
        if not priorities or not self._victims.below(max(priorities), positions).there.any():
            return []
        filters = [p for p in self._evaluator.profile.filters if p.filter_scope == "node" and p.prepare is None]
        by_priority: dict[int, list[int]] = {}
        for each, priority in zip(classes, priorities, strict=True):
            if self._view.class_at(each).preempts:
                by_priority.setdefault(priority, []).append(each)
        found: list[int] = []
        for priority, some in by_priority.items():
            lower = self._victims.below(priority, positions)
            any_there = lower.there.any(axis=0)
            if any_there.any():
                pods, there = lower.pods[:, any_there], lower.there[:, any_there]
                thin = self._view.thinned("node", positions[any_there], pods, there.copy())
                found += could_fit(filters, self._view, some, thin)
        return found

    def _not_eligible(self, pod: int, helps: NDArray[np.bool_]) -> str:
        """Return why a pod may not preempt; "": it may (PodEligibleToPreemptOthers)."""
        view = self._view
        if not view.pod_class(pod).preempts:
            return NEVER
        nominated = view.nominated(pod)
        return UNDER_WAY if nominated is not None and helps[nominated] and self.under_way(pod, nominated) else ""

    def under_way(self, pod: int, position: int) -> bool:
        """Return whether pods of lower priority than some pod are being preempted on a node and have not left yet."""
        view, on = self._view, self._view.pods_on(position)
        lower = view.priorities[view.pods.cls[on]] < view.priorities[view.pods.cls[pod]]
        return bool((lower & view.pods.terminating[on] & view.pods.preempted[on]).any())

    def _search(
        self, pod: int, where: NDArray[np.int64], wanted: int, *, every: bool
    ) -> tuple[list[Candidate], dict[int, Status]]:
        """Try nodes in order until there are enough candidates, one of which violates no budget."""
        harmless: list[Candidate] = []
        violating: list[Candidate] = []
        rejected: dict[int, Status] = {}
        for position, found in self._tries(pod, where, max(wanted, LEAST)):
            if isinstance(found, Candidate) and not found.victims:
                text = f'expected at least one victim pod on node "{self._view.node_name(position)}"'
                found = {"ok": False, "code": "Error", "reasons": [text]}
            if not isinstance(found, Candidate):
                rejected[position] = found
                continue
            kind = violating if found.violations else harmless
            if len(kind) < wanted:
                kind.append(found)
            if not every and harmless and len(harmless) + len(violating) >= wanted:
                break
        return harmless + violating, rejected

    def _tries(self, pod: int, where: NDArray[np.int64], together: int) -> Iterator[tuple[int, Candidate | Status]]:
        """Yield for each node in order the candidate, or why it is none."""
        priority = int(self._view.priorities[self._view.pods.cls[pod]])
        if not len(where):
            return
        trial = self._evaluator.trial(pod)
        self._far = bool(trial.far)
        for start in range(0, len(where), together):
            if start:  # what was prepared last may be of a hypothesis
                trial.again()
            positions = where[start : start + together]
            lower = self._victims.below(priority, positions)
            nodes = Nodes(positions, lower, self._budgets.violated(lower))
            found = dry_run.by_views(trial, nodes, self._view)
            for at, position in enumerate(positions.tolist()):
                if position not in found:
                    only = np.zeros(len(positions), np.bool_)
                    only[at] = True
                    found[position] = dry_run.one_by_one(trial, nodes.take(only), self._view)
                yield position, found[position]

    def _summary(self, rejected: dict[int, Status]) -> str:
        """Return kube-scheduler's words, as `schedlab.scoring.explain.summarize` does."""
        count = len(self._view.nodes("static"))
        reasons = Counter(reason for status in rejected.values() for reason in status["reasons"])
        if len(rejected) < count:
            reasons[USELESS] += count - len(rejected)
        parts = ", ".join(sorted(f"{number} {reason}" for reason, number in reasons.items()))
        return f"preemption: 0/{count} nodes are available: {parts}."
