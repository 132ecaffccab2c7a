"""The object registry: what a scheduler reads besides nodes and pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schedlab.objects.kinds import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schedlab.objects import AnyObject


class Objects:
    """Objects by kind, namespace and name.

    Namespaces, volumes, storage classes and CSI nodes are in no namespace.

    Attributes
    ----------
    version
        Counts the changes: while it stands still, so does everything here.
    """

    def __init__(self, objects: Iterable[AnyObject] = ()) -> None:
        self.version = 0
        self._kinds: dict[str, dict[tuple[str, str], AnyObject]] = {}
        self._versions: dict[str, int] = {}
        for each in objects:
            self.put(each)

    def get(self, kind: str, namespace: str, name: str) -> Any:
        """Return an object, None if there is none; ``namespace`` means nothing for a kind that is in none."""
        return self._kinds.get(kind, {}).get(_key(kind, namespace, name))

    def all(self, kind: str, namespace: str | None = None) -> Iterator[Any]:
        """Yield the objects of a kind, in the order in which they came; of one namespace only if it is named."""
        for (place, _), each in self._kinds.get(kind, {}).items():
            if namespace is None or place == namespace:
                yield each

    def version_of(self, *kinds: str) -> int:
        """Return how often objects of some kinds were put or removed."""
        return sum(self._versions.get(kind, 0) for kind in kinds)

    def put(self, each: AnyObject) -> None:
        """Add an object, or change the one of that kind, namespace and name."""
        meta = each.metadata
        self._kinds.setdefault(each.kind, {})[_key(each.kind, meta.namespace, meta.name)] = each
        self._moved(each.kind)

    def remove(self, kind: str, namespace: str, name: str) -> bool:
        """Drop an object; return whether it was there."""
        found = self._kinds.get(kind, {}).pop(_key(kind, namespace, name), None)
        if found is not None:
            self._moved(kind)
        return found is not None

    def _moved(self, kind: str) -> None:
        self.version += 1
        self._versions[kind] = self._versions.get(kind, 0) + 1


class ObjectsView:
    """The registry, read-only: what rules of scope cluster and ``prepare`` see as ``cluster.objects``."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.get, self.all, self.version_of = objects.get, objects.all, objects.version_of

    @property
    def version(self) -> int:
        """Counts the changes: while it stands still, so does everything here."""
        return self._objects.version


def _key(kind: str, namespace: str, name: str) -> tuple[str, str]:
    return "" if kind in GLOBAL else namespace, name
