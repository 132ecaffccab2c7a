"""Downloads, from a server on this machine that serves well and badly."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from schedlab.cli import main
from schedlab.errors import InputError, SchedlabError
from schedlab.workload import load_trace
from schedlab.workload.catalog import catalogued
from schedlab.workload.fetch import fetch

TINY = Path(__file__).resolve().parents[2] / "traces" / "tiny"


class Server(ThreadingHTTPServer):
    """Serves the hand-written trace; some files it spoils."""

    asked: list[str]
    broken: set[str]  # the connection ends in the middle of these
    wrong: set[str]  # a byte of these is another
    lacking: set[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/sub/"


class Handler(SimpleHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.removeprefix("/sub/")
        self.server.asked.append(name)
        if name in self.server.lacking or not (TINY / name).is_file():
            self.send_error(404)
            return
        content = (TINY / name).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if name in self.server.broken:
            content = content[: len(content) // 2]
        self.wfile.write(content.swapcase() if name in self.server.wrong else content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server, and an empty cache."""
    monkeypatch.setenv("SCHEDLAB_CACHE", str(tmp_path / "cache"))
    with Server(("127.0.0.1", 0), partial(Handler, directory=str(TINY))) as server:
        server.asked, server.broken, server.wrong, server.lacking = [], set(), set(), set()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_trace_is_fetched_once_and_found_by_name(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int, str]] = []
    folder = fetch("tiny", server.url, progress=lambda *done: told.append(done))
    assert folder == tmp_path / "cache" / "traces" / "tiny"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: (TINY / name).read_bytes() for name in catalogued("tiny").files
    }
    assert told[0] == (0, 5, "datasets.csv")
    assert len(told) == len(server.asked) == 5
    assert fetch("tiny", server.url) == folder
    assert len(server.asked) == 5
    monkeypatch.setattr("schedlab.workload.data.checkout_root", lambda: None)
    assert load_trace("tiny").digest() == load_trace(TINY).digest()


def test_a_file_that_was_spoilt_is_fetched_again_alone(server: Server) -> None:
    folder = fetch("tiny", server.url)
    (folder / "pods.csv").write_text("gone")
    (folder / "usage.csv").unlink()
    server.asked.clear()
    fetch("tiny", server.url)
    assert server.asked == ["pods.csv", "usage.csv"]
    assert list(catalogued("tiny").differences(folder)) == []


def test_a_table_is_not_kept_in_two_forms(server: Server, tmp_path: Path) -> None:
    entry = catalogued("tiny")
    other = {f"{name}.gz": "0" * 64 for name in entry.files}
    catalogue = {"tiny": msgspec.structs.replace(entry, downloads=other)}
    folder = fetch("tiny", server.url)
    (folder / "nodes.csv").rename(folder / "nodes.csv.gz")
    (tmp_path / "cache" / "partial" / "tiny").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("schedlab.workload.catalog.catalog", lambda: catalogue)
        fetch("tiny", server.url)
    assert {path.name for path in folder.iterdir()} == set(entry.files)


def test_what_a_killed_download_left_is_no_part_of_the_trace(server: Server, tmp_path: Path) -> None:
    partial = tmp_path / "cache" / "partial" / "tiny"
    partial.mkdir(parents=True)
    (partial / "tmp1234").write_text("half")
    assert {path.name for path in fetch("tiny", server.url).iterdir()} == set(catalogued("tiny").files)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("broken", "Connection broken: IncompleteRead"),
        ("wrong", "SHA256 hash of downloaded file (nodes.csv) does not match the known hash"),
        ("lacking", "404 Client Error"),
    ],
)
def test_a_bad_download_leaves_no_trace_and_the_next_try_goes_on(
    server: Server, tmp_path: Path, spoil: str, told: str
) -> None:
    getattr(server, spoil).add("nodes.csv")
    with pytest.raises(SchedlabError) as failed:
        fetch("tiny", server.url)
    problem = str(failed.value)
    assert problem.startswith(f"{server.url}nodes.csv: ")
    assert told in problem
    assert problem.endswith("; what came whole is kept, so try again or name a mirror by --from URL")
    assert not (tmp_path / "cache" / "traces").exists()
    whole = [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert sorted(whole) == ["datasets.csv", "node_events.csv"]  # those before it
    getattr(server, spoil).clear()
    server.asked.clear()
    assert list(catalogued("tiny").differences(fetch("tiny", server.url))) == []
    assert server.asked == ["nodes.csv", "pods.csv", "usage.csv"]
    assert not list((tmp_path / "cache" / "partial").iterdir())


def test_what_cannot_be_fetched_is_refused_before_anything_is_asked() -> None:
    for name, mirror, told in (
        ("tiny", "", "the catalogue has no address for tiny; name a mirror by --from URL"),
        ("tiny", "ftp://x", "'ftp://x' is no URL; write one that begins with http:// or https://"),
        ("tinny", "", "the catalogue has no trace 'tinny'; did you mean tiny?"),
    ):
        with pytest.raises(InputError) as refused:
            fetch(name, mirror)
        assert str(refused.value) == told


def test_nobody_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDLAB_CACHE", str(tmp_path))
    with pytest.raises(
        SchedlabError, match=r"^http://127.0.0.1:9/datasets.csv: the host cannot be reached; .* --from URL$"
    ):
        fetch("tiny", "http://127.0.0.1:9")


def test_the_command(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server.wrong.add("pods.csv")
    assert main(["trace", "fetch", "tiny", "--from", server.url]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    server.wrong.clear()
    assert main(["trace", "fetch", "tiny", "--from", server.url]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out == f"tiny: {tmp_path}/cache/traces/tiny\nlicence: Apache-2.0\n"
