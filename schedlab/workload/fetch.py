"""fetch: download a catalogued trace into the cache; whole or not at all, every file checked."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pooch

from schedlab.errors import InputError, SchedlabError
from schedlab.workload.canonical.files import sha256
from schedlab.workload.catalog import catalogued
from schedlab.workload.data import cache_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

CHUNK = 2**20  # bytes read at a time


def fetch(name: str, mirror: str = "", *, progress: Callable[[int, int, str], None] | None = None) -> Path:
    """Download a trace of the catalogue into the user's cache, where `load_trace` finds it by name.

    The trace appears when all its files are there. Files that came whole are kept: a fetch that was interrupted goes on
    where it was, and files that are there already are not fetched again.

    Parameters
    ----------
    name
        In the catalogue.
    mirror
        URL of a folder that holds the files as the catalogue lists them; default: the trace's own address.
    progress
        Called with (files done, of how many, the one to come).

    Returns
    -------
    The trace's folder.

    Raises
    ------
    InputError
        There is no such trace, or no address.
    SchedlabError
        A file could not be had, or is not the catalogued one.
    """
    entry = catalogued(name)
    files, address = (entry.files, mirror) if mirror else (entry.downloads, entry.address)
    if not address:
        raise InputError(f"the catalogue has no address for {name}", mend="name a mirror by --from URL")
    if urlsplit(address).scheme not in ("http", "https"):
        raise InputError(f"{address!r:.80} is no URL", mend="write one that begins with http:// or https://")
    folder, partial = cache_root() / "traces" / name, cache_root() / "partial" / name
    if folder.is_dir() and not any(entry.differences(folder)):
        return folder
    missing = [file for file, wanted in files.items() if not _is(folder / file, wanted)]
    for done, file in enumerate(missing):
        if progress:
            progress(done, len(missing), file)
        _download(f"{address.rstrip('/')}/{quote(file)}", files[file], partial, file)
    _publish(partial, folder, missing, (entry.files | entry.downloads).keys() - files.keys())
    return folder


def _is(path: Path, wanted: str) -> bool:
    return path.is_file() and sha256(path) == wanted


def _download(url: str, wanted: str, folder: Path, name: str) -> None:
    pooch.get_logger().setLevel("WARNING")  # it tells of every file otherwise
    answers: list[Any] = []  # of the server, which pooch leaves open where something fails
    get = pooch.HTTPDownloader(chunk_size=CHUNK, hooks={"response": lambda answer, **_: answers.append(answer)})
    try:
        pooch.retrieve(url, known_hash=f"sha256:{wanted}", fname=name, path=folder, downloader=get)
    except (OSError, ValueError) as error:  # the network's and the disk's; a wrong checksum
        unanswered = getattr(error, "request", None) is not None and getattr(error, "response", None) is None
        problem = "the host cannot be reached" if unanswered else str(error).partition(" Deleted download")[0]
        mend = "what came whole is kept, so try again or name a mirror by --from URL"
        raise SchedlabError(f"{url}: {problem}; {mend}") from error
    finally:
        for answer in answers:
            answer.close()


def _publish(partial: Path, folder: Path, names: list[str], others: Iterable[str]) -> None:
    """Give the files their place: together, unless some stand there already; others are the same tables once more."""
    if folder.is_dir():
        for name in others:
            (folder / name).unlink(missing_ok=True)
        for name in names:
            (partial / name).replace(folder / name)
        shutil.rmtree(partial)
        return
    for stray in [path for path in partial.iterdir() if path.name not in names]:  # of a download that was killed
        stray.unlink()
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial.rename(folder)
