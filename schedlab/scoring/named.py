"""The plug-ins that a user means by a scheduler's name, text, mapping, object or a list of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from schedlab.errors import InputError
from schedlab.plugins import registry
from schedlab.plugins.choice import Choice, as_text, choices
from schedlab.plugins.parameters import check
from schedlab.plugins.plugin import Plugin
from schedlab.scoring import config
from schedlab.scoring.config import Chosen

if TYPE_CHECKING:
    from collections.abc import Iterator

KUBERNETES = "kubernetes"  # the name of kube-scheduler's default profile
FIT = (
    "NodeUnschedulable",
    "NodeAffinity",
    "NodeResourcesFit",
)  # what every profile filters by unless it says otherwise

Named = tuple[str, Plugin, float]  # as it is called in the profile's name, and its weight


def chosen(scheduler: Any) -> Chosen:
    """Return what `Profile.of` is to make a profile of.

    Raises
    ------
    InputError
        If there is no such plug-in, its parameters are wrong, it is named twice, has a weight and no score, or
        two order the queue, backfill or place together.
    """
    base, rules = None, list[Named]()
    for part in scheduler if isinstance(scheduler, list | tuple) else [scheduler]:
        for each in _choices(part):
            if isinstance(each, Choice) and each.plugin == KUBERNETES:
                if base is not None or each != Choice(KUBERNETES):
                    raise InputError("kubernetes is a whole profile", mend="name it once, without parameters or weight")
                base = config.kubernetes()
            else:
                rules.append(_named(each))
    if not rules:
        if base is None:
            raise InputError("no scheduler is named", mend="name one, such as kubernetes")
        return base
    refuse_twice([plugin for _, plugin, _ in rules])
    if idle := [(plugin.name, weight) for _, plugin, weight in rules if weight != 1 and not plugin.score]:
        raise InputError(f"weight {idle[0][1]:g} of {idle[0][0]}, which scores nothing", mend="leave the weight out")
    order = _only([plugin for _, plugin, _ in rules if plugin.order], "order the queue", "order")
    backfill = _only([plugin for _, plugin, _ in rules if plugin.backfill], "backfill", "of them")
    together = _only([plugin for _, plugin, _ in rules if plugin.together], "place pods together", "of them")
    policies: dict[str, Any] = {"order": order, "backfill": backfill, "together": together}
    name = "+".join(([KUBERNETES] if base else []) + [name for name, _, _ in rules])
    scores = [(plugin, weight) for _, plugin, weight in rules if plugin.score]
    own = {plugin.name: plugin for _, plugin, _ in rules if plugin.filter}
    if base is not None:
        filters = (*base.filters, *own.values())
        scores = [*base.scores, *scores]
        return base._replace(name=name, filters=filters, scores=scores, **policies)
    known = registry.builtin()
    fit = {each: Plugin.of(known[each]) for each in FIT}
    return Chosen(name, tuple((fit | own).values()), scores, (), **policies)


def _only(plugins: list[Plugin], do: str, what: str) -> Plugin | None:
    """Return the one of some plug-ins of which a profile has at most one."""
    if len(plugins) > 1:
        raise InputError(f"{' and '.join(plugin.name for plugin in plugins)} each {do}", mend=f"name one {what}")
    return plugins[0] if plugins else None


def refuse_twice(plugins: list[Plugin]) -> None:
    """Raise InputError if two plug-ins have one name, which could not be told apart in any table."""
    names = [plugin.name for plugin in plugins]
    if twice := [name for name in names if names.count(name) > 1]:
        mend = "name it once, or give one another name with name= in its decorator"
        raise InputError(f"plug-in {twice[0]} occurs twice in one profile", mend=mend)


def _choices(part: Any) -> Iterator[Any]:
    if isinstance(part, Mapping):
        try:
            part = msgspec.convert(dict(part), Choice)
        except msgspec.ValidationError as error:
            raise InputError(f"scheduler {str(part)!r:.80}: {error}", mend="write plugin, args and weight") from error
    if isinstance(part, Choice):
        as_text(part)  # refuses a name that holds more than one
        yield part
    elif isinstance(part, str):
        yield from choices(part)
    else:
        yield part


def _named(each: Any) -> Named:
    if isinstance(each, Choice):
        plugin = each.resolve()
        return each.text(plugin.name), plugin, each.value
    try:
        plugin = Plugin.of(each)
    except TypeError as error:
        raise InputError(str(error)) from error
    check(plugin.rule, name=plugin.name)
    return plugin.name, plugin, 1.0
