"""KubeSchedulerConfiguration v1: reading the entries of its ``profiles``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec

from schedlab.errors import InputError
from schedlab.objects.documents import read_documents
from schedlab.plugins import registry
from schedlab.plugins.api import Plugin
from schedlab.plugins.plugin import marks_of
from schedlab.scoring.backoff import SECOND, Backoff
from schedlab.scoring.default_preemption import DefaultPreemption

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

VERSION, KIND = "kubescheduler.config.k8s.io/v1", "KubeSchedulerConfiguration"
DEFAULT_NAME = "default-scheduler"
SHARED = "percentageOfNodesToScore", "podInitialBackoffSeconds", "podMaxBackoffSeconds"  # by all profiles of a file

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
PREEMPTION = "DefaultPreemption"
# They neither filter nor score: the queue, preemption and the cluster do their work.
ELSEWHERE = frozenset({"SchedulingGates", "PrioritySort", PREEMPTION, "DefaultBinder"})


Seconds = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A plug-in named in a set."""

    name: str
    weight: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0  # 0 is 1, as in kube-scheduler


class PluginSet(msgspec.Struct, forbid_unknown_fields=True):
    """Enabled and disabled plug-ins of one extension point."""

    enabled: list[Entry] = []
    disabled: list[Entry] = []


class Plugins(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The extension points; what decides here is `multi_point`, `filter` and `score`."""

    multi_point: PluginSet = msgspec.field(default_factory=PluginSet)
    filter: PluginSet = msgspec.field(default_factory=PluginSet)
    score: PluginSet = msgspec.field(default_factory=PluginSet)
    pre_enqueue: PluginSet = msgspec.field(default_factory=PluginSet)
    queue_sort: PluginSet = msgspec.field(default_factory=PluginSet)
    pre_filter: PluginSet = msgspec.field(default_factory=PluginSet)
    post_filter: PluginSet = msgspec.field(default_factory=PluginSet)
    pre_score: PluginSet = msgspec.field(default_factory=PluginSet)
    reserve: PluginSet = msgspec.field(default_factory=PluginSet)
    permit: PluginSet = msgspec.field(default_factory=PluginSet)
    pre_bind: PluginSet = msgspec.field(default_factory=PluginSet)
    bind: PluginSet = msgspec.field(default_factory=PluginSet)
    post_bind: PluginSet = msgspec.field(default_factory=PluginSet)


class PluginConfig(msgspec.Struct, forbid_unknown_fields=True):
    """A plug-in's arguments."""

    name: str
    args: dict[str, Any] = {}


class ProfileConfig(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """One entry of KubeSchedulerConfiguration's ``profiles``, and the backoff, which stands beside them."""

    scheduler_name: str = DEFAULT_NAME
    percentage_of_nodes_to_score: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    pod_initial_backoff_seconds: Seconds = 1
    pod_max_backoff_seconds: Seconds = 10
    plugins: Plugins = msgspec.field(default_factory=Plugins)
    plugin_config: list[PluginConfig] = []


class Chosen(NamedTuple):
    """What a profile is made of: filters in order, scores with weights, and default plug-ins that do not exist here."""

    name: str
    filters: tuple[Plugin, ...]
    scores: list[tuple[Plugin, float]]
    left_out: tuple[str, ...]
    order: Plugin | None = None
    percentage: int | None = None
    elsewhere: tuple[tuple[str, Any], ...] = ()
    preemption: DefaultPreemption | None = None
    backfill: Plugin | None = None
    together: Plugin | None = None
    backoff: Backoff | None = None


def kubernetes() -> Chosen:
    """Return the default profile, as far as its plug-ins exist here; the others are named in ``left_out``."""
    missing = _missing()
    chosen = {name: weight for name, weight in DEFAULT.items() if name not in missing}
    elsewhere = tuple((name, None) for name in DEFAULT if name in ELSEWHERE and name != PREEMPTION)
    made = _chosen("kubernetes", chosen, chosen, {}, missing)
    return made._replace(elsewhere=elsewhere, preemption=DefaultPreemption())


def load(file: str | os.PathLike[str], scheduler_name: str) -> Any:
    """Return an entry of a configuration file's ``profiles``: that of a pod's ``schedulerName``, else the first.

    Raises
    ------
    InputError
        If the file cannot be read, or is no KubeSchedulerConfiguration v1.
    """
    entries = profiles(file)
    named = [each for each in entries if each.get("schedulerName", DEFAULT_NAME) == scheduler_name]
    return (named or entries)[0]


def profiles(file: str | os.PathLike[str]) -> list[Any]:
    """Return the entries of a configuration file's ``profiles``, at least one.

    What the file says for all of them, such as ``percentageOfNodesToScore``, goes to those that do not say it.

    Raises
    ------
    InputError
        If the file cannot be read, is no KubeSchedulerConfiguration v1, or two entries have one name.
    """
    try:
        documents = [each for each in read_documents(Path(file).read_text(encoding="utf-8-sig")) if each is not None]
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file, mend="check the path") from error
    except ValueError as error:  # a DocumentError, or no UTF-8
        raise InputError(str(error), file=file, mend="correct the YAML or JSON there") from error
    whole = documents[0] if len(documents) == 1 and isinstance(documents[0], dict) else {}
    if (whole.get("apiVersion"), whole.get("kind")) != (VERSION, KIND):
        raise InputError(f"this is no {KIND} of {VERSION}", file=file, mend="write one document of that kind")
    entries = whole.get("profiles") or [{}]
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise InputError("expected a list of objects", file=file, field="$.profiles", mend="write a list of profiles")
    names = [each.get("schedulerName", DEFAULT_NAME) for each in entries]
    for number, name in enumerate(names):
        if name in names[:number]:
            where = f"$.profiles[{number}].schedulerName"
            raise InputError(f"{name!r} occurs twice", file=file, field=where, mend="name every profile differently")
    shared = {name: whole[name] for name in SHARED if whole.get(name) is not None}
    return [shared | each for each in entries]


def read(entry: Any, *, file: object = "scheduler configuration", partial: bool = False) -> Chosen:
    """Read one entry of ``profiles`` (parsed JSON or YAML).

    Parameters
    ----------
    entry
        The entry.
    file
        Where it is from, for errors.
    partial
        Whether in-tree plug-ins that do not exist here are left out; else they are refused.

    Raises
    ------
    InputError
        On an unknown plug-in or argument, with the path.
    """
    try:
        config = msgspec.convert(entry, ProfileConfig)
    except msgspec.ValidationError as error:
        raise InputError(str(error), file=file, mend="see KubeSchedulerConfiguration v1") from error
    initial, most = config.pod_initial_backoff_seconds, config.pod_max_backoff_seconds
    if most < initial:
        told = f"{most} is less than podInitialBackoffSeconds, {initial}"
        mend = f"give at least {initial}; if it is left out it is 10"
        raise InputError(told, file=file, field="podMaxBackoffSeconds", mend=mend)
    for names, where in _named(config):
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError(f"{twice[0]} occurs twice", file=file, field=where, mend="name it once")
    chosen = _enabled(dict(DEFAULT), config.plugins.multi_point)
    filtering, scoring = _enabled(chosen, config.plugins.filter), _enabled(chosen, config.plugins.score)
    preempts = PREEMPTION in _enabled(chosen, config.plugins.post_filter)
    args = {each.name: each.args for each in config.plugin_config}
    for name in args:  # kube-scheduler passes over a name that nobody knows; here a slip of the pen is told
        if name not in DEFAULT:
            registry.find(name)
    missing = tuple(name for name in _missing() if name in filtering or name in scoring) if partial else ()
    for name in missing:
        filtering.pop(name, None), scoring.pop(name, None)
    made = _chosen(config.scheduler_name, filtering, scoring, args, missing, file)
    for point, known in (("filter", config.plugins.filter), ("score", config.plugins.score)):
        for number, entry in enumerate(known.enabled):
            if entry.name not in missing and (entry.name in ELSEWHERE or not _extends(entry.name, point)):
                where = f"plugins.{point}.enabled[{number}]"
                raise InputError(f"{entry.name} does not extend {point}", file=file, field=where, mend="leave it out")
    elsewhere = tuple(
        (name, args.get(name)) for name in filtering | scoring if name in ELSEWHERE and name != PREEMPTION
    )
    settings = _converted(PREEMPTION, args.get(PREEMPTION) or {}, DefaultPreemption, file)
    return made._replace(
        percentage=config.percentage_of_nodes_to_score,
        elsewhere=elsewhere,
        preemption=settings if preempts else None,
        backoff=Backoff(initial * SECOND, most * SECOND),
    )


def _extends(name: str, point: str) -> bool:
    return point in marks_of(registry.find(name))


def _named(config: ProfileConfig) -> Iterator[tuple[list[str], str]]:
    """Yield the names in each list that may not name one twice, and the list's path."""
    for field in msgspec.structs.fields(Plugins):
        entries = getattr(config.plugins, field.name).enabled
        yield [entry.name for entry in entries], f"plugins.{field.encode_name}.enabled"
    yield [entry.name for entry in config.plugin_config], "pluginConfig"


def _missing() -> tuple[str, ...]:
    """Return the default plug-ins that do not exist here."""
    known = registry.builtin()
    return tuple(name for name in DEFAULT if name not in known and name not in ELSEWHERE)


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
    file: object = None,
) -> Chosen:
    plugins = {each: _plugin(each, args.get(each), file) for each in (filtering | scoring) if each not in ELSEWHERE}
    filters = tuple(plugins[each] for each in filtering if each in plugins and plugins[each].filter)
    scores = [(plugins[each], float(scoring[each] or 1)) for each in scoring if each in plugins and plugins[each].score]
    return Chosen(name, filters, scores, left_out)


def _plugin(name: str, args: Any, file: object) -> Plugin:
    rule = registry.find(name)
    return Plugin.of(rule if args is None else _converted(name, args, rule, file))


def _converted(name: str, args: dict[str, Any], rule: Any, file: object) -> Any:
    """Return a rule with some arguments; a typed object in Kubernetes, which may say so."""
    args = {key: value for key, value in args.items() if key not in ("apiVersion", "kind")}
    try:
        return msgspec.convert(args, rule)
    except (msgspec.ValidationError, TypeError) as error:
        raise InputError(str(error), file=file, field=f"args of {name}") from error
