"""The rules of schedlab/plugins/CONTRACT.md, taken from its text as it stands."""

from __future__ import annotations

import functools
import re
import tempfile
from pathlib import Path
from typing import Any

import schedlab.plugins
from schedlab.plugins.registry import load_file

TEXT = (Path(schedlab.plugins.__file__).parent / "CONTRACT.md").read_text()
BLOCKS = {  # file -> code; its first line names the file
    re.match(r"# (\w+\.py)\n", block)[1]: block  # type: ignore[index]
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
}


@functools.cache
def rule(where: str) -> Any:
    """Return the ``file.py:name`` of the guide, loaded as a user's file is."""
    name = where.partition(":")[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(BLOCKS[name])
        return load_file(f"{folder}/{where}")
