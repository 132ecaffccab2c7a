"""Incremental: the rows of scores that are kept per pod class, and brought up to date on the nodes that changed.

A row is brought up to date in one of four ways, by how many nodes were touched since (research: expected dirty rows
per pod decide, not the number of classes): reuse; node by node in Python; a subset of the nodes; all of them. A class
gets a row of its own only if it comes often enough for the row to be worth it; the others share one.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter, OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from schedlab.cluster.log import USAGE
from schedlab.cluster.node_views import GROUP_OF, Noting, Subset
from schedlab.scoring.hopes import ClassSet, Hopes
from schedlab.scoring.kernel import Kernel, compile_kernel
from schedlab.scoring.native import Bound, bind, target
from schedlab.scoring.trace import Graph, Untraceable, trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from schedlab.cluster import ClusterView
    from schedlab.cluster.log import ChangeLog
    from schedlab.cluster.pod_views import ClassView
    from schedlab.plugins.api import Plugin
    from schedlab.scoring.profile import Profile

HOT = 3000  # uses of a kernel from which on compiling it is worth it; of all, for asking those that wait
SCALAR = 8  # nodes up to which one after the other in Python is fastest
CELLS = 8_000_000  # float64 numbers kept in rows: 64 MB
ROWS = 1000  # and no more rows than this
AUDITS, EVERY = 8, 256  # the first patches of a run are computed in full as well, then one in so many

Key = tuple[frozenset[tuple[str, bool]], Any]  # what is out of the cycle, and what is read of the class


class Part(NamedTuple):
    """A filter or score of a profile that depends on the class and on each node alone."""

    plugin: Plugin
    function: Callable[..., Any]
    filters: bool
    static: bool
    weight: float
    normalize: Any
    facets: tuple[int, ...] | None = None

    @property
    def scope(self) -> str:
        """The scope that the plug-in declares for it."""
        return self.plugin.filter_scope if self.filters else self.plugin.score_scope


def parts_of(profile: Profile) -> list[Part]:
    """Return the filters of a profile, then its scores."""
    parts = []
    for plugin in profile.filters:
        assert plugin.filter is not None
        static = plugin.filter_scope == "static"
        parts.append(Part(plugin, plugin.filter, True, static, 1.0, None, plugin.filter_facets))
    for score in profile.scores:
        plugin = score.plugin
        assert plugin.score is not None
        static = plugin.score_scope == "static"
        parts.append(Part(plugin, plugin.score, False, static, score.weight, score.normalize, plugin.score_facets))
    return parts


def shared(facets: tuple[int, ...] | None, pod: ClassView) -> Any:
    """Return what tells the classes apart to which a static part may answer otherwise."""
    return pod.index if facets is None else tuple(pod.facets[each] for each in facets)


def united(parts: Iterable[Part]) -> tuple[int, ...] | None:
    """Return the facets that any of some parts reads; None if one may read everything."""
    found: set[int] = set()
    for part in parts:
        if part.facets is None:
            return None
        found.update(part.facets)
    return tuple(sorted(found))


class Recipe:
    """How to compute the row of a class."""

    __slots__ = ("asked", "brought", "kernel", "native", "rows", "scalar", "vector", "views")

    def __init__(self, kernel: Kernel, pod: ClassView, brought: tuple[Part | NDArray[Any], ...]) -> None:
        self.kernel = kernel
        self.vector, self.scalar = kernel.values(pod)  # parameters
        self.brought = brought  # the kernel's rows from elsewhere: a static row, or a part to ask
        self.asked: list[tuple[Part, NDArray[Any]]] = []  # parts to ask, and where their answers are kept
        self.rows: list[Any] | None = None  # what the kernel reads, if it is always the same
        self.views: list[Any] = []  # the same to be read one by one
        self.native: Bound | None = None


class Row:
    """What the local parts say of a class: a row (N,) for each output, -inf where a filter rejects the node.

    ``bad`` tells where; it is not kept where the scores are summed. ``sound`` tells whether all numbers were finite
    before.
    """

    __slots__ = ("bad", "lows", "sound", "target", "usage", "used", "values", "views")

    def __init__(self, scores: int, nodes: int, lows: Sequence[int]) -> None:
        self.values = [np.empty(nodes) for _ in range(scores)]
        self.lows = {each: np.empty(nodes) for each in lows}  # +inf where rejected: the minimum over feasible nodes
        self.bad = np.zeros(nodes, np.bool_)
        self.views: list[Any] = [row.data for row in self.values]
        self.target: Any = None  # the same for compiled code
        self.sound = True
        self.used = self.usage = 0


class Incremental:
    """The local parts of a profile on a cluster, up to date.

    ``summed`` tells whether the scores are weighted and added up to one row of totals, or kept one by one; ``keep``
    whether rows are kept at all.
    """

    def __init__(self, parts: Sequence[Part], view: ClusterView, *, summed: bool, keep: bool) -> None:
        self.parts, self.view, self.summed, self._keep = tuple(parts), view, summed, keep
        self.named = frozenset((part.plugin.name, part.filters) for part in parts)
        self._facets = united(parts)
        scores = [part for part in parts if not part.filters]
        self._outputs = 1 if summed else len(scores)
        self._lows = () if summed else tuple(i for i, part in enumerate(scores) if part.normalize == "min_max")
        self._uses: Counter[Any] = Counter()  # by kernel
        self._compiles = True  # whether there is a compiler that can
        self.patches = 0  # rows brought up to date in part
        self._groups = 0  # column groups that asked parts were seen to read
        self._specs = -1
        self._reset()

    def key(self, pod: ClassView, skipped: frozenset[tuple[str, bool]]) -> Key:
        """Return what tells the row of a pod class from others, some filters and scores being out of the cycle."""
        return skipped & self.named, shared(self._facets, pod)

    def row(self, key: Key, pod: ClassView, ask: Callable[[Part, Any, Any], Any]) -> tuple[Row, bool]:
        """Return the row of a pod class, and whether it was patched just now.

        ``ask(part, pod, nodes)`` calls a part with arrays and checks the answer.
        """
        log = self.view.log
        if log.specs != self._specs:
            self._reset()
        recipe = self._recipes.get(key)
        if recipe is None:
            recipe = self._recipe_of(key, pod, ask)
        row = self._rows.get(key)
        patched, new = False, row is None
        if row is None:
            row = self._admit(key, log)
        if recipe.rows is None and key in self._rows:
            self._keep_answers(recipe)
        if new:
            self._fill(row, recipe, pod, ask)
        else:
            self._rows.move_to_end(key)
            dirty = len(log.used) - row.used
            if self._reads_usage:
                dirty += len(log.usage) - row.usage
            if dirty:
                patched = 4 * dirty <= self._nodes
                if not patched:
                    self._fill(row, recipe, pod, ask)
                else:
                    self._patch(row, recipe, pod, ask, self._touched(row, log))
        row.used, row.usage = len(log.used), len(log.usage)
        self.patches += patched
        return row, patched

    def hopes(
        self,
        classes: ClassSet,
        ask: Callable[..., Any],
        skips: Callable[[ClassView], frozenset[tuple[str, bool]] | None],
    ) -> tuple[Hopes, list[int]]:
        """Return the compiled filters, and those of some classes that have none; ``skips`` says who is out."""
        if self.view.log.specs != self._specs:
            self._reset()
        hopes = self._hopes
        rest = classes.without(hopes.known)
        if rest and self._uses.total() >= HOT and self._compiles:
            for cls in [each for each in rest if each not in hopes.barred]:
                pod = self.view.class_view(cls)
                skipped = skips(pod)
                if skipped is None:
                    hopes.add(cls, None)
                else:
                    recipe = self._recipe_of(self.key(pod, skipped), pod, ask)
                    stale = any(part.filters for part, _ in recipe.asked)
                    hopes.add(cls, None if stale else self._compiled(recipe))
            rest = classes.without(hopes.known)
        return hopes, rest

    def _recipe_of(self, key: Key, pod: ClassView, ask: Callable[..., Any]) -> Recipe:
        if key not in self._recipes:
            self._recipes[key] = self._recipe(pod, key[0], ask)
        return self._recipes[key]

    @property
    def audited(self) -> bool:
        """Whether the patch just made is one to be checked against a full evaluation."""
        return self.patches <= AUDITS or self.patches % EVERY == 0

    def _reset(self) -> None:
        """Start afresh: nodes came or went, or their specs changed."""
        self._specs = self.view.log.specs
        nodes = self.view.nodes("node")
        self._nodes = len(nodes)
        self._recipes: dict[Any, Recipe] = {}
        self._kernels: dict[frozenset[tuple[str, bool]], list[tuple[Kernel, tuple[Part, ...]]]] = {}
        self._static: dict[Any, NDArray[Any]] = {}
        self._rows: OrderedDict[Any, Row] = OrderedDict()
        self._seen: dict[Any, int] = {}
        self._spare: Row | None = None
        self._floats: list[NDArray[np.float64]] = []
        self._truths: list[NDArray[np.bool_]] = []
        self._small: dict[int, tuple[list[Any], list[Any]]] = {}
        self._columns: dict[tuple[str, int], tuple[Any, Any]] = {}
        self._whole: Any = nodes
        self._blocks: dict[str, Any] = {}
        self._hopes = Hopes()

    @property
    def _reads_usage(self) -> bool:
        return bool(self._groups & USAGE)

    def _touched(self, row: Row, log: ChangeLog) -> array[int]:
        touched = log.used[row.used :]
        if self._reads_usage:
            touched += log.usage[row.usage :]
        return touched

    # rows

    def _admit(self, key: Any, log: ChangeLog) -> Row:
        """Return a row of the class's own if it came not long ago, else the one that all the others share."""
        changes = len(log.used) + (len(log.usage) if self._reads_usage else 0)
        before = self._seen.get(key)
        self._seen[key] = changes
        often = self._keep and before is not None and 4 * (changes - before) <= self._nodes
        if not often and self._spare is not None:
            return self._spare
        asked = sum(not part.static for part in self.parts)  # their answers may be kept too
        width = max(1, self._nodes * (self._outputs + len(self._lows) + asked))
        row = None
        if often and len(self._rows) >= min(ROWS, max(1, CELLS // width)):
            last, row = self._rows.popitem(last=False)
            self._recipes.pop(last, None)  # and the answers that it keeps
        if row is None:
            row = Row(self._outputs, self._nodes, self._lows)
        if often:
            self._rows[key] = row
        else:
            self._spare = row
        return row

    def _fill(self, row: Row, recipe: Recipe, pod: ClassView, ask: Callable[..., Any]) -> None:
        kernel = recipe.kernel
        for part, kept in recipe.asked:
            kept[:] = self._bring(part, pod, self._whole, ask)
        if (native := self._native(recipe, row)) is not None:
            row.sound = not native.fill(self._nodes, row.target)
            return
        while len(self._floats) < max(1, kernel.floats):
            self._floats.append(np.empty(self._nodes))
        while len(self._truths) < kernel.truths:
            self._truths.append(np.empty(self._nodes, np.bool_))
        rows = recipe.rows
        if rows is None:
            brought = [self._bring(each, pod, self._whole, ask) for each in recipe.brought]
            rows = [brought[at] if name == "row" else self._column(name, at)[0] for name, at in kernel.columns]
        floats = self._floats[: kernel.floats]
        with np.errstate(all="ignore"):
            bad, *scores = kernel.vector(rows, recipe.vector, floats, self._truths[: kernel.truths])
        if type(bad) is not np.ndarray or not bad.ndim:  # nothing rejects, or nothing is left in the cycle
            bad = np.full(self._nodes, bad)
        row.sound = all(math.isfinite(np.add.reduce(score)) for score in scores)
        if self.summed:
            self._take_over(row, scores[0])
        else:
            np.copyto(row.bad, bad)
        for at, score in enumerate(scores):
            if at in row.lows:
                np.copyto(row.lows[at], score)
                np.putmask(row.lows[at], bad, np.inf)
            if not self.summed:
                np.copyto(row.values[at], score)
            np.putmask(row.values[at], bad, -np.inf)

    def _take_over(self, row: Row, score: NDArray[np.float64]) -> None:
        """Make a buffer the row of totals, and the former row the buffer, so that nothing is copied."""
        for at, buffer in enumerate(self._floats):
            if buffer is score:
                self._floats[at], row.values[0] = row.values[0], score
                row.views, row.target = [score.data], None
                return
        np.copyto(row.values[0], score)

    def _patch(self, row: Row, recipe: Recipe, pod: ClassView, ask: Callable[..., Any], touched: array[int]) -> None:
        if recipe.asked:
            where = _padded(touched, self._nodes)
            some = Subset(self._whole, where)
            for part, kept in recipe.asked:
                kept[where] = self._bring(part, pod, some, ask)
        if (native := self._native(recipe, row)) is not None:
            row.sound = not native.patch(touched, row.target) and row.sound
            return
        if len(touched) <= SCALAR and not row.lows:
            with suppress(ZeroDivisionError, OverflowError, ValueError):  # where NumPy gives inf or NaN
                self._patch_one_by_one(row, recipe, touched)
                return
        where = _padded(touched, self._nodes)
        kernel = recipe.kernel
        floats, truths = self._narrow(kernel, len(where))
        taken: dict[str, Any] = {}
        rows = []
        assert recipe.rows is not None  # it is patched, so it was admitted
        for (name, at), whole in zip(kernel.columns, recipe.rows, strict=True):
            if name == "row":
                rows.append(whole.take(where))
                continue
            if name not in taken:
                taken[name] = self._block(name).take(where, axis=-1, mode="clip")
            rows.append(taken[name][at] if taken[name].ndim == 2 else taken[name])
        with np.errstate(all="ignore"):
            bad, *scores = kernel.vector(rows, recipe.vector, floats, truths)
        if not self.summed:
            row.bad[where] = bad
        for at, score in enumerate(scores):
            if at in row.lows:
                row.lows[at][where] = np.where(bad, np.inf, score)
            row.values[at][where] = np.where(bad, -np.inf, score)

    def _patch_one_by_one(self, row: Row, recipe: Recipe, touched: array[int]) -> None:
        for node in set(touched):
            bad, *scores = recipe.kernel.scalar(node, recipe.views, recipe.scalar)
            if not self.summed:
                row.bad[node] = bad
            for view, score in zip(row.views, scores, strict=True):
                view[node] = -math.inf if bad else score

    def _native(self, recipe: Recipe, row: Row) -> Bound | None:
        """Return the compiled code of a recipe, which is made once kernels are used often; None if there is none."""
        if recipe.native is None:
            self._uses[recipe.kernel.vector] += 1
            if self._uses[recipe.kernel.vector] < HOT or self._compiled(recipe) is None:
                return None
        if row.target is None:
            row.target = target(row.bad, row.values, row.lows)
        return recipe.native

    def _compiled(self, recipe: Recipe) -> Bound | None:
        if recipe.native is None and recipe.rows is not None and self._compiles:
            recipe.native = bind(recipe.kernel, recipe.rows, recipe.scalar, self._lows)
            self._compiles = recipe.native is not None
        return recipe.native

    def _narrow(self, kernel: Kernel, width: int) -> tuple[list[Any], list[Any]]:
        """Return buffers of a width."""
        floats, truths = self._small.get(width, ([], []))
        if len(floats) < kernel.floats or len(truths) < kernel.truths:
            floats = [np.empty(width) for _ in range(kernel.floats)]
            truths = [np.empty(width, np.bool_) for _ in range(kernel.truths)]
            if width <= 512:
                self._small[width] = floats, truths
        return floats[: kernel.floats], truths[: kernel.truths]

    def _column(self, name: str, at: int) -> tuple[Any, Any]:
        """Return a row of nodes, and the same to be read one by one."""
        if (name, at) not in self._columns:
            block = self._block(name)
            whole = block[at] if block.ndim == 2 else block
            self._columns[name, at] = whole, memoryview(whole)
        return self._columns[name, at]

    def _block(self, name: str) -> Any:
        if name not in self._blocks:
            self._blocks[name] = np.asarray(getattr(self._whole, name))
        return self._blocks[name]

    # recipes

    def _recipe(self, pod: ClassView, skipped: frozenset[tuple[str, bool]], ask: Callable[..., Any]) -> Recipe:
        kernel, parts = self._kernel(pod, skipped)
        brought = tuple(self.static_row(part, pod, ask) if part.static else part for part in parts)
        recipe = Recipe(kernel, pod, brought)
        if not any(isinstance(each, Part) for each in brought):
            self._keep_answers(recipe)
        return recipe

    def _keep_answers(self, recipe: Recipe) -> None:
        """Let a recipe keep what its parts answer, so that its kernel always reads the same arrays."""
        brought: list[Any] = list(recipe.brought)
        for at, part in enumerate(recipe.brought):
            if isinstance(part, Part):
                brought[at] = np.zeros(self._nodes, np.bool_ if part.filters else np.float64)
                recipe.asked.append((part, brought[at]))
        pairs = [
            (brought[at], memoryview(brought[at])) if name == "row" else self._column(name, at)
            for name, at in recipe.kernel.columns
        ]
        recipe.rows, recipe.views = [whole for whole, _ in pairs], [view for _, view in pairs]

    def static_row(self, part: Part, pod: ClassView, ask: Callable[..., Any]) -> NDArray[Any]:
        """Return a static part's answer for a class: where a filter rejects, or the numbers of a score."""
        if self.view.log.specs != self._specs:
            self._reset()
        if len(self._static) * self._nodes > CELLS:
            self._static.clear()
            self._recipes.clear()
        key = part.plugin.name, part.filters, shared(part.facets, pod)
        if key not in self._static:
            self._static[key] = _as_row(part, ask(part, pod, self.view.nodes("static"))).copy()
        return self._static[key]

    def _bring(self, each: Part | NDArray[Any], pod: ClassView, nodes: Any, ask: Callable[..., Any]) -> Any:
        if not isinstance(each, Part):
            return each
        noting = Noting(nodes)
        answer = _as_row(each, ask(each, pod, noting))
        self._groups |= noting.groups
        return answer

    def _kernel(self, pod: ClassView, skipped: frozenset[tuple[str, bool]]) -> tuple[Kernel, tuple[Part, ...]]:
        known = self._kernels.setdefault(skipped, [])
        for kernel, parts in known:
            if all(bool(kernel.graph.value(each, pod)) == outcome for each, outcome in kernel.graph.guards):
                return kernel, parts
        graph, brought = Graph(pod), list[Part]()
        bad, scores = graph.constant(False), list[int]()
        for part in self.parts:
            if (part.plugin.name, part.filters) in skipped:
                if not part.filters and not self.summed:
                    scores.append(graph.constant(0.0))
                continue
            number = self._expression(graph, part, brought)
            if part.filters:
                bad = number if graph.all[bad].op == "constant" else graph.apply("logical_or", bad, number)
            elif self.summed:
                weighted = number if part.weight == 1 else graph.apply("multiply", number, graph.constant(part.weight))
                scores = [graph.apply("add", scores[0], weighted)] if scores else [weighted]
            else:
                scores.append(number)
        outputs = (bad, *(scores if scores or not self.summed else [graph.constant(0.0)]))
        known.append((compile_kernel(graph, outputs), tuple(brought)))
        for name, _ in known[-1][0].columns:
            self._groups |= GROUP_OF.get(name, 0)
        return known[-1]

    def _expression(self, graph: Graph, part: Part, brought: list[Part]) -> int:
        """Return what a part computes; for a filter, where it rejects."""
        try:
            if part.static:
                raise Untraceable("kept per class")
            number = trace(graph, part.function, self._whole, *(() if part.plugin.prepare is None else (None,)))
            if not part.filters:
                return number
            if graph.truth[number]:
                return graph.apply("logical_not", number)
            return graph.apply("not_equal", number, graph.constant(0.0))
        except Untraceable:
            brought.append(part)
            return graph.leaf("row", "row", len(brought) - 1, truth=part.filters)


def _padded(touched: array[int], nodes: int) -> NDArray[Any]:
    """Return positions, repeated to fill whole vector registers; and never one column alone."""
    if len(touched) > nodes // 8:
        touched = array("i", sorted(set(touched)))
    return np.array(touched + touched[-1:] * (-len(touched) % 8))


def _as_row(part: Part, answer: NDArray[Any]) -> NDArray[Any]:
    """Return a checked answer as a kernel takes it: where a filter rejects, or numbers."""
    if part.filters:
        return ~answer if answer.dtype == np.bool_ else answer != 0
    return answer.astype(np.float64)
