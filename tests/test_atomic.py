"""Files and folders that are there whole or not at all. Kills and full disks: tests/experiments/test_store.py."""

import os

import pytest

from schedlab import atomic


def test_a_folder_is_there_when_it_is_whole_and_the_first_one_stays(tmp_path):
    target = tmp_path / "deep" / "target"
    with atomic.folder(target) as partial:
        (partial / "inner").mkdir()
        (partial / "inner" / "file").write_text("one")
        assert not target.exists()
    with atomic.folder(target) as partial:
        (partial / "file").write_text("two")
    assert [path.name for path in target.iterdir()] == ["inner"]
    with atomic.folder(target, replace=True) as partial:
        (partial / "file").write_text("three")
    assert [path.name for path in target.iterdir()] == ["file"]
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_what_raises_leaves_nothing(tmp_path):
    with pytest.raises(FileNotFoundError), atomic.folder(tmp_path / "target") as partial:
        (partial / "no folder" / "file").write_text("x")
    with pytest.raises(TypeError):
        atomic.write(tmp_path / "file", "no bytes")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "target").write_text("mine")
    with pytest.raises(NotADirectoryError), atomic.folder(tmp_path / "target", replace=True):
        pass
    assert (tmp_path / "target").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_only_what_the_dead_left_behind_is_swept(tmp_path):
    ours = atomic._partial(tmp_path)  # noqa: SLF001
    ours.mkdir()
    reader, writer = os.pipe()
    if not (child := os.fork()):
        theirs = atomic._partial(tmp_path)  # noqa: SLF001
        theirs.write_bytes(b"half")
        os.write(writer, theirs.name.encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert (tmp_path / os.read(reader, 1000).decode()).exists()
    atomic.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [ours]
