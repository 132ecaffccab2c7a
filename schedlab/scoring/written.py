"""Writing a profile as one entry of KubeSchedulerConfiguration's ``profiles``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from schedlab.errors import InputError
from schedlab.plugins import registry
from schedlab.scoring.backoff import KUBERNETES, SECOND
from schedlab.scoring.config import DEFAULT_NAME, PREEMPTION

if TYPE_CHECKING:
    from schedlab.plugins.plugin import Plugin
    from schedlab.scoring.profile import Profile

FIRST = ("SchedulingGates", "PrioritySort")  # of those that neither filter nor score; the others come last


def entry(profile: Profile) -> dict[str, Any]:
    """Return the entry.

    Every plug-in is enabled at all its extension points in the order of the profile, and disabled at those where the
    profile does not use it.

    Raises
    ------
    InputError
        If a weight or the backoff is not whole, a rule is not what its name finds, or the profile orders the queue or
        backfills or places pods together.
    """
    _refuse_foreign(profile)
    weights = {score.plugin.name: _weight(score.plugin.name, score.weight) for score in profile.scores}
    filters = {plugin.name for plugin in profile.filters}
    used = {plugin.name: plugin for plugin in profile.plugins() if plugin.name in filters | weights.keys()}
    for plugin in used.values():
        _refuse_unknown(plugin)
    before = [name for name, _ in profile.elsewhere if name in FIRST]
    after = [PREEMPTION] if profile.preemption is not None else []
    after += [name for name, _ in profile.elsewhere if name not in FIRST]
    enabled = [{"name": name} | _weighted(weights.get(name)) for name in (*before, *used, *after)]
    plugins: dict[str, Any] = {"multiPoint": {"enabled": enabled, "disabled": [{"name": "*"}]}}
    for point, names in (("filter", filters), ("score", weights.keys())):
        if off := [{"name": name} for name, each in used.items() if getattr(each, point) and name not in names]:
            plugins[point] = {"disabled": off}
    written: dict[str, Any] = {
        "schedulerName": DEFAULT_NAME if profile.name == "kubernetes" else profile.name,
        "plugins": plugins,
    }
    args = [(name, _arguments(plugin.rule)) for name, plugin in used.items()]
    args += [(PREEMPTION, _arguments(profile.preemption)), *profile.elsewhere]
    if config := [{"name": name, "args": given} for name, given in args if given]:
        written["pluginConfig"] = config
    if profile.percentage is not None:
        written["percentageOfNodesToScore"] = profile.percentage
    if profile.backoff != KUBERNETES:
        initial, most = map(_seconds, profile.backoff)
        written |= {"podInitialBackoffSeconds": initial, "podMaxBackoffSeconds": most}
    return written


def _seconds(micros: int) -> int:
    if micros <= 0 or micros % SECOND:
        raise InputError(
            f"a backoff of {micros / SECOND:g} s", mend="give whole seconds: a configuration knows no other"
        )
    return micros // SECOND


def _refuse_foreign(profile: Profile) -> None:
    """Raise InputError if kube-scheduler has nothing for a part of the profile."""
    for what, plugin in (
        ("orders the queue", profile.order),
        ("backfills", profile.backfill),
        ("places pods together", profile.together),
    ):
        if plugin is not None:
            mend = "leave it out: a configuration knows only its own plug-ins"
            raise InputError(f"{plugin.name} {what}, which kube-scheduler does not", mend=mend)


def _weight(name: str, weight: float) -> int:
    if not float(weight).is_integer():
        raise InputError(f"weight {weight} of {name}", mend="give a whole weight: a configuration knows no other")
    return int(weight)


def _weighted(weight: int | None) -> dict[str, int]:
    return {} if weight in (None, 1) else {"weight": weight}


def _refuse_unknown(plugin: Plugin) -> None:
    rule = registry.find(plugin.name)
    if rule not in (plugin.rule, type(plugin.rule)):
        raise InputError(f"plug-in {plugin.name} is another one than its name finds", mend="install it as a package")


def _arguments(rule: Any) -> dict[str, Any]:
    """Return the arguments that differ from the defaults, by their names in a configuration."""
    if not (isinstance(rule, msgspec.Struct) or hasattr(rule, "__dataclass_fields__")):
        return {}
    given: dict[str, Any] = msgspec.to_builtins(rule)
    try:
        default = msgspec.to_builtins(type(rule)())
    except TypeError:  # some have no default
        default = {}
    return {key: value for key, value in given.items() if key not in default or default[key] != value}
