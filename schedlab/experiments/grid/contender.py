"""Contender: a scheduler as a suite names it, and the profile that it means."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from schedlab.errors import InputError
from schedlab.plugins.choice import Choice, Entry, as_text, choices
from schedlab.scoring import Profile
from schedlab.scoring.decision_time import DecisionTime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schedlab.scoring.profile import Quantise, Ties


class Scheduler(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A scheduler of a suite, where its name alone does not say enough.

    Attributes
    ----------
    name
        For tables; default: what it is.
    scheduler
        What `replay` takes: a text such as ``delay(deadline=5)+best_fit:2``, or a list of texts and mappings.
    plugin, args, weight
        A single plug-in, written apart.
    config, profile
        A file with a KubeSchedulerConfiguration, and the name of one of its profiles (default: its only one); or, as
        ``profile`` alone, an entry of such a file's ``profiles``, written in place.
    ties
        ``rank`` or ``random``.
    quantise
        ``integer`` cuts all scores to whole numbers, ``none`` none; default: each as it declares.
    decision_time
        What a cycle costs in simulated time; see `DecisionTime.parse`.
    """

    name: str = ""
    scheduler: Entry | None = None
    plugin: str | None = None
    args: dict[str, Any] = {}
    weight: int | float | str = 1
    config: str | None = None
    profile: str | dict[str, Any] | None = None
    ties: Literal["rank", "random"] = "rank"
    quantise: Literal["integer", "none"] | None = None
    decision_time: Annotated[str | None, msgspec.Meta(examples=["5ms", "5ms+0.2us/node", "measured"])] = None

    def __post_init__(self) -> None:
        entry = self.profile if isinstance(self.profile, dict) else None
        if sum(part is not None for part in (self.scheduler, self.plugin, self.config, entry)) != 1:
            raise ValueError("give one of scheduler, plugin, config and a profile written in place")
        if self.quantise and (self.config is not None or entry is not None):
            raise ValueError("a KubeSchedulerConfiguration says itself what is whole; leave quantise out")
        if self.plugin is None and (self.args or self.weight != 1):
            raise ValueError("args and weight need plugin")
        if self.config is None and isinstance(self.profile, str):
            raise ValueError("a profile's name needs config")
        if entry is not None and not self.name:
            raise ValueError("a profile written in place needs a name")
        if self.decision_time and "$" not in self.decision_time:
            try:
                DecisionTime.parse(self.decision_time)
            except InputError as error:
                raise ValueError(str(error)) from None


AnyScheduler = str | Scheduler | tuple[str | Choice, ...]  # as a suite file may write one


@dataclass(frozen=True)
class Contender:
    """A scheduler that takes part: what a worker process makes its profile of.

    Attributes
    ----------
    name
        For tables.
    text
        What `Profile.of` takes; or a file's path; or an entry of a KubeSchedulerConfiguration's profiles, as JSON.
    kind
        Which of these.
    part
        The profile of that file.
    quantise, decision_time
        As in `Scheduler`.
    given
        The scheduler itself, where it was given as an object; it cannot go to another process.
    """

    name: str
    text: str
    ties: Ties = "rank"
    kind: Literal["text", "file", "entry"] = "text"
    part: str | None = None
    quantise: Quantise | None = None
    decision_time: str | None = None
    given: Any = field(default=None, compare=False)

    @staticmethod
    def of(entry: AnyScheduler, folder: Path, objects: Mapping[str, Any]) -> Contender:
        """Return what an entry of a suite file means; files are looked for here, then in the suite's folder.

        A text that names one of some objects means that object.

        Raises
        ------
        InputError
            The entry names more than it may.
        """
        if isinstance(entry, str) and entry in objects:
            return Contender(entry, entry, given=objects[entry])
        if not isinstance(entry, Scheduler):
            text = as_text(entry)
            return Contender(text, _placed(text, folder))
        charge = entry.decision_time
        if isinstance(entry.profile, dict):
            text = json.dumps(entry.profile, default=str)
            return Contender(entry.name, text, entry.ties, "entry", decision_time=charge)
        if entry.config is not None:
            path = beside(entry.config, folder)
            name = entry.name or (f"{entry.config}:{entry.profile}" if entry.profile else entry.config)
            return Contender(name, str(path), entry.ties, "file", entry.profile, decision_time=charge)
        what = Choice(entry.plugin, entry.args, entry.weight) if entry.plugin is not None else entry.scheduler
        text = as_text(what) if what is not None else ""
        told = ["random ties"] * (entry.ties == "random") + [f"quantise {entry.quantise}"] * bool(entry.quantise)
        told += [f"decision time {charge}"] * bool(charge)
        name = entry.name or text + (f" ({', '.join(told)})" if told else "")
        return Contender(name, _placed(text, folder), entry.ties, quantise=entry.quantise, decision_time=charge)

    def profile(self) -> Profile:
        """Return the profile.

        Raises
        ------
        InputError
            A name is unknown, a parameter is wrong, or the configuration is.
        """
        ties, charge = self.ties, self.decision_time
        if self.kind == "entry":
            entry, told = json.loads(self.text), f"profile {self.name}"
            return Profile.from_config(entry, ties=ties, decision_time=charge, file=told)
        if self.kind == "text":
            what = self.text if self.given is None else self.given
            return Profile.of(what, ties=ties, quantise=self.quantise, decision_time=charge)
        profiles = Profile.from_file(self.text, ties=ties, decision_time=charge)
        if self.part is None and len(profiles) == 1:
            return next(iter(profiles.values()))
        if self.part not in profiles:
            near = difflib.get_close_matches(str(self.part), profiles, 3) or sorted(profiles)
            mend = f"set profile to one of {', '.join(near)}"
            raise InputError(f"there is no profile {self.part!r}", file=self.text, mend=mend)
        return profiles[self.part]


def beside(name: str, folder: Path) -> Path:
    """Return the path of a file that a suite names: here, else in the suite's folder."""
    path = Path(name)
    return path.absolute() if path.exists() or not (folder / path).exists() else (folder / path).absolute()


def _placed(text: str, folder: Path) -> str:
    """Return a scheduler's text with the files of its plug-ins as absolute paths, for workers elsewhere."""
    parts = []
    for choice in choices(text):
        place, colon, inner = choice.plugin.rpartition(":")
        name = f"{beside(place, folder)}:{inner}" if colon and place.endswith(".py") else choice.plugin
        parts.append(choice.text(name))
    return "+".join(parts)
