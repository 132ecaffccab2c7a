"""check_plugin: every check in turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from schedlab.errors import InputError
from schedlab.plugins.api import Plugin
from schedlab.plugins.parameters import parameters as declared
from schedlab.testing.plugins import answers, backfill, effects, hooks, parameters, scopes, together, widths
from schedlab.testing.plugins.calls import Bench, Trouble
from schedlab.testing.plugins.report import Report, Verdict
from schedlab.testing.plugins.timing import timings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Check = Callable[[Bench], str]
Watch = Callable[[int, int, str], None]
FIRST: tuple[Check, ...] = (answers.calls, answers.shape, answers.dtype)  # the others need these
EFFECTS: tuple[Check, ...] = (
    effects.mutation,
    effects.determinism,
    effects.randomness,
)  # so do comparisons of answers these
COMPARED: tuple[Check, ...] = (scopes.scope, widths.order, widths.subset, widths.bits, widths.batch)
TIMED = (100, 1000, 5000)  # nodes


def check_plugin(rule: Any, *, timed: Sequence[int] = TIMED, watch: Watch | None = None) -> Report:
    """Check a rule against the contract, on clusters that are drawn the same way every time.

    Parameters
    ----------
    rule
        A decorated function, a class (made with its defaults), an instance or a module.
    timed
        Numbers of nodes to take the time of a call at; none: no timing.
    watch
        Told (done, total, what is being done) as it goes.

    Returns
    -------
    Report
        True if every verdict is; ``check_plugin(rule).raise_if_failed()`` says what is not.

    Raises
    ------
    InputError
        If it is no plug-in.
    """
    try:
        plugin = Plugin.of(rule)
    except TypeError as error:
        raise InputError(str(error)) from error
    bench = Bench(plugin.rule)
    checks = tuple(_checks(bench, plugin))
    with effects.generators(), bench.budget.watch():
        verdicts, untried = _verdicts(bench, checks, watch or _unwatched)
        works = not any(check.__name__ in untried for check in FIRST)
        taken = tuple(timings(bench, timed)) if works else ()
    return Report(plugin.name, tuple(verdicts.values()), taken, untried)


def _verdicts(bench: Bench, checks: Sequence[Check], watch: Watch) -> tuple[dict[str, Verdict], tuple[str, ...]]:
    """Return the verdicts by name, and the checks that make no sense after those that failed."""
    verdicts: dict[str, Verdict] = {}
    for at, check in enumerate(checks):
        watch(at, len(checks), check.__name__)
        try:
            verdict = Verdict(check.__name__, True, check(bench))
        except Trouble as trouble:
            verdict = Verdict(trouble.check or check.__name__, False, str(trouble))
        if verdict.name not in verdicts or verdicts[verdict.name].ok:  # of two faults of one kind, the first
            verdicts[verdict.name] = verdict
        if not verdict.ok and check in FIRST + EFFECTS:
            return verdicts, tuple(each.__name__ for each in checks[at + 1 :])
    return verdicts, ()


def _unwatched(done: int, total: int, doing: str) -> None:
    """Tell nobody."""


def _checks(bench: Bench, plugin: Plugin) -> Iterator[Check]:
    if plugin.filter is not None or plugin.score is not None:
        yield from FIRST
        if plugin.score is not None:
            yield answers.finite
        if plugin.filter is not None:
            yield answers.codes
            if plugin.reasons is not None:
                yield answers.reasons
        yield from EFFECTS
        yield from COMPARED
    if declared(bench.rule):
        yield parameters.parameters
    if plugin.assign is not None:
        yield hooks.assign
    if plugin.order is not None:
        yield hooks.key
    if plugin.lane is not None:
        yield hooks.lanes
    if plugin.backfill is not None:
        yield backfill.backfill
    if plugin.together is not None:
        yield together.together
