"""The store: a run is there whole or not at all, whatever happens to who writes it."""

import errno
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from handmade import made_run

from schedlab import atomic, generate, load_trace
from schedlab.errors import InputError
from schedlab.experiments import store
from schedlab.experiments.store import Store, StoreFull

ROOT = Path(__file__).parents[2]
FORK = multiprocessing.get_context("fork")
KILLS = 100


@pytest.fixture
def place(tmp_path):
    found = Store(tmp_path / "there")
    found.open()
    return found


def runs_of(count):
    return made_run([{"pod": i} for i in range(count)])


def left(place):
    return [path for folder in (place.runs, place.traces) for path in folder.iterdir() if path.name.startswith(".")]


def write_for_ever(place, runs, workload):
    for number in range(10**9):
        place.save(runs[number % 2], f"k{number % 2}", {"version": "v", "values": {"pods": 1}}, fresh=number % 5 == 0)
        place.keep(workload, f"{os.getpid()}-{number % 3}")
        place.write(place.folder / "summary", b"whole" * 1000)


def test_a_hundred_kills_at_random_moments_damage_nothing(place):
    chance, runs, workload = random.Random(5), [runs_of(1), runs_of(3000)], generate(pods=20, nodes=2)
    written, checked = set(), set()
    for _ in range(KILLS):
        writer = FORK.Process(target=write_for_ever, args=(place, runs, workload))
        writer.start()
        time.sleep(chance.uniform(0.001, 0.1))
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        place.open()
        assert left(place) == []  # the dead writer's
        for key in place:
            found = place.load(key)
            assert found.tables["pods"].num_rows in (1, 3000)
            assert all(table.num_columns for table in found.tables.values())
            assert place.summary(key) == {"version": "v", "values": {"pods": 1}}
        for folder in set(place.traces.iterdir()) - checked:
            assert load_trace(folder).digest() == workload.digest()
        checked |= set(place.traces.iterdir())
        if (place.folder / "summary").exists():
            assert (place.folder / "summary").read_bytes() == b"whole" * 1000
        written |= set(place)
    assert written == {"k0", "k1"}  # some got through
    assert checked


def test_two_writers_at_once_do_not_disturb_each_other(place):
    runs, workload = [runs_of(1), runs_of(500)], generate(pods=20, nodes=2)
    writers = [FORK.Process(target=write_for_ever, args=(place, runs, workload)) for _ in range(3)]
    for writer in writers:
        writer.start()
    time.sleep(1.0)
    alive = [writer.is_alive() for writer in writers]
    for writer in writers:
        writer.kill()
        writer.join()
    assert alive == [True, True, True]  # an error would have ended one
    assert list(place)
    assert all(place.load(key).tables["pods"].num_rows in (1, 500) for key in place)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 400 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", folder], check=False).returncode
    ):
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_said_and_what_is_stored_stays_whole(small_disk):
    place = Store(small_disk / "results")
    place.open()

    def fill():
        for number in range(100):
            place.save(runs_of(3000), f"k{number}", {"values": {}})

    with pytest.raises(StoreFull, match=r"results: the disk is full; .* run the suite again to go on"):
        fill()
    assert list(place)
    assert left(place) == []
    assert all(place.load(key).tables["pods"].num_rows == 3000 for key in place)
    (small_disk / "ballast").write_bytes(b"x" * (shutil.disk_usage(small_disk).free))
    for write in (
        lambda: place.write(place.folder / "page", b"x" * 10**6),
        lambda: place.keep(generate(pods=1000, nodes=50), "digest"),
    ):
        with pytest.raises(StoreFull):
            write()
    assert left(place) == []
    assert not (place.folder / "page").exists()
    (small_disk / "ballast").unlink()
    place.remove(next(iter(place)))
    place.save(runs_of(3000), "later", {"values": {}})


def test_a_suite_on_a_full_disk_stops_and_goes_on_later(small_disk):
    (small_disk / "small.yaml").write_text(
        "name: small\ntraces: [{trace: generated, options: {pods: 60, nodes: 4}}]\n"
        "schedulers: [best_fit, worst_fit, random]\nreplicates: 3\n"
    )
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 200_000))

    def bench():
        code = "import sys; from schedlab.cli import main; sys.exit(main())"
        words = [sys.executable, "-c", code, "bench", "small.yaml", "--workers", "1"]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(words, cwd=small_disk, env=env, capture_output=True, text=True, check=False)

    full = bench()
    assert full.returncode == 1
    assert full.stderr.count("\n") == 1
    assert "results/small: the disk is full; all that is stored is whole" in full.stderr
    stored = len(list(Store(small_disk / "results" / "small")))
    assert 0 < stored < 9
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
    again = bench()
    assert again.returncode == 0
    assert f"{stored} of 9 runs were stored already" in again.stderr


def test_other_errors_of_the_disk_are_told_as_they_are(place, monkeypatch):
    def refuse(handle):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output error"):
        place.save(runs_of(1), "k", {})
    assert [*place, *left(place)] == []


def test_a_failing_writer_leaves_nothing(place):
    run = runs_of(1)
    run.manifest["profile"] = object()  # no JSON
    with pytest.raises(TypeError):
        place.save(run, "k", {})
    assert [*place, *left(place)] == []


def test_a_stored_run_stays_unless_it_is_made_afresh(place):
    place.save(runs_of(1), "k", {"values": {"a": 1}})
    place.save(runs_of(2), "k", {"values": {"a": 2}})
    assert place.load("k").manifest["pods"] == 1
    place.save(runs_of(2), "k", {"values": {"a": 2}}, fresh=True)
    assert place.load("k").manifest["pods"] == 2
    assert place.summary("k") == {"values": {"a": 2}}
    place.remove("k")
    assert "k" not in place
    assert left(place) == []


def test_what_another_host_left_behind_is_removed_when_it_is_old(place):
    foreign = place.runs / f"{atomic.PARTIAL}elsewhere-1-abc"
    foreign.mkdir()
    place.open()
    assert foreign.exists()  # someone may still be writing it
    os.utime(foreign, (time.time() - 2 * atomic.STALE_SECONDS,) * 2)
    place.open()
    assert not foreign.exists()


def test_a_workload_comes_back_as_it_was_or_not_at_all(place):
    workload = generate(pods=30, nodes=3, seed=4)
    digest = workload.digest()
    place.keep(workload, digest)
    place.keep(workload, digest)
    assert place.workload(digest).digest() == digest
    (place.traces / "other").symlink_to(place.traces / digest)
    with pytest.raises(InputError, match="the stored workload was changed"):
        place.workload("other")
    with pytest.raises(InputError):
        place.workload("none")


def test_all_runs_are_one_frame_and_those_of_another_version_are_known(place):
    ours, theirs = runs_of(1), runs_of(2)
    ours.manifest["identity"] = {"code": store.code_version()}
    theirs.manifest["identity"] = {"code": "older"}
    theirs.manifest["suite"] = {"trace": "t", "replicate": 3, "tie": 1}
    place.save(ours, "a", {"values": {"wait.p95": 1.5}})
    place.save(theirs, "b", {"values": {"wait.p95": 2.5, "gpu": 1}})
    frame = place.frame()
    assert frame[["run", "trace", "stale", "wait.p95"]].to_numpy().tolist() == [
        ["a", "made", False, 1.5], ["b", "t", True, 2.5]
    ]  # fmt: skip
    assert list(frame.columns[: len(store.FRAME)]) == list(store.FRAME)
    assert Store(place.folder / "none").frame().empty


def test_the_key_depends_on_every_part_and_on_nothing_else():
    base = {"workload": "d", "scheduler": "a", "seed": 0}
    keys = [store.run_key(**base | change) for change in ({}, {"workload": "e"}, {"scheduler": "b"}, {"seed": 1})]
    assert len(set(keys)) == 4
    assert store.run_key(seed=0, scheduler="a", workload="d") == keys[0]


def test_a_file_is_replaced_whole(place):
    page = place.folder / "page"
    page.write_bytes(b"old")
    place.write(page, b"new")
    assert page.read_bytes() == b"new"
    assert not list(place.folder.glob(".*"))
