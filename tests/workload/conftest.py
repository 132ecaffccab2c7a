"""A writer of small traces."""

from collections.abc import Callable
from pathlib import Path

import pytest

GOOD = {
    "pods": "name,submit,duration,cpu,memory\na,0,1h,1,1Gi\nb,5,,500m,2Gi\n",
    "nodes": "name,cpu,memory,zone,rack\nn1,4,8Gi,z1,r1\nn2,8,16Gi,z2,r2\n",
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write the good tables, or what is given in their place (None: no such file), into a folder."""

    def write_tables(**tables: str | bytes | None) -> Path:
        for name, content in {**GOOD, **tables}.items():
            if content is not None:
                file = tmp_path / (name if "." in name else f"{name}.csv")
                file.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path

    return write_tables
