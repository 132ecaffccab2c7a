"""Evaluate: run a profile's filters and scores for one pod over all nodes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from schedlab.cluster.node_views import Subset, frozen
from schedlab.errors import SchedlabError
from schedlab.plugins.api import Plugin, Reject, Skip
from schedlab.scoring import nominated
from schedlab.scoring.adding import Adding
from schedlab.scoring.calls import Calls
from schedlab.scoring.could_fit import could_fit
from schedlab.scoring.culprit import culprit
from schedlab.scoring.evaluation import Choice, Evaluation, local, rejected_by, rejecters, rejection_by, skips
from schedlab.scoring.incremental import Incremental, Key, Part, Row, parts_of
from schedlab.scoring.normalize import normalize, normalizer_of
from schedlab.scoring.prepared import Prepared, Skipped
from schedlab.scoring.same import Same
from schedlab.scoring.sample import Sample
from schedlab.scoring.trial import Trial

if TYPE_CHECKING:
    from array import array

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.cluster.pod_views import ClassView, PodView
    from schedlab.scoring.hopes import ClassSet
    from schedlab.scoring.profile import Profile, Weighted

Mode = Literal["incremental", "full", "direct"]
LOCAL = ("static", "node")  # scopes in which a node's verdict depends on the pod's class and that node alone


class Evaluator:
    """A profile at work on a cluster.

    Parameters
    ----------
    mode
        ``incremental`` keeps rows of scores per class and brings them up to date; ``full`` evaluates all nodes for
        every pod; ``direct`` does so by calling the plug-ins with arrays only. The decisions are the same.
    """

    def __init__(self, profile: Profile, view: ClusterView, *, mode: Mode = "incremental") -> None:
        self.profile, self.view = profile, view
        self.rejecters: tuple[Plugin, ...] = ()  # of the last pod that fit nowhere: filters that came first somewhere
        self.counting, self.scored = False, 0  # whether the nodes that are scored are counted, and how many were so far
        self.firm = False  # whether that verdict holds for its class until a node changes, and then for the others
        self.by_class = all(local(plugin) or plugin.filter_facets is not None for plugin in profile.filters)
        self._steady = frozenset(plugin.name for plugin in profile.filters if local(plugin))
        self._preparing = tuple((plugin, plugin.prepare) for plugin in profile.plugins() if plugin.prepare)
        self.assigning = tuple(plugin for plugin in profile.plugins() if plugin.assign)
        scopes = [plugin.filter_scope for plugin in profile.filters] + [s.plugin.score_scope for s in profile.scores]
        self._wide = "cluster" in scopes
        self._calls = Calls(profile.name, view)
        self._mode = mode
        sampled = profile.percentage is not None and profile.percentage < 100
        self._sample = Sample(view, profile.percentage or 0, scoring=bool(profile.scores)) if sampled else None
        self._full: set[str] = set()  # plug-ins whose last bits hang on how many nodes they see
        self._plan_parts()

    def _plan_parts(self) -> None:
        """Decide which parts have rows that are kept."""
        parts = [part for part in parts_of(self.profile) if self._kept(part.plugin, part.scope)]
        self._wide_filters = [p for p in self.profile.filters if not any(q.plugin is p and q.filters for q in parts)]
        kept = [part.plugin for part in parts if not part.filters]
        self._summed = len(kept) == len(self.profile.scores) and not self._wide_filters and all(
            score.normalize == "none" for score in self.profile.scores
        )  # fmt: skip
        self._at = {plugin.name: at for at, plugin in enumerate(kept)}
        keep = self._mode == "incremental"
        self.rows = Incremental(parts, self.view, summed=self._summed, keep=keep)
        # the same without the scores that are normalised: for pods to which these give all nodes the same
        self._plain: Incremental | None = None
        if not self._summed and self._mode != "direct":
            plain = [part for part in parts if part.filters or part.normalize == "none"]
            self._plain = Incremental(plain, self.view, summed=True, keep=keep)
        self._prepared = Prepared(self._preparing, self.view)  # and the routes to these rows
        self._adding = Adding(self.profile, self.rows, self._calls.ask_part)
        self._same = Same(self.profile, self.rows, self._wide_filters, self._calls.ask_part)

    def _kept(self, plugin: Plugin, scope: str) -> bool:
        return self._mode != "direct" and scope in LOCAL and plugin.name not in self._full

    @property
    def patches(self) -> int:
        """How many kept rows were brought up to date in part."""
        return self.rows.patches + (self._plain.patches if self._plain is not None else 0)

    def choose(self, pod: int) -> Choice | Evaluation:
        """Find the best node of a pod; the decision is that of `evaluate`, which is the answer if no node is feasible.

        Raises
        ------
        PluginError
            If a plug-in raises or breaks its contract.
        """
        subject = self._calls.subject = self.view.pod(pod)
        try:
            choice = self._choose(subject) if self._mode != "direct" else None
        except SchedlabError:
            raise
        except Exception as error:
            raise self._calls.error(subject, f"{type(error).__name__}: {error}") from error
        if choice is not None:
            self._found(choice)
            return choice
        evaluation = self.evaluate(pod)  # from scratch: it must not be kept, or fits nowhere, or there is a fault
        if evaluation.total is None:
            self.rejecters = rejecters(evaluation)
            self.firm = rejected_by(self._steady, evaluation)
        else:
            self._found(evaluation)
        return evaluation

    def _found(self, found: Choice | Evaluation) -> None:
        if self.counting and found.total is not None:
            self.scored += int(np.count_nonzero(found.total > -np.inf))
        if self._sample is not None:
            self._sample.advance()

    def _choose(self, subject: PodView) -> Choice | None:
        """Return the best node by the rows that are kept; None: ask for all from scratch."""
        known = self._prepared.of(subject.shared)
        states, skipped = known.states, known.skipped
        if known.rest:
            more = self._calls.prepare(subject, known.rest)
            skips_more = self._skipped(more)
            if skips_more is None:
                return None
            states, skipped = states | more, skipped | skips_more
            self._prepared.learn(subject.shared, known, more)
        specs = self.view.log.specs
        if known.rest or known.route is None or known.route[0] != specs:
            known.route = specs, *self._route(subject.shared, skipped)
        _, rows, key, offset, adds = known.route
        row, patched = rows.row(key, subject.shared, self._calls.ask_part)
        if patched and rows.audited and not self._audit(rows, row, subject, skipped):
            return None
        if adds or not rows.summed:
            with np.errstate(all="ignore"):
                claims = self._claims(subject, states)
                if adds:
                    return self._add(row, subject, states, claims)
                return self._combine(row, subject, states, claims)
        total = row.values[0]
        if (claims := self._claims(subject, states)) is not None:
            total = total.copy()
            total[claims.positions] = -np.inf
        if not (row.sound or math.isfinite(np.add.reduce(total, where=total > -np.inf))):
            return None
        if self._sample is not None:
            total = np.where(self._sample.of(total > -np.inf), total, -np.inf)
        best = int(total.argmax()) if len(total) else -1
        if best < 0 or not math.isfinite(total[best]):
            return None
        return Choice(best, total, offset)

    def _route(self, shared: ClassView, skipped: Skipped) -> tuple[Incremental, Key, float, bool]:
        """Return which rows answer for a class, by which key, what belongs to all totals, and what is added to them."""
        rows, offset, adds = self.rows, 0.0, False
        if self._plain is not None:
            same = self._same.of(shared, skipped)
            if same is not None:
                rows, offset = self._plain, same
            elif self._adding.whole:
                rows, adds = self._plain, True
        return rows, rows.key(shared, skipped), offset, adds

    def _skipped(self, states: dict[str, Any]) -> frozenset[tuple[str, bool]] | None:
        """Return which filters (True) and scores (False) are out of the cycle.

        None if a kept row cannot answer: a state may hang on anything, and a rejection needs none.
        """
        found = []
        for name, state in states.items():
            if state is None:
                continue
            if isinstance(state, Reject):
                return None
            if isinstance(state, Skip):
                found += [(name, filters) for filters in (True, False) if skips(state, filters)]
                state = state.state
            if state is not None and any((name, filters) in self.rows.named for filters in (True, False)):
                return None
        return frozenset(found)

    def _combine(
        self, row: Row, subject: PodView, states: dict[str, Any], claims: nominated.Claims | None
    ) -> Choice | None:
        """Filter by what is not kept, then normalise and add up."""
        shape = row.bad.shape
        feasible = self._feasible(~row.bad, subject, states, claims)
        if feasible is None:
            return None
        # whether a row's extremes are those of feasible nodes
        whole_rows = not self._wide_filters and self._sample is None and claims is None
        total: NDArray[np.float64] | None = None
        for score in self.profile.scores:
            self._calls.running = plugin = score.plugin
            if skips(states.get(plugin.name), filters=False):
                continue
            at = self._at.get(plugin.name)
            if at is None:
                raw = self._calls.ask(plugin.score, plugin.score_scope, subject, states, shape)
                assert raw is not None
                low, high = None, None
                if not math.isfinite(np.add.reduce(raw)):  # the normaliser might hide it
                    return None
            else:
                raw = row.values[at]
                high = raw.max() if whole_rows else None
                low = row.lows[at].min() if high is not None and at in row.lows else None
                if high is not None and not math.isfinite(high):
                    return None
            if score.normalize != "none":
                how = normalizer_of(score, states)
                raw = self._calls.shaped(normalize(raw, feasible, how, low, high), shape, subject)
            weighted = raw if score.weight == 1 else raw * score.weight
            total = weighted + 0.0 if total is None else np.add(total, weighted, dtype=np.float64)
        if total is None:
            total = np.zeros(shape)
        bad = ~feasible
        if not math.isfinite(np.add.reduce(total, where=feasible)):
            return None
        np.putmask(total, bad, -np.inf)
        return Choice(int(total.argmax()), total)

    def _add(
        self, row: Row, subject: PodView, states: dict[str, Any], claims: nominated.Claims | None
    ) -> Choice | None:
        """Filter by what is not kept, and add what is not kept to the row of plain scores."""
        kept = row.values[0]
        if not row.sound:
            return None
        feasible = self._feasible(kept > -np.inf, subject, states, claims)
        if feasible is None:
            return None

        def ask(score: Weighted) -> NDArray[Any]:
            self._calls.running = plugin = score.plugin
            raw = self._calls.ask(plugin.score, plugin.score_scope, subject, states, kept.shape)
            assert raw is not None
            return raw

        return self._adding.choose(kept, feasible, subject.shared, states, ask)

    def _feasible(
        self, passed: NDArray[np.bool_], subject: PodView, states: dict[str, Any], claims: nominated.Claims | None
    ) -> NDArray[np.bool_] | None:
        """Return which nodes that passed the kept filters pass the others too, and are scored; None if none is."""
        whole = self.view.nodes("cluster")
        if self._wide:
            whole.feasible = frozen(np.ones(passed.shape, np.bool_))
        for plugin in self._wide_filters:
            self._calls.running = plugin
            verdict = self._calls.ask(plugin.filter, plugin.filter_scope, subject, states, passed.shape)
            if verdict is not None:
                passed &= self._calls.passed(verdict, subject)
        if claims is not None:
            passed[claims.positions] = False
        if not passed.any():
            return None
        if self._sample is not None:
            passed = self._sample.of(passed)
        if self._wide:
            whole.feasible = frozen(passed)
        return passed

    def _audit(self, rows: Incremental, row: Row, subject: PodView, skipped: Skipped) -> bool:
        """Hold a patched row against the answers for all nodes: the scopes that its parts declare must be true.

        Returns whether the row can be trusted. Where only last bits differ, the plug-in is asked in full from now on.
        """
        if self._skipped(self._calls.prepare(subject, self._preparing)) != skipped:
            text = "asked anew, prepare says otherwise of the same pod; let it keep nothing between calls"
            raise self._calls.error(subject, text)
        bad = np.zeros(len(self.view.nodes("static")), np.bool_)
        scores: list[NDArray[np.float64]] = []
        asked = []
        for part in rows.parts:
            if (part.plugin.name, part.filters) in skipped:
                answer = np.full(bad.shape, part.filters)  # a filter that passes, a score of 0
            else:
                answer = self._calls.ask_part(
                    part, subject.shared, self.view.nodes("static" if part.static else "node")
                )
                asked.append((part, answer))
            if part.filters:
                bad |= ~answer if answer.dtype == np.bool_ else answer != 0
            else:
                scores.append(answer * part.weight if rows.summed else answer.astype(np.float64))
        if rows.summed:
            scores = [sum(scores[1:], start=scores[0] + 0.0)] if scores else []
        kept = zip(scores, row.values, strict=False)
        rejected = row.values[0] == -np.inf if rows.summed else row.bad
        if np.array_equal(bad, rejected) and all(np.array_equal(a[~bad], b[~bad], equal_nan=True) for a, b in kept):
            return True
        self._blame_scope(asked, ~bad, subject)
        self._plan_parts()
        return False

    def _blame_scope(self, asked: list[tuple[Part, NDArray[Any]]], feasible: Any, subject: PodView) -> None:
        """Find the part whose answer for a node hangs on which nodes it is shown; raise unless only last bits do."""
        part, text = culprit(
            asked, feasible, self.view, lambda each, nodes: self._calls.ask_part(each, subject.shared, nodes)
        )
        if not text:
            self._full.add(part.plugin.name)
            return
        self._calls.running = part.plugin
        raise self._calls.error(subject, f"{text}; declare scope='cluster'")

    def evaluate(self, pod: int) -> Evaluation:
        """Filter all nodes and score the feasible ones.

        Raises
        ------
        PluginError
            If a plug-in raises or breaks its contract.
        """
        subject = self.view.pod(pod)
        with self._calls.blamed(subject):
            return self._evaluate(subject)

    def trial(self, pod: int) -> Trial:
        """Return the pod's filters, to be asked again."""
        return Trial(self.profile.filters, self._calls, self.view, pod)

    def fits(self, pod: int, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return bool (n,): on which of some nodes, int64 (n,), all filters pass, nominated pods counted as always.

        Raises
        ------
        PluginError
            If a plug-in raises or breaks its contract.
        """
        return self.trial(pod).fits(positions)

    def _evaluate(self, subject: PodView) -> Evaluation:
        whole = self.view.nodes("cluster")
        shape = (len(whole),)
        if self._wide:
            whole.feasible = frozen(np.ones(shape, np.bool_))  # not the last pod's
        states = self._calls.prepare(subject, self._preparing)
        rejection = rejection_by(self.profile.filters, states)
        if rejection is not None:
            nowhere = np.zeros(shape, np.bool_)
            return Evaluation(nowhere, ((rejection[0], nowhere),), {}, {}, None, -1, rejection)
        feasible: NDArray[np.bool_] | None = None
        verdicts = []
        for plugin in self.profile.filters:
            self._calls.running = plugin
            verdict = self._calls.ask(plugin.filter, plugin.filter_scope, subject, states, shape)
            if verdict is None:
                continue
            passed = self._calls.passed(verdict, subject)
            feasible = passed if feasible is None else feasible & passed
            verdicts.append((plugin, verdict))
        if feasible is None:
            feasible = np.ones(shape, np.bool_)
        claims = self._claims(subject, states)
        if claims is not None:
            verdicts = claims.over(verdicts)
            feasible = feasible.copy()
            feasible[claims.positions] = False
        if not feasible.any():
            return Evaluation(feasible, tuple(verdicts), {}, {}, None, -1, claimed=claims)
        if self._sample is not None:
            feasible = self._sample.of(feasible)
        if self._wide:
            whole.feasible = frozen(feasible)
        return Evaluation(feasible, tuple(verdicts), *self._score(subject, feasible, states), claimed=claims)

    def _claims(self, subject: PodView, states: dict[str, Any]) -> nominated.Claims | None:
        """Return the nodes that reject the pod once those nominated for them are taken for bound, None if none does.

        That is a second run of the filters, on these nodes only; both must pass. Scores ignore nominations.
        """
        guests = self.view.guests(subject)
        if guests is None:
            return None
        shape = (len(guests.positions),)

        def ask(plugin: Plugin, nodes: Any) -> NDArray[Any] | None:
            self._calls.running = plugin
            verdict = self._calls.ask(plugin.filter, plugin.filter_scope, subject, states, shape, nodes)
            if verdict is not None:
                self._calls.passed(verdict, subject)
            return verdict

        return nominated.claims(self.profile.filters, self.view, guests, ask)

    def could_fit(self, classes: ClassSet, where: array[int]) -> list[int]:
        """Return those of some pod classes, rejected firmly before, that may pass now on one of the nodes that changed.

        Where there is compiled code all local filters are asked, else those of scope node without ``prepare``.
        """
        rows = self._plain or self.rows
        hopes, rest = rows.hopes(classes, self._calls.ask_part, self._skipped_by_class)
        found = hopes.ask(classes, where)
        if rest:
            filters = [each for each in self.profile.filters if each.filter_scope == "node" and each.prepare is None]
            found += could_fit(filters, self.view, rest, Subset(self.view.nodes("node"), np.array(where)))
        return found

    def _skipped_by_class(self, shared: ClassView) -> Skipped | None:
        """Return what the pods of a class skip; None if it hangs on the pod for a filter with a kept row."""
        known = self._prepared.of(shared)
        kept = (self._plain or self.rows).named
        return None if any((plugin.name, True) in kept for plugin, _ in known.rest) else known.skipped

    def _score(
        self, subject: PodView, feasible: NDArray[np.bool_], states: dict[str, Any]
    ) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]], NDArray[np.float64], int]:
        weighted, raws, normalized = [], {}, {}
        for score in self.profile.scores:
            self._calls.running = plugin = score.plugin
            raw = scaled = self._calls.ask(plugin.score, plugin.score_scope, subject, states, feasible.shape)
            if raw is None or scaled is None:
                continue
            if score.normalize != "none":
                if not math.isfinite(np.add.reduce(raw)):  # the normaliser might hide it
                    self._blame({plugin.name: raw}, feasible, subject)
                scaled = self._calls.shaped(
                    normalize(raw, feasible, normalizer_of(score, states)), feasible.shape, subject
                )
            raws[plugin.name], normalized[plugin.name] = raw, scaled
            weighted.append(scaled if score.weight == 1 else scaled * score.weight)
        total = np.zeros(feasible.shape)
        if weighted:  # never in place on the first: it may be the plug-in's own
            total = np.add(weighted[0], weighted[1] if len(weighted) > 1 else 0.0, dtype=np.float64)
            for each in weighted[2:]:
                total += each
        low = total[total.argmin()]  # NaN counts as the smallest, and below as the largest
        np.putmask(total, ~feasible, -np.inf)
        best = int(total.argmax())
        if not (math.isfinite(low) and math.isfinite(total[best])):
            self._blame(normalized, feasible, subject)
        return raws, normalized, total, best

    def _blame(self, scores: dict[str, NDArray[Any]], feasible: NDArray[np.bool_], subject: PodView) -> None:
        """Raise for the first of some scores that is not finite on a feasible node; elsewhere it does not matter."""
        for score in self.profile.scores:
            self._calls.running = score.plugin
            bad = feasible & ~np.isfinite(scores.get(score.plugin.name, np.zeros(())))
            if bad.any():
                node = self.view.node_name(int(bad.argmax()))
                raise self._calls.error(subject, f"the score of node {node} is not finite (NaN or infinite)")
