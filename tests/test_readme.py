"""README's text, run as it stands."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text()
COMMANDS = [line[2:] for line in TEXT.splitlines() if line.startswith("$ schedlab ")]
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def folder(tmp_path):
    """A folder with README's my.py and the hand-written trace."""
    plugin = next(block for block in BLOCKS if "def tightest" in block)
    (tmp_path / "my.py").write_text(plugin)
    (tmp_path / "traces").symlink_to(ROOT / "traces")
    return tmp_path


def test_readme_shows_commands_and_code():
    assert len(COMMANDS) >= 3
    assert any("my.py:tightest" in command for command in COMMANDS)
    assert len(BLOCKS) >= 2


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_readme_runs(command, folder, request):
    if " openb " in command:
        request.getfixturevalue("data")
    words = [str(Path(sys.executable).with_name("schedlab")), *shlex.split(command)[1:]]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("plugins" in words) != ("placed" in done.stdout)


def test_the_python_of_readme_runs(folder):
    block = next(block for block in BLOCKS if "sl.replay" in block)
    done = subprocess.run([sys.executable, "-c", block], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "placed" in done.stdout


def test_the_score_of_readme_is_five_lines():
    plugin = next(block for block in BLOCKS if "def tightest" in block)
    lines = [line for line in plugin.splitlines() if line.strip() and not line.startswith("from")]
    assert len(lines) == 5
