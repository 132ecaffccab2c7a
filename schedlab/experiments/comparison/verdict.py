"""The verdict on one comparison, and why it is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from schedlab.experiments.comparison.pairing import Pairs

Better = Literal["lower", "higher"] | None
WORDS = ("better", "worse", "higher", "lower", "equivalent", "undecided")  # in the order of tables; the others follow
NO_BAND = "the margin is a share of 0, so that only equal runs are equivalent; give an amount"


class Verdict(NamedTuple):
    """A verdict, and the reason for one that is none."""

    word: str
    reason: str = ""


def place(word: str) -> int:
    """Return where a verdict stands among `WORDS`; behind them what is none of them."""
    return WORDS.index(word) if word in WORDS else len(WORDS)


def judge(
    pairs: Pairs,
    mean: float,
    interval: tuple[float, float],
    margin: float,
    *,
    share: bool,
    significant: bool,
    better: Better,
) -> Verdict:
    """Return the verdict.

    Parameters
    ----------
    mean
        The observed mean difference.
    interval
        Its confidence interval; infinite where lower bounds leave a side open. It must lie on one side of 0 for
        better and worse, and in the band of equivalence for equivalent, which goes first.
    margin
        Half width of that band.
    share
        It is a share of the baseline's mean.
    significant
        The corrected test rejects a mean difference of 0; better and worse need that too.
    better
        Which side is better; None: the verdict says lower or higher.
    """
    low, high = interval
    if len(pairs.base) == 0:
        return Verdict("not comparable", "no replicate of both ended well and knows the metric")
    if len(pairs.base) == 1:
        reason = _open(pairs, mean)
        word = "undecided" if reason else "deterministic difference" if mean else "identical"
        return Verdict(f"{word}, n = 1", reason)
    if -margin <= low and high <= margin:
        return Verdict("equivalent")
    if significant and (high < 0 or low > 0):
        return Verdict(_word("lower" if high < 0 else "higher", better))
    no_band = NO_BAND if share and not pairs.base.any() else ""
    return Verdict("undecided", "; ".join(filter(None, (_open(pairs, mean), no_band))))


def _word(side: Literal["lower", "higher"], better: Better) -> str:
    return side if better is None else "better" if side == better else "worse"


def _open(pairs: Pairs, mean: float) -> str:
    """Return what the lower bounds leave open about the sign of the difference, "" if nothing."""
    base, other, n = int(pairs.base_bound.sum()), int(pairs.other_bound.sum()), len(pairs.base)
    if pairs.bound == "unknown":
        return f"lower bounds on both sides (baseline {base} of {n}, scheduler {other} of {n}): the sign is unknown"
    if pairs.bound == "at most" and not mean < 0:
        return f"the baseline's value is a lower bound in {base} of {n}: the difference may be less, and negative"
    if pairs.bound == "at least" and not mean > 0:
        return f"the scheduler's value is a lower bound in {other} of {n}: the difference may be more, and positive"
    return ""
