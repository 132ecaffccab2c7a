"""Parameters: the defaults are in range, and the rule works at the ends of every range and with every choice."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from schedlab.errors import InputError
from schedlab.plugins.parameters import Parameter, configure
from schedlab.plugins.parameters import parameters as declared
from schedlab.testing.plugins import answers
from schedlab.testing.plugins.calls import Bench, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator


def parameters(bench: Bench) -> str:
    """Set each parameter in turn to what its declaration allows."""
    tried = 0
    for each in declared(bench.rule):
        if not each.required and not each.allows(each.default):
            mend = "change the value or the range"
            raise Trouble(f"{each.name} is {each.default!r}, out of its range {each.range}; {mend}")
        for value in _ends(each):
            told = f"{each.name}={value!r}"
            try:
                other = Bench(configure(bench.rule, {each.name: value}, name=_name(bench.rule)))
                for check in (answers.calls, answers.shape, answers.dtype, answers.finite, answers.codes):
                    check(other)
            except InputError as error:
                raise Trouble(f"{told} is in range, but refused ({error}); narrow the range") from error
            except Trouble as trouble:
                raise Trouble(f"with {told}: {trouble}") from trouble
            tried += 1
    names = ", ".join(each.name for each in declared(bench.rule))
    return f"{names}: " + (f"{tried} values at the ends of their ranges work" if tried else "no ranges to try")


def _ends(each: Parameter) -> Iterator[Any]:
    if each.choices:
        yield from each.choices
        return
    for end, outside in ((each.low, each.low_open), (each.high, each.high_open)):
        if end is not None and not outside:
            yield int(end) if float(end).is_integer() else end


def _name(rule: Any) -> str:
    return str((rule if inspect.isclass(rule) else type(rule)).__name__)
