"""Order: a pod's place among those that wait, and that of its lane, as a plug-in says."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from schedlab.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from schedlab.cluster import ClusterView
    from schedlab.plugins.api import Plugin


def key_of(plugin: Plugin, view: ClusterView, pod: int, other: Any) -> Any:
    """Return a pod's key, smallest first, which must sort with ``other``, one that was given before; None: none was.

    Raises
    ------
    PluginError
        If it does not sort, or the plug-in raises.
    """
    assert plugin.order is not None
    with _blamed("key", plugin, view, pod):
        key = plugin.order(view.pod(pod).shown_to(plugin.name, oracle=plugin.oracle), view.now)
        _refuse_unsorted(key, other)
    return key


def lane_of(plugin: Plugin, view: ClusterView, pod: int) -> Hashable:
    """Return the lane that a pod waits in.

    Raises
    ------
    PluginError
        If it is not hashable, or the plug-in raises.
    """
    assert plugin.lane is not None
    with _blamed("lane", plugin, view, pod):
        lane: Hashable = plugin.lane(view.pod(pod).shown_to(plugin.name, oracle=plugin.oracle))
        hash(lane)
    return lane


def lane_key_of(plugin: Plugin, view: ClusterView, lane: Hashable, pod: int, other: Any) -> Any:
    """Return the key of a lane now, smallest first, which must sort with ``other``; None: there is no other.

    ``pod`` is the lane's first, for errors.

    Raises
    ------
    PluginError
        If it does not sort, or the plug-in raises.
    """
    assert plugin.lane_key is not None
    with _blamed("lane_key", plugin, view, pod):
        key = plugin.lane_key(lane, view)
        _refuse_unsorted(key, other)
    return key


def _refuse_unsorted(key: Any, other: Any) -> None:
    first = key if other is None else other
    if not (key < first or key >= first):  # or it raises
        raise ValueError(f"{key!r:.60} does not sort with {first!r:.60}")


@contextmanager
def _blamed(hook: str, plugin: Plugin, view: ClusterView, pod: int) -> Iterator[None]:
    """Say of any error that it is a plug-in's."""
    try:
        yield
    except Exception as error:
        text = f"{hook}: {type(error).__name__}: {error}"
        raise PluginError(plugin.name, view.pods.name(pod), text, time=view.now) from error
