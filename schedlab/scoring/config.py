"""KubeSchedulerConfiguration v1: reading one entry of its ``profiles``."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from schedlab.errors import InputError
from schedlab.plugins import registry
from schedlab.plugins.api import Plugin

# kube-scheduler v1.34, pkg/scheduler/apis/config/v1/default_plugins.go: name, and weight where it scores
DEFAULT = {
    "SchedulingGates": 0,
    "PrioritySort": 0,
    "NodeUnschedulable": 0,
    "NodeName": 0,
    "TaintToleration": 3,
    "NodeAffinity": 2,
    "NodePorts": 0,
    "NodeResourcesFit": 1,
    "VolumeRestrictions": 0,
    "NodeVolumeLimits": 0,
    "VolumeBinding": 0,
    "VolumeZone": 0,
    "PodTopologySpread": 2,
    "InterPodAffinity": 2,
    "DefaultPreemption": 0,
    "NodeResourcesBalancedAllocation": 1,
    "ImageLocality": 1,
    "DefaultBinder": 0,
}
# They neither filter nor score: the queue, preemption and the cluster do their work.
ELSEWHERE = frozenset({"SchedulingGates", "PrioritySort", "DefaultPreemption", "DefaultBinder"})


class Entry(msgspec.Struct):
    """A plug-in named in a set."""

    name: str
    weight: int = 0


class PluginSet(msgspec.Struct):
    """Enabled and disabled plug-ins of one extension point."""

    enabled: list[Entry] = []
    disabled: list[Entry] = []


class Plugins(msgspec.Struct, rename="camel"):
    """The extension points that decide here."""

    multi_point: PluginSet = msgspec.field(default_factory=PluginSet)
    filter: PluginSet = msgspec.field(default_factory=PluginSet)
    score: PluginSet = msgspec.field(default_factory=PluginSet)


class PluginConfig(msgspec.Struct):
    """A plug-in's arguments."""

    name: str
    args: dict[str, Any] = {}


class ProfileConfig(msgspec.Struct, rename="camel"):
    """One entry of KubeSchedulerConfiguration's ``profiles``."""

    scheduler_name: str = "default-scheduler"
    plugins: Plugins = msgspec.field(default_factory=Plugins)
    plugin_config: list[PluginConfig] = []


class Chosen(NamedTuple):
    """What a profile is made of: filters in order, scores with weights, and default plug-ins that do not exist here."""

    name: str
    filters: tuple[Plugin, ...]
    scores: list[tuple[Plugin, float]]
    left_out: tuple[str, ...]


def kubernetes() -> Chosen:
    """Return the default profile, as far as its plug-ins exist here; the others are named in ``left_out``."""
    known = registry.builtin()
    missing = tuple(name for name in DEFAULT if name not in known and name not in ELSEWHERE)
    chosen = {name: weight for name, weight in DEFAULT.items() if name not in missing}
    return _chosen("kubernetes", chosen, chosen, {}, missing)


def read(entry: Any) -> Chosen:
    """Read one entry of ``profiles`` (parsed JSON or YAML).

    Raises
    ------
    InputError
        On an unknown plug-in or argument, with the path.
    """
    try:
        config = msgspec.convert(entry, ProfileConfig)
    except msgspec.ValidationError as error:
        raise InputError(
            str(error), file="scheduler configuration", mend="see KubeSchedulerConfiguration v1"
        ) from error
    chosen = _enabled(dict(DEFAULT), config.plugins.multi_point)
    filtering, scoring = _enabled(chosen, config.plugins.filter), _enabled(chosen, config.plugins.score)
    args = {each.name: each.args for each in config.plugin_config}
    return _chosen(config.scheduler_name, filtering, scoring, args, ())


def _enabled(chosen: dict[str, int], points: PluginSet) -> dict[str, int]:
    disabled = {entry.name for entry in points.disabled}
    kept = {} if "*" in disabled else {name: weight for name, weight in chosen.items() if name not in disabled}
    return kept | {entry.name: entry.weight for entry in points.enabled}


def _chosen(
    name: str,
    filtering: dict[str, int],
    scoring: dict[str, int],
    args: dict[str, Any],
    left_out: tuple[str, ...],
) -> Chosen:
    plugins = {each: _plugin(each, args.get(each)) for each in (filtering | scoring) if each not in ELSEWHERE}
    filters = tuple(plugins[each] for each in filtering if each in plugins and plugins[each].filter)
    scores = [(plugins[each], float(scoring[each] or 1)) for each in scoring if each in plugins and plugins[each].score]
    return Chosen(name, filters, scores, left_out)


def _plugin(name: str, args: Any) -> Plugin:
    rule = registry.find(name)
    if args is not None:  # a typed object in Kubernetes, which may say so
        args = {key: value for key, value in args.items() if key not in ("apiVersion", "kind")}
    try:
        return Plugin.of(rule if args is None else msgspec.convert(args, rule))
    except (msgspec.ValidationError, TypeError) as error:
        raise InputError(str(error), file="scheduler configuration", field=f"args of {name}") from error
