"""Manifest files: Kubernetes objects as YAML or JSON, one or many documents."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import msgspec

from schedlab.errors import InputError
from schedlab.objects.decode import Place, RawObject, decode_object
from schedlab.objects.documents import DocumentError, read_documents, write_json, write_yaml
from schedlab.objects.kinds import AnyObject
from schedlab.objects.node import Node
from schedlab.objects.pod import Pod
from schedlab.objects.unknown import unknown_fields


def load_manifests(
    source: str | os.PathLike[str] | TextIO, *, ignored: Counter[str] | None = None
) -> list[Pod | Node | AnyObject | RawObject]:
    """Read the objects of a manifest file; lists (``List``, ``PodList`` ...) are taken apart.

    Parameters
    ----------
    source
        A path, an open text file, or the text itself: a str that is empty, has more than one line or begins with ``{``.
    ignored
        Counts the fields of pods and nodes that are dropped for want of a place, as ``Pod spec.dnsPolicy``.

    Raises
    ------
    InputError
        If the file cannot be read, is broken, or holds something that is not an object; names the file, the document
        (as row) and the field.
    """
    file, text = _read(source)
    objects: list[Pod | Node | AnyObject | RawObject] = []
    documents = read_documents(text)
    row = 0
    try:
        for row, document in enumerate(documents, start=1):
            if document is not None:
                for raw, made in _objects(document, Place(file, row)):
                    objects.append(made)
                    if ignored is not None and isinstance(made, Pod | Node):
                        ignored.update(f"{made.kind} {path}" for path in unknown_fields(raw, type(made)))
    except DocumentError as error:
        raise InputError(str(error), file=file, row=error.document, mend="correct the YAML or JSON there") from error
    return objects


def dump_manifests(objects: Iterable[Pod | Node | AnyObject | RawObject], *, json: bool = False) -> str:
    """Write objects as YAML documents, or as JSON (one object, or a ``List``).

    `load_manifests` gives equal objects back. Quantities are written in canonical form.
    """
    documents = [_plain(record) for record in objects]
    if not json:
        return write_yaml(documents)
    whole = documents[0] if len(documents) == 1 else {"apiVersion": "v1", "kind": "List", "items": documents}
    return write_json(whole)


def _read(source: str | os.PathLike[str] | TextIO) -> tuple[object, str]:
    if isinstance(source, str) and (not source.strip() or "\n" in source or source.lstrip().startswith("{")):
        return None, source
    file = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    try:
        if isinstance(source, str | os.PathLike):
            return file, Path(source).read_text(encoding="utf-8-sig")
        return file, source.read()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file, mend="check the path") from error
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", file=file, mend="save it as UTF-8") from error


def _objects(raw: Any, place: Place) -> Iterator[tuple[Any, Pod | Node | AnyObject | RawObject]]:
    """Yield the plain value and the object, or those of a list; the items of a PodList need not say their kind."""
    kind = raw.get("kind") if isinstance(raw, dict) else None
    if not (isinstance(kind, str) and kind.endswith("List") and "items" in raw):
        yield raw, decode_object(raw, place=place)
        return
    items = [] if raw["items"] is None else raw["items"]
    if not isinstance(items, list):
        raise place.error("expected a list", ".items", "write a list of objects")
    implied = {} if kind == "List" else {"apiVersion": raw.get("apiVersion"), "kind": kind.removesuffix("List")}
    for number, item in enumerate(items):
        whole = implied | item if isinstance(item, dict) else item
        yield from _objects(whole, place._replace(path=f"{place.path}.items[{number}]"))


def _plain(record: Pod | Node | AnyObject | RawObject) -> dict[str, Any]:
    if isinstance(record, RawObject):
        return record.raw
    values = msgspec.to_builtins(record, enc_hook=str)
    return {"apiVersion": record.api_version, "kind": record.kind} | {k: v for k, v in values.items() if v != {}}
