"""What an evaluator answers: all that a profile says of a pod, or only the best node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.plugins.api import EXCLUDED, RESOLVABLE, UNRESOLVABLE, Reject, Skip

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from schedlab.plugins.api import Plugin
    from schedlab.scoring.nominated import Claims


class Evaluation(NamedTuple):
    """What a profile says of one pod; nodes by position.

    Attributes
    ----------
    feasible
        bool (N,).
    verdicts
        Per filter that ran: the plug-in and its bool or integer (N,).
    raw, normalized
        Per score that ran (that was not skipped), by the plug-in's name: (N,). Empty if no node is feasible.
    total
        float64 (N,), -inf where infeasible; None if no node is feasible.
    best
        The first position with the highest total; -1 if no node is feasible.
    rejection
        The plug-in whose ``prepare`` rejected the pod on every node, and how; None if none did.
    claimed
        The nodes that reject the pod because of pods nominated for them; the verdicts there take those for bound.
    """

    feasible: NDArray[np.bool_]
    verdicts: tuple[tuple[Plugin, NDArray[Any]], ...]
    raw: dict[str, NDArray[Any]]
    normalized: dict[str, NDArray[Any]]
    total: NDArray[np.float64] | None
    best: int
    rejection: tuple[Plugin, Reject] | None = None
    claimed: Claims | None = None


class Choice(NamedTuple):
    """The best node of a pod by position, and the totals (N,), -inf where infeasible, until the next call.

    To each total belongs ``offset``, which all nodes have alike.
    """

    best: int
    total: NDArray[np.float64]
    offset: float = 0.0


def rejecters(evaluation: Evaluation) -> tuple[Plugin, ...]:
    """Return the filters that were the first to reject some node."""
    left = np.ones(evaluation.feasible.shape, np.bool_)
    found = []
    for plugin, verdict in evaluation.verdicts:
        passed = passes(verdict)
        if (left & ~passed).any():
            found.append(plugin)
        left = left & passed
    return tuple(found)


def resolvable(evaluation: Evaluation) -> NDArray[np.bool_]:
    """Return bool (N,): the nodes on which evicting pods could help, as the first filter that rejects them says."""
    if evaluation.rejection is not None:
        return np.full(evaluation.feasible.shape, evaluation.rejection[1].code != UNRESOLVABLE)
    found, out = np.zeros(evaluation.feasible.shape, np.bool_), np.zeros(evaluation.feasible.shape, np.bool_)
    left = ~found
    for plugin, verdict in evaluation.verdicts:
        codes = (~verdict if verdict.dtype == np.bool_ else verdict).astype(np.int64)
        known = plugin.codes or {}
        found |= left & np.isin(codes, [code for code, meaning in known.items() if meaning == RESOLVABLE])
        out |= np.isin(codes, [code for code, meaning in known.items() if meaning == EXCLUDED])
        left = left & (codes == 0)
    return found & ~out


def rejection_by(filters: Iterable[Plugin], states: Mapping[str, Any]) -> tuple[Plugin, Reject] | None:
    """Return what rejects a pod on every node: the first that is unresolvable, else the last."""
    found = None
    for plugin in filters:
        state = states.get(plugin.name)
        if isinstance(state, Reject):
            found = plugin, state
            if state.code == UNRESOLVABLE:
                break
    return found


def skips(state: Any, filters: bool) -> bool:
    """Return whether what ``prepare`` returned takes the filter, or else the score, out of the cycle."""
    return isinstance(state, Skip) and (state.filter if filters else state.score)


def local(plugin: Plugin) -> bool:
    """Whether a filter's verdict on a node stands, for a pod class, until that node changes."""
    return plugin.filter_scope != "cluster" and (plugin.prepare is None or plugin.filter_facets is not None)


def rejected_by(names: Collection[str], evaluation: Evaluation) -> bool:
    """Return whether each node is rejected by one of some filters."""
    left = np.ones(evaluation.feasible.shape, np.bool_)
    for plugin, verdict in evaluation.verdicts:
        if plugin.name in names:
            left &= passes(verdict)
    return not left.any()


def passes(verdict: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a verdict is a pass, bool (N,)."""
    return verdict if verdict.dtype == np.bool_ else verdict == 0
