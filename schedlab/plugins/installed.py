"""Plug-ins of installed packages: entry points of the group ``schedlab.plugins``, loaded when they are asked for."""

from __future__ import annotations

import functools
from importlib import metadata
from typing import Any, NamedTuple

from schedlab.errors import InputError
from schedlab.plugins.plugin import marks_of, name_of

GROUP = "schedlab.plugins"


class Installed(NamedTuple):
    """A plug-in that an installed package declares."""

    name: str
    package: str  # with its version
    entry: metadata.EntryPoint

    def load(self) -> Any:
        """Return the rule; this imports the package.

        Raises
        ------
        InputError
            If it cannot be imported, is no plug-in, or calls itself by another name.
        """
        try:
            rule = self.entry.load()
        except (Exception, SystemExit) as error:
            raise self._broken(f"does not load: {type(error).__name__}: {error}") from error
        if not marks_of(rule):
            raise self._broken("is no plug-in: decorate it, or its filter or score, with @filter or @score")
        if name_of(rule) != self.name:
            raise self._broken(f"calls itself {name_of(rule)!r}: give both the same name")
        return rule

    def _broken(self, problem: str) -> InputError:
        mend = f"mend or uninstall {self.package}"
        return InputError(f"plug-in {self.name!r} of {self.package} ({self.entry.value}) {problem}", mend=mend)


@functools.cache
def packages() -> dict[str, tuple[Installed, ...]]:
    """Return what installed packages declare, by name; nothing is loaded."""
    found: dict[str, tuple[Installed, ...]] = {}
    for entry in metadata.entry_points(group=GROUP):
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.module
        found[entry.name] = (*found.get(entry.name, ()), Installed(entry.name, package, entry))
    return found
