"""README's text, run as it stands."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text()
COMMANDS = [line[2:] for line in TEXT.splitlines() if line.startswith("$ schedlab ")]
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
PICTURES = re.findall(r"!\[([^]]*)\]\(([^)]*)\)", TEXT)


@pytest.fixture
def folder(tmp_path):
    """A folder with README's my.py and suite.yaml, and the hand-written trace."""
    plugin = next(block for block in BLOCKS if "def tightest" in block)
    metric = next(block for block in BLOCKS if "def impatient" in block)
    (tmp_path / "my.py").write_text(f"{plugin}\n{metric}")
    (suite,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "suite.yaml").write_text(suite)
    (tmp_path / "items.vbp").write_text(re.search(r"```\n(2\n10 10\n.*?)```", TEXT, re.DOTALL)[1])
    (tmp_path / "traces").symlink_to(ROOT / "traces")
    return tmp_path


def test_readme_shows_commands_code_and_pictures():
    assert len(COMMANDS) >= 10
    assert all(any(own in command for command in COMMANDS) for own in ("my.py:tightest", "my.py:impatient"))
    assert len(BLOCKS) >= 2
    assert len(PICTURES) >= 3
    assert all(words and (ROOT / place).is_file() for words, place in PICTURES)


def test_the_commands_of_readme_run_one_after_the_other(folder, data):
    for command in COMMANDS:
        words = [str(Path(sys.executable).with_name("schedlab")), *shlex.split(command, comments=True)[1:]]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)
        assert "error" not in done.stderr, command
        assert done.stdout.strip(), command
    assert (folder / "results" / "mine" / "report.html").is_file()
    assert (folder / "difference.html").is_file()


def test_the_suite_of_readme_is_a_suite(folder):
    assert {"name", "traces", "schedulers"} <= set(yaml.safe_load((folder / "suite.yaml").read_text()))


def test_the_solve_of_readme_runs(folder):
    block = next(block for block in BLOCKS if "sl.solve" in block)
    done = subprocess.run([sys.executable, "-c", block], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(("OPTIMAL", "FEASIBLE"))


def test_the_python_of_readme_runs(folder):
    block = next(block for block in BLOCKS if "sl.replay" in block)
    done = subprocess.run([sys.executable, "-c", block], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "placed" in done.stdout
    assert all((folder / name).stat().st_size for name in ("heatmap.png", "intervals.png"))


def test_the_score_of_readme_is_five_lines():
    plugin = next(block for block in BLOCKS if "def tightest" in block)
    lines = [line for line in plugin.splitlines() if line.strip() and not line.startswith("from")]
    assert len(lines) == 5
