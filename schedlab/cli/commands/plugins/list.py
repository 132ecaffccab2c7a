"""``schedlab plugins list``: the plug-ins that can be named."""

import json
from itertools import groupby
from typing import Annotated, Any

import msgspec
import typer

from schedlab.cli.console import print_json, print_table
from schedlab.plugins.catalogue import OWN, Known, catalogue
from schedlab.plugins.parameters import Parameter

HEADINGS = ("name", "kind", "scope", "what it does, and its parameters")
SHORT = 60  # characters of a default


def list(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the plug-ins, and their parameters.

    Example: schedlab plugins list
    """
    found = catalogue()
    if as_json:
        print_json([_plain(each) for each in found])
        return
    for source, group in groupby(found, _source):
        rows = [(each.name, *_kinds(each), _told(each)) for each in group]
        print_table(source, HEADINGS, rows, (0, 1, 2, 3), wrapped=(3,))
    typer.echo("Your own are named as my.py:tightest; a parameter is set as in NAME(parameter=value).")


def _source(known: Known) -> str:
    return known.module.rpartition(".")[0] if known.package == OWN else f"{known.package} (installed)"


def _kinds(known: Known) -> tuple[str, str]:
    if known.problem:
        return "broken", ""
    return ", ".join(known.scopes), ", ".join(dict.fromkeys(known.scopes.values()))


def _told(known: Known) -> str:
    return "\n".join([known.problem or known.doc, *map(_parameter, known.parameters)]).strip()


def _parameter(parameter: Parameter) -> str:
    """Return a parameter as one line: name, what it may be, default, and what it is for."""
    default = "required" if parameter.required else f"default {_short(parameter.default)}"
    allowed = parameter.type if not parameter.range or parameter.type == "bool" else parameter.wanted
    return f"  {parameter.name}: {allowed}; {default}" + (f"; {parameter.doc}" if parameter.doc else "")


def _short(value: Any) -> str:
    """Return a default as one would write it, a long one only as far as a line goes."""
    text = json.dumps(msgspec.to_builtins(value, enc_hook=repr), default=str)
    return text if len(text) <= SHORT else f"{text[: SHORT - 3]}..."


def _plain(known: Known) -> dict[str, Any]:
    return {
        "name": known.name,
        "kinds": [*known.scopes],
        "scopes": known.scopes,
        "doc": known.doc,
        "parameters": [_parameter_plain(each) for each in known.parameters],
        "package": known.package,
        "module": known.module,
        "problem": known.problem or None,
    }


def _parameter_plain(parameter: Parameter) -> dict[str, Any]:
    plain = parameter._asdict() | {"required": parameter.required, "range": parameter.range}
    default = None if parameter.required else msgspec.to_builtins(parameter.default, enc_hook=repr)
    return plain | {"default": default}
