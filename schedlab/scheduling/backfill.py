"""Backfilling: a profile's policy at work in a run, with its answers checked and its faults named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from schedlab.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from schedlab.plugins.api import Plugin
    from schedlab.plugins.backfill.contract import Reservations, Unit
    from schedlab.scoring import Evaluator

Answer = TypeVar("Answer")


class Backfilling:
    """The policy of a plug-in in one run; a scheduler calls it as `schedlab.plugins.backfill.contract` says.

    Parameters
    ----------
    plugin
        One that backfills.
    evaluator
        Its filters of scope static say where a pod class may go; the view must not show a hypothesis in ``begin`` and
        ``waits``.

    Raises
    ------
    PluginError
        Here and from every method, if the policy raises, or its answer is not what the contract says.
    """

    def __init__(self, plugin: Plugin, evaluator: Evaluator) -> None:
        assert plugin.backfill is not None
        self._plugin, self._evaluator, self._view = plugin, evaluator, evaluator.view
        self._eligible: dict[int, NDArray[np.bool_]] = {}  # by pod class
        self._specs = -1
        self._unit: Unit | None = None  # the one under way
        start = plugin.backfill
        self.work: Reservations = self._ask(lambda: start(evaluator.view, self._fits))

    @property
    def done(self) -> bool:
        """Whether the pass may stop."""
        try:  # as `_ask`, which is as dear again, and this is asked once for each unit that waits
            return bool(self.work.done)
        except Exception as error:
            raise self._error(f"{type(error).__name__}: {error}") from error

    def begin(self) -> None:
        """Begin a pass."""
        self._ask(lambda: self.work.begin())

    def allows(self, unit: Unit, nodes: Sequence[int]) -> str | None:
        """Return None if a unit may start on these nodes, and take it for started; else why not."""
        return self._told(self._ask(lambda: self.work.allows(unit, nodes), unit))

    def room(self, unit: Unit, nodes: Sequence[int]) -> NDArray[np.bool_] | None:
        """Return where the next pod of a unit delays nobody, bool (N,), those before it going to ``nodes``."""
        found = self._ask(lambda: self.work.room(unit, nodes), unit)
        if found is not None:
            found = np.asarray(found)
            if found.dtype != np.bool_ or found.shape != (len(self._view.nodes("static")),):
                raise self._error(f"room gave {found.dtype} {found.shape}; give None, or bool, one for each node")
        return found

    def waits(self, unit: Unit) -> str | None:
        """Tell that a unit does not start in this pass; return what there is to say beside the reason."""
        return self._told(self._ask(lambda: self.work.waits(unit), unit))

    def _ask(self, call: Callable[[], Answer], unit: Unit | None = None) -> Answer:
        self._unit = unit
        try:
            return call()
        except PluginError:  # a filter's, when it was asked where a class may go
            raise
        except Exception as error:
            raise self._error(f"{type(error).__name__}: {error}") from error

    def _told(self, answer: Any) -> str | None:
        if not (answer is None or isinstance(answer, str)):
            raise self._error(f"it gave {answer!r:.60}; give None or a text")
        return answer

    def _error(self, text: str) -> PluginError:
        name = "(none yet)" if self._unit is None else self._view.pods.name(self._unit.pods[0])
        return PluginError(self._plugin.name, name, text, time=self._view.now)

    def _fits(self, cls: int) -> NDArray[np.bool_]:
        """Return the nodes that pass the profile's static filters for a pod class, bool (N,)."""
        if self._specs != self._view.log.specs:
            self._specs = self._view.log.specs
            self._eligible.clear()
        if cls not in self._eligible:
            self._eligible[cls] = self._ask_filters(cls)
        return self._eligible[cls]

    def _ask_filters(self, cls: int) -> NDArray[np.bool_]:
        evaluation = self._evaluator.evaluate(int((self._view.pods.cls == cls).argmax()))  # of any pod of that class
        passed = np.full(evaluation.feasible.shape, evaluation.rejection is None)
        for plugin, verdict in evaluation.verdicts:
            if plugin.filter_scope == "static":
                passed &= verdict if verdict.dtype == np.bool_ else verdict == 0
        passed.flags.writeable = False
        return passed
