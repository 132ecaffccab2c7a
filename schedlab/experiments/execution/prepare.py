"""Getting tasks ready: their workloads into the store, and the outcomes that are known without a worker."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from schedlab.experiments import store
from schedlab.experiments.task import Outcome, Ready, failed, stored
from schedlab.metrics import choose
from schedlab.plugins.registry import sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schedlab.experiments.grid.contender import Contender
    from schedlab.experiments.grid.trace import World
    from schedlab.experiments.store import Store
    from schedlab.experiments.task import Settings, Task


class Preparation:
    """Loads each world once, when its first task comes up.

    Parameters
    ----------
    place
        Where workloads and runs are.
    fresh
        Make runs that are stored already once more.
    dry
        Write nothing.
    """

    def __init__(self, place: Store, *, fresh: bool = False, dry: bool = False) -> None:
        self._store, self._fresh, self._dry = place, fresh, dry
        self._world: World | None = None
        self._loaded: str | Exception = ""  # the digest of that world, or why it could not be loaded
        self._contenders: dict[Contender, tuple[dict[str, Any], bool]] = {}
        self._measuring: dict[Settings, str] = {}

    def ready(self, tasks: Sequence[Task]) -> Iterator[Ready | Outcome]:
        """Yield each task as something to carry out, or as its outcome, if that is known."""
        for task in tasks:
            try:
                ready = self.of(task)
                yield stored(ready) or ready
            except store.StoreFull:
                raise
            except Exception as error:
                yield failed(task, error)

    def of(self, task: Task) -> Ready:
        """Return a task with all that its run depends on.

        Raises
        ------
        InputError
            Its workload or its scheduler cannot be had.
        StoreFull
            The disk is full.
        """
        digest = self._digest(task.world)
        contender, known = self._contender(task.contender)
        identity = {
            "workload": digest,
            "options": task.world.options,
            "transforms": task.world.transforms,
            **contender,
            "seed": task.seed,
            "code": store.code_version(),
        }
        return Ready(task, self._store, digest, identity, self._version(task.settings), self._fresh or not known)

    def _digest(self, world: World) -> str:
        if world != self._world:
            self._world = world
            try:
                workload = world.load()
                self._loaded = workload.digest()
                if not self._dry:
                    self._store.keep(workload, self._loaded)
            except store.StoreFull:
                raise
            except Exception as error:
                self._loaded = error
        if isinstance(self._loaded, Exception):
            raise self._loaded
        return self._loaded

    def _contender(self, contender: Contender) -> tuple[dict[str, Any], bool]:
        """Return what decides how a scheduler behaves, and whether that is all known.

        That is its profile, and the files of plug-ins from elsewhere; what was typed into a notebook is in no file, and
        measured decision times are those of one run.
        """
        if contender not in self._contenders:
            profile = contender.profile()
            hashes = _hashes(plugin.rule for plugin in profile.plugins())
            identity = {"scheduler": contender.name, "profile": profile.describe(), "plugins": hashes}
            self._contenders[contender] = identity, profile.reproducible and None not in hashes
        return self._contenders[contender]

    def _version(self, settings: Settings) -> str:
        if settings not in self._measuring:
            own = _hashes(item.function for item in choose(settings.metrics).values())
            self._measuring[settings] = store.run_key(
                code=store.measuring_version(),
                warmup=settings.warmup,
                metrics=settings.metrics,
                searches=settings.searches,
                own=own,
            )
        return self._measuring[settings]


def _hashes(rules: Iterable[Any]) -> list[str | None]:
    """Return the sha256 of every file that some rules are written in; None for one that is in no file."""
    found = [sources(rule) for rule in rules]
    files = sorted({file for each in found if each is not None for file in each})
    hashes: list[str | None] = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    return hashes + [None] * any(each is None for each in found)
