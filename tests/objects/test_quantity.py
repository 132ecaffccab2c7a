"""Quantity: stories, and every operation against plain fractions."""

import math
import pickle
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedlab.errors import InputError
from schedlab.objects import Quantity, QuantityError

SUFFIXES = {
    **{"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1)},
    **{suffix: Fraction(1000 ** (power + 1)) for power, suffix in enumerate("kMGTPE")},
    **{f"{suffix}i": Fraction(1024 ** (power + 1)) for power, suffix in enumerate("KMGTPE")},
}


def parsed(text: str) -> tuple[str, Fraction] | None:
    """Read a quantity the slow way: every split into number and suffix is tried. Suffix and value, or None."""
    signed = text[1:] if text[:1] in ("+", "-") else text
    for cut in range(len(signed) + 1):
        number, suffix = signed[:cut], signed[cut:]
        digits = number.replace(".", "", 1)
        factor = factor_of(suffix)
        if not text or factor is None or digits.strip("0123456789"):
            continue
        if not digits and (suffix in ("Pi", "Ei") or factor < SUFFIXES["n"]):
            return None
        value = Fraction(int(digits or 0), 10 ** (len(number.partition(".")[2]))) * factor
        nano = Fraction(math.ceil(value * 10**9), 10**9)
        if suffix.endswith("i"):
            nano = min(nano, Fraction(2**63 - 1))
        return suffix, -nano if text[0] == "-" else nano
    return None


def factor_of(suffix: str) -> Fraction | None:
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    power = suffix[1:].removeprefix("-") if suffix[1:2] == "-" else suffix[1:].removeprefix("+")
    if suffix[:1] in ("e", "E") and power and not power.strip("0123456789"):
        return Fraction(10) ** (-int(power) if suffix[1] == "-" else int(power))
    return None


def away(value: Fraction) -> int:
    return math.ceil(value) if value > 0 else math.floor(value)


def canonical(suffix: str, value: Fraction) -> str:
    """The largest unit of the quantity's own kind that leaves a whole number."""
    if value == 0:
        return "0"
    if suffix.endswith("i") and abs(value) >= 1024 and value.denominator == 1:
        kind = {s: f for s, f in SUFFIXES.items() if s.endswith("i") or s == ""}
    elif suffix[:1] in ("e", "E") and suffix not in ("E", "Ei"):
        kind = {f"e{power}" if power else "": Fraction(10) ** power for power in range(-9, 99, 3)}
    else:
        kind = {s: f for s, f in SUFFIXES.items() if not s.endswith("i")}
        kind |= {f"e{power}": Fraction(10) ** power for power in range(21, 99, 3)}
    whole = {s: value / factor for s, factor in kind.items() if (value / factor).denominator == 1}
    best = max(whole, key=lambda s: kind[s])
    return f"{whole[best]}{best}"


texts = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "+", "-"]),
    st.from_regex(r"\A0{0,2}[0-9]{0,22}\Z"),
    st.one_of(st.just(""), st.from_regex(r"\A\.[0-9]{0,14}\Z")),
    st.one_of(st.sampled_from(list(SUFFIXES)), st.builds("{}{}".format, st.sampled_from("eE"), st.integers(-30, 30))),
)
scribbles = st.text("0159.eEinumkKMGTPx+- ", max_size=8).filter(lambda text: not re.search("[eE][+-]?[0-9]{3}", text))


@given(st.one_of(texts, scribbles))
def test_a_text_is_read_and_refused_as_by_the_slow_reader(text: str) -> None:
    known = parsed(text)
    if known is None:
        with pytest.raises(QuantityError):
            Quantity.parse(text)
        return
    suffix, value = known
    quantity = Quantity.parse(text)
    assert Fraction(quantity.digits) * Fraction(10) ** quantity.exponent == value
    if abs(value) <= 10**30:
        assert (quantity.value(), quantity.milli_value()) == (away(value), away(value * 1000))
    assert str(quantity) == canonical(suffix, value)


@given(texts, texts)
def test_quantities_compare_and_hash_by_value(one: str, other: str) -> None:
    known = parsed(one), parsed(other)
    if known[0] and known[1]:
        left, right = Quantity.parse(one), Quantity.parse(other)
        assert (left == right, left < right, left >= right) == (
            known[0][1] == known[1][1],
            known[0][1] < known[1][1],
            known[0][1] >= known[1][1],
        )
        assert left != right or hash(left) == hash(right)


@given(texts)
def test_the_canonical_form_reads_as_the_same_value(text: str) -> None:
    if parsed(text):
        quantity = Quantity.parse(text)
        again = Quantity.parse(str(quantity))
        assert again == quantity
        assert str(again) == str(quantity)


@pytest.mark.parametrize(
    ("text", "form", "value", "milli"),
    [
        ("500m", "500m", 1, 500),
        ("1.5Gi", "1536Mi", 1610612736, 1610612736000),
        ("0.5Ki", "512", 512, 512000),
        ("Ki", "0", 0, 0),
        ("+5", "5", 5, 5000),
        (".5", "500m", 1, 500),
        ("00012", "12", 12, 12000),
        ("1.", "1", 1, 1000),
        (".", "0", 0, 0),
        ("-", "0", 0, 0),
        ("1E", "1E", 10**18, 10**21),
        ("1E3", "1e3", 1000, 10**6),
        ("1e+3", "1e3", 1000, 10**6),
        ("12e-2", "120e-3", 1, 120),
        ("-1500u", "-1500u", -1, -2),
        ("0.9n", "1n", 1, 1),
        ("8Ei", "9223372036854775807", 2**63 - 1, (2**63 - 1) * 1000),
        ("18446744073709551616", "18446744073709551616", 2**64, 2**64 * 1000),
        ("1000E", "1e21", 10**21, 10**24),
    ],
)
def test_what_texts_mean(text: str, form: str, value: int, milli: int) -> None:
    quantity = Quantity.parse(text)
    assert (str(quantity), quantity.value(), quantity.milli_value()) == (form, value, milli)


@pytest.mark.parametrize(
    ("number", "form"),
    [(4, "4"), (1000, "1k"), (0.5, "500m"), (1e3, "1k"), (1e16, "10P"), (1e21, "1e21"), (-0.0, "0"), (1e-7, "100e-9")],
)
def test_numbers_are_read_as_kubernetes_reads_their_json(number: float, form: str) -> None:
    assert str(Quantity.parse(number)) == form


@pytest.mark.parametrize(
    "wrong",
    ["", "1e", "1 Gi", " 1", "1Kb", "1mi", "1i", "0x10", "1.2.3", "--1", "1e3Gi", "1_000", "Pi", "Ei", "\uff11", "1\n"],
)
def test_a_refused_text_is_quoted_and_mended(wrong: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity") as caught:
        Quantity.parse(wrong)
    assert isinstance(caught.value, InputError)
    shown = " ".join(repr(wrong).split())
    assert str(caught.value) == f"{shown} is not a quantity; write a number with an optional suffix: 500m, 2Gi or 1e3"


@pytest.mark.parametrize("wrong", [True, math.inf, math.nan, None, [1]])
def test_a_manifest_value_that_is_no_number_is_refused(wrong: object) -> None:
    with pytest.raises(QuantityError, match="is not a quantity"):
        Quantity.decode(wrong)


def test_a_huge_exponent_costs_nothing() -> None:
    huge, tiny = Quantity.parse("1e999999999"), Quantity.parse("1e-999999999")
    assert (str(huge), huge.value(), huge.milli_value()) == ("1e999999999", 10**30, 10**33)
    assert (str(tiny), tiny.value()) == ("1e-9", 1)
    assert Quantity.parse("1e999999998") < huge
    assert Quantity.parse("-1e999999999") < tiny < huge
    with pytest.raises(QuantityError):
        Quantity.parse("1e9999999999")


def test_a_long_wrong_text_is_refused_at_once() -> None:
    with pytest.raises(QuantityError, match=r"^'0{50,60}\.\.\. is not a quantity"):
        Quantity.parse("0" * 3999 + "!")
    with pytest.raises(QuantityError):
        Quantity.parse("9" * 100_000)


def test_a_quantity_cannot_be_changed_but_copied() -> None:
    quantity = Quantity.parse("2Gi")
    with pytest.raises(AttributeError, match="immutable"):
        quantity.digits = 3
    assert (str(pickle.loads(pickle.dumps(quantity))), repr(quantity)) == ("2Gi", "Quantity('2Gi')")
