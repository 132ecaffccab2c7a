"""Profile: which filters and scores a scheduler runs, in which order, with which weights and tie rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np

from schedlab.notebook import shown
from schedlab.scoring import config, named, written
from schedlab.scoring.backoff import KUBERNETES, NO_BACKOFF, Backoff
from schedlab.scoring.decision_time import DecisionTime
from schedlab.scoring.normalize import Whole, normalize

if TYPE_CHECKING:
    import os

    from schedlab.plugins.api import Normalizer, Plugin
    from schedlab.plugins.budget import Budget
    from schedlab.scoring.default_preemption import DefaultPreemption

Ties = Literal["rank", "random"]
Quantise = Literal["integer", "none"]


@dataclass(frozen=True)
class Weighted:
    """A score in a profile: its weight, how it is normalised there, and whether it is cut to whole numbers."""

    plugin: Plugin
    weight: float
    normalize: Normalizer
    quantise: Quantise = "none"

    @staticmethod
    def of(plugin: Plugin, weight: float, default: Normalizer, quantise: Quantise | None) -> Weighted:
        """Return a score that is normalised as its plug-in says, else by ``default``, and cut to whole numbers or not.

        Whole it is if ``quantise`` says so, or nothing and the plug-in does. What Kubernetes' normalisers give is whole
        in any case, and what a rule's own gives is the rule's affair.
        """
        how = plugin.normalize or default
        if (how == "integer") if quantise is None else (quantise == "integer"):
            if how in ("none", "integer"):
                assert plugin.score is not None
                return Weighted(replace(plugin, score=Whole(plugin.score)), weight, "none", "integer")
            if how == "min_max":
                return Weighted(plugin, weight, Whole(partial(normalize, how="min_max"), "min_max"), "integer")
        return Weighted(plugin, weight, "none" if how == "integer" else how)


@dataclass(frozen=True)
class Profile:
    """Ordered filters and weighted scores.

    Attributes
    ----------
    name
        Name for tables and results.
    filters
        Run in this order; the first that rejects a node is the one recorded.
    scores
        Total = sum of weight x normalised score, which is cut to a whole number where ``quantise`` is ``integer``.
    ties
        ``rank``: lowest node rank wins; ``random``: seeded, equal chances, as kube-scheduler does.
    left_out
        In-tree plug-ins that a Kubernetes default profile has and this one lacks.
    order
        Of the queue; None: highest priority first, then first come first served.
    percentage
        How many feasible nodes are looked for, as ``percentageOfNodesToScore``: 1..100, or 0 for kube-scheduler's own
        rule, 50 % of 100 nodes and fewer of more. None: all nodes are scored.
    elsewhere
        In-tree plug-ins that neither filter nor score, whose work the queue and the cluster do: name and arguments.
    preemption
        How pods are evicted for one that fits nowhere; None: they are not. None where ``backfill`` or ``together``
        is given: `build` leaves preemption out, as it would void reservations, and a solver's plans.
    backoff
        Of pods that failed; none where the queue has an order.
    decision_time
        What a cycle costs in simulated time; None: nothing.
    backfill
        Who may start before others that have waited for longer and do not fit yet; None: whoever fits.
    together
        Whom a solver places together; None: nobody.
    """

    name: str
    filters: tuple[Plugin, ...]
    scores: tuple[Weighted, ...]
    ties: Ties = "rank"
    left_out: tuple[str, ...] = ()
    order: Plugin | None = None
    percentage: int | None = None
    elsewhere: tuple[tuple[str, Any], ...] = ()
    preemption: DefaultPreemption | None = None
    backoff: Backoff = KUBERNETES
    decision_time: DecisionTime | None = None
    backfill: Plugin | None = None
    together: Plugin | None = None

    @staticmethod
    def build(
        name: str,
        filters: tuple[Plugin, ...],
        scores: list[tuple[Plugin, float]],
        *,
        ties: Ties = "rank",
        quantise: Quantise | None = None,
        left_out: tuple[str, ...] = (),
        order: Plugin | None = None,
        percentage: int | None = None,
        elsewhere: tuple[tuple[str, Any], ...] = (),
        preemption: DefaultPreemption | None = None,
        backfill: Plugin | None = None,
        together: Plugin | None = None,
        backoff: Backoff | None = None,
        decision_time: str | DecisionTime | None = None,
    ) -> Profile:
        """Make a profile; scores that declare no normalisation get ``none`` if alone, else ``min_max``.

        ``quantise`` says for all scores whether they are cut to whole numbers; None: each as it declares. ``backoff``
        is by default kube-scheduler's, and none where an order is given, which backing off would disturb.
        ``decision_time`` may be a text as `DecisionTime.parse` reads it; None, or 0, is none.

        Raises
        ------
        InputError
            If two filters or two scores have one name, or the decision time is none.
        """
        named.refuse_twice(list(filters))
        named.refuse_twice([plugin for plugin, _ in scores])
        default: Normalizer = "none" if len(scores) == 1 else "min_max"
        weighted = tuple(Weighted.of(plugin, weight, default, quantise) for plugin, weight in scores)
        evicts = preemption if backfill is None and together is None else None  # it would take what is promised
        backoff = backoff or (NO_BACKOFF if order else KUBERNETES)
        charge, rest = DecisionTime.given(decision_time), (left_out, order, percentage, elsewhere)
        return Profile(name, filters, weighted, ties, *rest, evicts, backoff, charge, backfill, together)

    @staticmethod
    def from_config(
        entry: Any,
        *,
        ties: Ties = "rank",
        decision_time: str | DecisionTime | None = None,
        file: object = "scheduler configuration",
        partial: bool = False,
    ) -> Profile:
        """Read one entry of a KubeSchedulerConfiguration's ``profiles``, as parsed JSON or YAML.

        In-tree plug-ins that do not exist here are refused, or, with ``partial``, named in ``left_out``; ``file`` is
        for errors. ``podInitialBackoffSeconds`` and ``podMaxBackoffSeconds``, which a configuration has once for all
        its profiles, may stand in the entry.
        """
        return Profile._made(config.read(entry, file=file, partial=partial), ties, decision_time=decision_time)

    @staticmethod
    def from_file(
        file: str | os.PathLike[str],
        *,
        ties: Ties = "rank",
        decision_time: str | DecisionTime | None = None,
        partial: bool = False,
    ) -> dict[str, Profile]:
        """Read all profiles of a KubeSchedulerConfiguration file, by scheduler name.

        Raises
        ------
        InputError
            If the file cannot be read, is no KubeSchedulerConfiguration v1, or a profile is wrong.
        """
        read = (
            Profile.from_config(each, ties=ties, decision_time=decision_time, file=file, partial=partial)
            for each in config.profiles(file)
        )
        return {profile.name: profile for profile in read}

    def to_config(self) -> dict[str, Any]:
        """Return the profile as an entry of a KubeSchedulerConfiguration's ``profiles``; `from_config` reads it back.

        A backoff that is not the default stands in the entry too; a file for kube-scheduler has it beside ``profiles``.
        Ties and decision time are left out: a configuration knows neither.

        Raises
        ------
        InputError
            If it holds what a configuration cannot say: a weight that is not whole, a rule that no name finds, an order
            of the queue, a backfilling policy, or a backoff of other than whole seconds.
        """
        return written.entry(self)

    @staticmethod
    def _made(chosen: config.Chosen, ties: Ties, quantise: Quantise | None = None, **more: Any) -> Profile:
        return Profile.build(**chosen._asdict(), ties=ties, quantise=quantise, **more)

    @staticmethod
    def of(
        scheduler: Any,
        *,
        ties: Ties = "rank",
        quantise: Quantise | None = None,
        decision_time: str | DecisionTime | None = None,
    ) -> Profile:
        """Return the profile that a user means.

        Parameters
        ----------
        scheduler
            A `Profile`; ``"kubernetes"``, the default plug-ins of kube-scheduler v1.34 that exist here; a plug-in
            of the package or of an installed one by name, or one's own as ``"my.py:tightest"`` or
            ``"package.module:tightest"``, with parameters and weight as in ``"delay(deadline=5):2"``, several
            joined by ``+``; a mapping ``{"plugin": name, "args": {...}, "weight": 2}``; an object; or a list of
            these. Plug-ins filter by NodeUnschedulable, NodeAffinity and NodeResourcesFit; a rule that only filters is
            added to these and scored by nothing, so ties decide. One that orders the queue is the profile's order, one
            that backfills or places pods together its policy.
        ties, quantise
            As `build` takes them, where ``scheduler`` is no `Profile`.
        decision_time
            As `build` takes it; it goes before that of a `Profile`, unless it is None.

        Raises
        ------
        InputError
            If there is no such plug-in, its parameters are wrong, or the decision time is none.
        """
        if isinstance(scheduler, Profile):
            if decision_time is None:
                return scheduler
            return replace(scheduler, decision_time=DecisionTime.given(decision_time))
        return Profile._made(named.chosen(scheduler), ties, quantise, decision_time=decision_time)

    @property
    def reproducible(self) -> bool:
        """Whether a run that is made again is the same: not where decisions take as long as they take here."""
        return self.decision_time is None or not self.decision_time.measured

    def plugins(self) -> tuple[Plugin, ...]:
        """Return each plug-in once, filters first, the order of the queue and the policies last."""
        plugins = [*self.filters, *(score.plugin for score in self.scores)]
        plugins += [each for each in (self.order, self.backfill, self.together) if each is not None]
        return tuple({plugin.name: plugin for plugin in plugins}.values())

    def guarded(self, budget: Budget) -> Profile:
        """Return the profile with every call of a plug-in held to a time budget."""
        plugins = {plugin.name: budget.guard(plugin) for plugin in self.plugins()}
        scores = tuple(
            replace(
                score,
                plugin=plugins[score.plugin.name],
                normalize=budget.timed(score.normalize) if callable(score.normalize) else score.normalize,
            )
            for score in self.scores
        )
        order = plugins[self.order.name] if self.order else None
        backfill = plugins[self.backfill.name] if self.backfill else None
        together = plugins[self.together.name] if self.together else None
        filters = tuple(plugins[plugin.name] for plugin in self.filters)
        return replace(self, filters=filters, scores=scores, order=order, backfill=backfill, together=together)

    def describe(self) -> dict[str, Any]:
        """Return the profile as JSON values, to be stored with a result.

        Left out are a decision time and the like if there is none, and the backoff (us) if it is kube-scheduler's.
        """
        return {
            "name": self.name,
            "filters": [_parameters(plugin) for plugin in self.filters],
            "scores": [
                _parameters(score.plugin)
                | {"weight": score.weight}
                | {"normalize": score.normalize if isinstance(score.normalize, str) else repr(score.normalize)}
                | {"quantise": score.quantise}
                for score in self.scores
            ],
            "ties": self.ties,
            "scored": _scored(self.percentage),
            "left_out": list(self.left_out),
            **({"order": _parameters(self.order)} if self.order else {}),
            **({"backfill": _parameters(self.backfill), "preemption": None} if self.backfill else {}),
            **(_policy(self.together) if self.together else {}),
            **({"preemption": msgspec.to_builtins(self.preemption)} if self.preemption else {}),
            **({"backoff": self.backoff._asdict()} if self.backoff != KUBERNETES else {}),
            **({"decision_time": str(self.decision_time)} if self.decision_time else {}),
        }

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the plug-ins in their order, with weights."""
        filters = [("filter", plugin.name, "", "") for plugin in self.filters]
        scores = [("score", each.plugin.name, f"{each.weight:g}", str(each.normalize)) for each in self.scores]
        line = f"Profile {self.name}: scores {_scored(self.percentage)}, ties by {self.ties}"
        return shown(line, ("", "plug-in", "weight", "normalised"), [*filters, *scores])


def _scored(percentage: int | None) -> str:
    if percentage is None or percentage >= 100:
        return "all nodes"
    return f"{percentage} % of the nodes" if percentage else "a share of the nodes, as kube-scheduler"


def _policy(together: Plugin) -> dict[str, Any]:
    return {"together": _parameters(together) | {"rejects": bool(together.rule.rejects)}, "preemption": None}


def _parameters(plugin: Plugin) -> dict[str, Any]:
    rule = plugin.rule
    if isinstance(rule, msgspec.Struct) or hasattr(rule, "__dataclass_fields__"):
        return {"plugin": plugin.name, "args": msgspec.to_builtins(rule, enc_hook=_plain)}
    return {"plugin": plugin.name}


def _plain(value: Any) -> Any:
    """Return an argument that JSON does not know, whole: stored runs are told apart by it."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value)
