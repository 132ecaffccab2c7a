"""One manifest, already parsed, to a typed object."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from schedlab.errors import InputError
from schedlab.objects.complaints import complain, key_step
from schedlab.objects.kinds import KINDS, AnyObject
from schedlab.objects.meta import ObjectMeta
from schedlab.objects.node import Node
from schedlab.objects.persistent_volume import PersistentVolume
from schedlab.objects.persistent_volume_claim import PersistentVolumeClaim
from schedlab.objects.pod import Pod
from schedlab.objects.priority_class import PriorityClass, problem_with
from schedlab.objects.quantity import Quantity

_Record = TypeVar("_Record", bound=msgspec.Struct)
_Typed = TypeVar("_Typed", bound=Pod | Node | AnyObject)

# What null stands for inside a map, as in Go; anywhere else it stands for an absent field.
_NULL_IN: Mapping[str, str] = dict.fromkeys(("labels", "annotations", "nodeSelector", "matchLabels"), "") | (
    dict.fromkeys(("requests", "limits", "overhead", "allocatable", "capacity", "allocatedResources"), "0")
)


class RawObject(msgspec.Struct, frozen=True):
    """An object of a kind that has no record here; `raw` is its whole manifest."""

    metadata: ObjectMeta
    raw: dict[str, Any]

    @property
    def api_version(self) -> str:
        """The API group and version, such as ``apps/v1``."""
        return str(self.raw["apiVersion"])

    @property
    def kind(self) -> str:
        """The kind, such as ``Deployment``."""
        return str(self.raw["kind"])


class Place(NamedTuple):
    """Where a manifest stands: file, number of the document, path inside it."""

    file: object = None
    row: int | None = None
    path: str = "$"

    def error(self, problem: str, field: str = "", mend: str | None = None) -> InputError:
        """Make the error for a field below this place."""
        return InputError(problem, file=self.file, row=self.row, field=self.path + field, mend=mend)


_NOWHERE = Place()


class _Headed(msgspec.Struct):
    """What is read of an object that stays raw."""

    metadata: ObjectMeta = msgspec.field(default_factory=ObjectMeta)


def decode_object(raw: object, kind: str = "", place: Place = _NOWHERE) -> Pod | Node | AnyObject | RawObject:
    """Make an object of a manifest's plain values.

    Parameters
    ----------
    raw
        The manifest, a dict.
    kind
        The kind to assume where the manifest tells none; ``apiVersion`` is then ``v1``.
    place
        Where the manifest was found, for errors.

    Raises
    ------
    InputError
        If the manifest is not that of an object, or a field is of the wrong type, ill-formed or negative.
    """
    if not isinstance(raw, dict):
        raise place.error(f"expected an object, got {raw!r:.60}", mend="write apiVersion, kind, metadata and spec")
    raw = ({"apiVersion": "v1", "kind": kind} if kind else {}) | raw
    for name, example in (("apiVersion", "v1"), ("kind", "Pod")):
        if not isinstance(raw.get(name), str) or not raw[name]:
            raise place.error(f"{name} is missing or not a text", f".{name}", f"write one, such as {name}: {example}")
    # every group has kinds of its own, of any name; the core group is the one without a name
    record = KINDS.get((raw["apiVersion"] if "/" in raw["apiVersion"] else "v1", raw["kind"]))
    if record is not None:
        return _checked(_convert(raw, record, place), place)
    return RawObject(metadata=_convert(raw, _Headed, place).metadata, raw=raw)


def _convert(raw: Mapping[str, Any], record: type[_Record], place: Place) -> _Record:
    values = _without_nulls(raw)
    try:
        return msgspec.convert(values, record, dec_hook=_decode_quantity)
    except msgspec.ValidationError as error:
        problem, field, mend = complain(str(error), values, record)
        metadata = values.get("metadata")
        name = f" {metadata['name']}" if isinstance(metadata, dict) and "name" in metadata else ""
        raise place.error(f"{raw['kind']}{name}: {problem}", field, mend) from error


def _decode_quantity(kind: type, value: object) -> Quantity:
    return Quantity.decode(value)  # the only type that msgspec does not know


def _without_nulls(value: Any, null: str | None = None) -> Any:
    """Drop the fields that are null, and put `null` for the nulls of a map."""
    if isinstance(value, dict):
        return {
            key: null if item is None else _without_nulls(item, _NULL_IN.get(key))
            for key, item in value.items()
            if item is not None or null is not None
        }
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _checked(decoded: _Typed, place: Place) -> _Typed:
    """Refuse what a record's types allow, but no API server."""
    kind = decoded.kind
    if not decoded.metadata.name:
        raise place.error(f"the {kind} has no name", ".metadata.name", "give it one")
    for field, amounts in _amounts(decoded):
        for resource, amount in amounts.items():
            if amount.digits < 0:
                problem = f"{kind} {decoded.metadata.name}: {str(amount)!r} is negative"
                raise place.error(problem, field + key_step(resource), "write 0 or more")
    if isinstance(decoded, PriorityClass) and (wrong := problem_with(decoded)) is not None:
        text, field, mend = wrong
        raise place.error(f"{kind} {decoded.metadata.name}: {text}", field, mend)
    return decoded


def _amounts(decoded: Pod | Node | AnyObject) -> Iterator[tuple[str, Mapping[str, Quantity]]]:
    match decoded:
        case Pod():
            yield from _pod_amounts(decoded)
        case Node():
            yield ".status.capacity", decoded.status.capacity
            yield ".status.allocatable", decoded.status.allocatable
        case PersistentVolume():
            yield ".spec.capacity", decoded.spec.capacity
        case PersistentVolumeClaim():
            yield ".spec.resources.requests", decoded.spec.resources.requests


def _pod_amounts(pod: Pod) -> Iterator[tuple[str, Mapping[str, Quantity]]]:
    parts = [(f".spec.containers[{i}].resources", c.resources) for i, c in enumerate(pod.spec.containers)]
    parts += [(f".spec.initContainers[{i}].resources", c.resources) for i, c in enumerate(pod.spec.init_containers)]
    parts += [(".spec.resources", pod.spec.resources)] if pod.spec.resources else []
    for field, resources in parts:
        yield f"{field}.requests", resources.requests
        yield f"{field}.limits", resources.limits
    yield ".spec.overhead", pod.spec.overhead
