"""Which pod classes may fit on some nodes: all classes put to a filter at once, (R, P, 1) against (R, 1, N)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.cluster.node_views import Subset
    from schedlab.plugins.api import Plugin

OWN = "schedlab.plugins."


def could_fit(filters: Iterable[Plugin], view: ClusterView, classes: Sequence[int], nodes: Subset) -> list[int]:
    """Return those of some pod classes that pass all of some filters of scope node on one of some nodes."""
    passed = np.ones((len(classes), len(nodes)), np.bool_)
    with np.errstate(all="ignore"):
        for plugin in filters:
            passed &= _batch(plugin, view, classes, nodes)
    return [classes[row] for row in np.flatnonzero(passed.any(axis=1)).tolist()]


def _batch(plugin: Plugin, view: ClusterView, classes: Sequence[int], nodes: Subset) -> NDArray[np.bool_]:
    """Return bool (P, N), in one call if the plug-in broadcasts, else class by class."""
    assert plugin.filter is not None
    shape = (len(classes), len(nodes))
    verdict: NDArray[Any] = np.zeros(())
    # The package's rules are written to broadcast; another's may read one class's value for all of them.
    # And a vector over resources must not pass for one over pods.
    if plugin.filter.__module__.startswith(OWN) and len(classes) not in (1, len(nodes.allocatable)):
        with suppress(Exception):  # the class-by-class evaluation below meets it again
            verdict = np.asarray(plugin.filter(view.class_batch(classes), nodes.for_batch()))
    if verdict.shape != shape:
        try:
            answers = [np.asarray(plugin.filter(view.class_view(each), nodes)) for each in classes]
            passed = [each if each.dtype == np.bool_ else each == 0 for each in answers]  # a filter may mix the two
            return np.stack([np.broadcast_to(each, len(nodes)) for each in passed])
        except Exception:  # a real fault: let the full evaluation meet it and report it
            return np.ones(shape, np.bool_)
    return verdict if verdict.dtype == np.bool_ else verdict == 0
