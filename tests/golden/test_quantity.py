"""Quantities against kube-scheduler v1.34.1."""

import gzip
import json
from pathlib import Path

from schedlab.objects import Quantity, QuantityError


def test_every_quantity_reads_as_in_kubernetes(data: Path) -> None:
    with gzip.open(data / "golden/kube-1.34/quantity.jsonl.gz", "rt") as lines:
        cases = [json.loads(line) for line in lines]
    assert len(cases) > 200
    assert [case for case in cases if told(case["quantity"], "milliValue" in case["expect"]) != case["expect"]] == []


def told(text: str, milli: bool) -> dict[str, object]:
    try:
        quantity = Quantity.parse(text)
    except QuantityError:
        return {"error": True}
    answer: dict[str, object] = {"canonical": str(quantity), "value": str(quantity.value())}
    return answer | ({"milliValue": str(quantity.milli_value())} if milli else {})
