"""YAML and JSON text to plain values and back.

YAML as Kubernetes' tools read it: 1.1 (``010`` is eight, ``on`` is true) without base-sixty numbers (``1:30``) and
without dates, which stay text.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?(?:0b[01_]+|0[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)\Z")
_FLOAT = re.compile(
    r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
)
# What other YAML readers take for numbers: as text it must be quoted.
_FOREIGN_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z|0o[0-7]+\Z")


class DocumentError(ValueError):
    """Broken text, with the number of the document that it is in (1 is the first)."""

    def __init__(self, problem: str, document: int) -> None:
        super().__init__(problem)
        self.document = document


def read_documents(text: str) -> Iterator[object]:
    """Yield the plain value of each document, None for an empty one.

    Raises
    ------
    DocumentError
        If the text is neither JSON (one object, or several after one another) nor YAML; tells line and column.
    """
    if text.lstrip().startswith("{"):
        values = _read_json(text)
        if values is not None:
            yield from values
            return
    documents = yaml.load_all(text, Loader=_loader())
    number = 0
    while True:
        number += 1
        try:
            value = next(documents)
        except StopIteration:
            return
        except yaml.MarkedYAMLError as error:
            raise DocumentError(_told(error), number) from error
        except yaml.reader.ReaderError as error:
            line = text.encode()[: error.position].count(b"\n") + 1
            raise DocumentError(f"broken YAML at line {line}: {error.reason}", number) from error
        except (ValueError, LookupError, AttributeError) as error:
            raise DocumentError("broken YAML: a value does not fit its tag, such as !!bool 5", number) from error
        yield value


def write_yaml(documents: Iterable[object]) -> str:
    """Write values as YAML documents."""
    text: str = yaml.dump_all(
        documents, Dumper=_dumper(), sort_keys=False, default_flow_style=False, allow_unicode=True, width=120
    )
    return text


def write_json(value: object) -> str:
    """Write a value as JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _read_json(text: str) -> list[object] | None:
    values: list[object] = []
    decoder, text, position = json.JSONDecoder(), text.strip(), 0
    while position < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except RecursionError as error:
            raise DocumentError("broken JSON: nested too deeply", len(values) + 1) from error
        except ValueError:
            return None  # perhaps YAML in braces; if not, YAML's reader says what is wrong
        values.append(value)
        while position < len(text) and text[position].isspace():
            position += 1
    return values


def _told(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"broken YAML{place}: {', '.join(filter(None, (error.context, error.problem)))}"


def _loader() -> Any:
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    changed = {_TAG + name for name in ("int", "float", "timestamp", "value")}
    kept = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in changed]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    loader: Any = type("ManifestLoader", (base,), {"yaml_implicit_resolvers": kept})
    loader.add_implicit_resolver(_TAG + "int", _INT, list("-+0123456789"))
    loader.add_implicit_resolver(_TAG + "float", _FLOAT, list("-+0123456789."))
    return loader


def _dumper() -> Any:
    base = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumper: Any = type("ManifestDumper", (base,), {"ignore_aliases": lambda self, data: True})
    dumper.add_implicit_resolver(_TAG + "float", _FOREIGN_NUMBER, list("-+0123456789."))
    return dumper
