"""The catalogue: every plug-in that a name finds, and what it says of itself."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from schedlab.errors import InputError
from schedlab.extensions import packages
from schedlab.plugins import registry
from schedlab.plugins.parameters import Parameter, parameters
from schedlab.plugins.plugin import marks_of

OWN = "schedlab"


class Known(NamedTuple):
    """One plug-in. One that does not load has a problem, and nothing else is known of it."""

    name: str
    package: str  # schedlab, or the installed package and its version
    module: str
    scopes: dict[str, str]  # by kind: filter, score, order
    doc: str  # the first line
    parameters: tuple[Parameter, ...]
    problem: str = ""


def catalogue() -> list[Known]:
    """Return all plug-ins: the package's own by module, then those of installed packages, which this imports."""
    own = [_known(name, OWN, rule.__module__, rule) for name, rule in registry.builtin().items()]
    others = []
    for name, found in packages(registry.GROUP).items():
        for each in found:
            try:
                others.append(_known(name, each.package, each.entry.module, registry.find(name)))
            except InputError as error:
                others.append(Known(name, each.package, each.entry.module, {}, "", (), str(error)))
    return sorted(own, key=lambda each: (each.module.rpartition(".")[0], each.name)) + sorted(
        others, key=lambda each: (each.package, each.name)
    )


def _known(name: str, package: str, module: str, rule: Any) -> Known:
    scopes: dict[str, str] = {kind: mark.scope for kind, (mark, _) in marks_of(rule).items()}
    return Known(name, package, module, scopes, _doc(rule), parameters(rule))


def _doc(rule: Any) -> str:
    """Return the first line of a rule's docstring, or of one of its methods'."""
    owner = rule if hasattr(rule, "__name__") else type(rule)
    methods = [getattr(owner, method, None) for _, method in marks_of(rule).values() if method]
    for each in (owner, vars(owner).get("__call__"), *methods):
        text = (getattr(each, "__doc__", None) or "").strip()
        made = inspect.isclass(each) and text.startswith(f"{each.__name__}(")  # by @dataclass, for want of a docstring
        if text and not made:
            return str(text.splitlines()[0]).replace("``", "")
    return ""
