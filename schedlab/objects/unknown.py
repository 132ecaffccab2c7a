"""Which fields of a manifest have no place in a record, and are dropped."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from schedlab.objects.complaints import inner


def unknown_fields(value: Any, record: type[msgspec.Struct]) -> Iterator[str]:
    """Yield the path of each field that the record lacks, such as ``spec.containers.env``, without numbers of items."""
    if isinstance(value, list):
        for item in value:
            yield from unknown_fields(item, record)
    elif isinstance(value, dict):
        fields = _fields(record)
        for name, item in value.items():
            if name not in fields:
                yield name
            elif (part := fields[name]) is not None:
                for path in unknown_fields(item, part):
                    yield f"{name}.{path}"


@functools.cache
def _fields(record: type[msgspec.Struct]) -> Mapping[str, type[msgspec.Struct] | None]:
    """Return the fields of a record by their names in manifests, with their records where they have one."""
    kinds = {field.encode_name: inner(field.type) for field in msgspec.structs.fields(record)}
    return {
        name: kind if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None
        for name, kind in kinds.items()
    }
