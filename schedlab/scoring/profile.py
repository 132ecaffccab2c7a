"""Profile: which filters and scores a scheduler runs, in which order, with which weights and tie rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from schedlab.errors import InputError
from schedlab.plugins import registry
from schedlab.plugins.api import Normalizer, Plugin
from schedlab.scoring import config

Ties = Literal["rank", "random"]
FIT = ("NodeUnschedulable", "NodeResourcesFit")  # what every profile filters by unless it says otherwise


@dataclass(frozen=True)
class Weighted:
    """A score in a profile: its weight, and how it is normalised there."""

    plugin: Plugin
    weight: float
    normalize: Normalizer


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
        Total = sum of weight x normalised score.
    ties
        ``rank``: lowest node rank wins; ``random``: seeded, equal chances, as kube-scheduler does.
    left_out
        In-tree plug-ins that a Kubernetes default profile has and this one lacks.
    order
        The rule that orders the queue; None: priority, then first come first served.
    """

    name: str
    filters: tuple[Plugin, ...]
    scores: tuple[Weighted, ...]
    ties: Ties = "rank"
    left_out: tuple[str, ...] = ()
    order: Plugin | None = None

    @staticmethod
    def build(
        name: str,
        filters: tuple[Plugin, ...],
        scores: list[tuple[Plugin, float]],
        *,
        ties: Ties = "rank",
        left_out: tuple[str, ...] = (),
        order: Plugin | None = None,
    ) -> Profile:
        """Make a profile; scores that declare no normalisation get ``none`` if alone, else ``min_max``."""
        default: Normalizer = "none" if len(scores) == 1 else "min_max"
        weighted = tuple(Weighted(plugin, weight, plugin.normalize or default) for plugin, weight in scores)
        return Profile(name, filters, weighted, ties, left_out, order)

    @staticmethod
    def from_config(
        entry: Any, *, ties: Ties = "rank", file: object = "scheduler configuration", partial: bool = False
    ) -> Profile:
        """Read one entry of a KubeSchedulerConfiguration's ``profiles``, as parsed JSON or YAML.

        In-tree plug-ins that do not exist here are refused, or, with ``partial``, named in ``left_out``; ``file`` is
        for errors.
        """
        name, filters, scores, left_out = config.read(entry, file=file, partial=partial)
        return Profile.build(name, filters, scores, ties=ties, left_out=left_out)

    @staticmethod
    def of(scheduler: Any, *, ties: Ties = "rank") -> Profile:
        """Return the profile that a user means.

        Parameters
        ----------
        scheduler
            A `Profile`; ``"kubernetes"``, the default plug-ins of kube-scheduler v1.34 that exist here; one of
            the package's scores by name, several as ``"data_locality:2+best_fit"`` with weights; a plug-in of
            one's own, as an object or as ``"my.py:tightest"``. Plug-ins filter by NodeUnschedulable and
            NodeResourcesFit; a rule that only filters is added to these and scored by nothing, so ties decide.

        Raises
        ------
        InputError
            If there is no such plug-in.
        """
        if isinstance(scheduler, Profile):
            return scheduler
        if scheduler == "kubernetes":
            name, filters, scores, left_out = config.kubernetes()
            return Profile.build(name, filters, scores, ties=ties, left_out=left_out)
        if not isinstance(scheduler, str):
            return _around([(_resolve(scheduler), 1.0)], None, ties)
        if ".py:" in scheduler:
            return _around([(Plugin.of(registry.load_file(scheduler)), 1.0)], None, ties)
        parts = [part.strip().partition(":") for part in scheduler.split("+")]
        rules = [(Plugin.of(registry.find(known)), _weight(known, weight)) for known, _, weight in parts]
        return _around(rules, scheduler, ties)

    def plugins(self) -> tuple[Plugin, ...]:
        """Return each plug-in once, filters first."""
        plugins = [*self.filters, *(score.plugin for score in self.scores), *([self.order] if self.order else [])]
        return tuple({plugin.name: plugin for plugin in plugins}.values())

    def describe(self) -> dict[str, Any]:
        """Return the profile as JSON values, to be stored with a result."""
        return {
            "name": self.name,
            "filters": [_parameters(plugin) for plugin in self.filters],
            "scores": [
                _parameters(score.plugin)
                | {"weight": score.weight}
                | {"normalize": score.normalize if isinstance(score.normalize, str) else repr(score.normalize)}
                for score in self.scores
            ],
            "ties": self.ties,
            **({"order": _parameters(self.order)} if self.order else {}),
            "scored": "all nodes",
            "left_out": list(self.left_out),
        }


def _resolve(rule: Any) -> Plugin:
    try:
        return Plugin.of(rule)
    except TypeError as error:
        raise InputError(str(error)) from error


def _weight(name: str, text: str) -> float:
    try:
        weight = float(text or 1)
    except ValueError:
        weight = -1.0
    if not 0 < weight < float("inf"):
        raise InputError(f"weight {text!r} of {name}", mend="write a positive number, as in data_locality:2+best_fit")
    return weight


def _around(rules: list[tuple[Plugin, float]], name: str | None, ties: Ties) -> Profile:
    own = [plugin for plugin, _ in rules if plugin.filter and plugin.name not in FIT]
    filters = tuple(Plugin.of(registry.find(known)) for known in FIT) + tuple(own)
    scores = [(plugin, weight) for plugin, weight in rules if plugin.score]
    orders = [plugin for plugin, _ in rules if plugin.order]
    if len(orders) > 1:
        names = " and ".join(plugin.name for plugin in orders)
        raise InputError(f"{names} both order the queue", mend="name one of them")
    named = name or "+".join(plugin.name for plugin, _ in rules)
    return Profile.build(named, filters, scores, ties=ties, order=orders[0] if orders else None)


def _parameters(plugin: Plugin) -> dict[str, Any]:
    rule = plugin.rule
    if isinstance(rule, msgspec.Struct) or hasattr(rule, "__dataclass_fields__"):
        return {"plugin": plugin.name, "args": msgspec.to_builtins(rule, enc_hook=str)}
    return {"plugin": plugin.name}
