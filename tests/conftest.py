"""What all tests share: the reference data, the choice of slow tests, hypothesis' profiles."""

import hashlib
import os
import subprocess
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
CI = bool(os.environ.get("CI"))
PARTS = 7  # so many runs in a row, one a commit, see every slow test

settings.register_profile("dev", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if CI else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--slow",
        choices=["all", "sample", "none"],
        default="sample" if CI else "none",
        help=f"which tests marked slow to run; sample: one part of {PARTS}, the next one with the next commit",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    choice = config.getoption("--slow")
    chosen = {"all": set(range(PARTS)), "sample": {turn()}, "none": set()}[choice]
    skip = pytest.mark.skip(reason=f"slow, and not in this run's choice ({choice}); --slow=all runs it")
    for item in items:
        if item.get_closest_marker("slow") and part_of(item.nodeid) not in chosen:
            item.add_marker(skip)


def part_of(nodeid: str) -> int:
    """The part of the slow tests that a test always belongs to."""
    return int(hashlib.sha256(nodeid.encode()).hexdigest(), 16) % PARTS


def turn() -> int:
    """The part to run now: it moves on with every commit, or with every day where git has nothing to say."""
    try:
        git = subprocess.run(["git", "-C", str(ROOT), "rev-list", "--count", "HEAD"], capture_output=True, text=True)
    except OSError:
        return date.today().toordinal() % PARTS
    return (int(git.stdout) if git.returncode == 0 else date.today().toordinal()) % PARTS


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of reference data: SCHEDLAB_DATA, or `shared` beside the checkout."""
    folder = Path(os.environ.get("SCHEDLAB_DATA") or ROOT.parent / "shared").resolve()
    if not (folder / "traces").is_dir():
        problem = f"no reference data: {folder} has no folder traces; set SCHEDLAB_DATA"
        if os.environ.get("SCHEDLAB_REQUIRE_DATA") == "1":
            pytest.fail(problem, pytrace=False)
        pytest.skip(problem)
    return folder
