"""Order: a pod's place among those that wait, as a plug-in says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schedlab.errors import PluginError

if TYPE_CHECKING:
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
    try:
        key = plugin.order(view.pod(pod).shown_to(plugin.name, oracle=plugin.oracle), view.now)
        first = key if other is None else other
        if not (key < first or key >= first):  # or it raises
            raise ValueError(f"{key!r:.60} does not sort with {first!r:.60}")
    except Exception as error:
        text = f"key: {type(error).__name__}: {error}"
        raise PluginError(plugin.name, view.pods.name(pod), text, time=view.now) from error
    return key
