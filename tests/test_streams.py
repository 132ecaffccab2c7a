"""Random streams: their bits never change, and no draw depends on another."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedlab import streams

WORDS = st.integers(0, 2**64 - 1)


def splitmix64(state: int) -> tuple[int, int]:
    """One step of Vigna's splitmix64.c: the next state and the output."""
    state = (state + 0x9E3779B97F4A7C15) % 2**64
    z = state
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return state, z ^ (z >> 31)


def test_the_published_outputs_of_splitmix64() -> None:
    published = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert [streams.integer(0, counter, 2**64) for counter in range(3)] == published


def test_keys_are_fixed() -> None:
    assert streams.key(0) == 0x636971503AFF47BA
    assert streams.key(1, "ties", 2, 3) == 0x62896E116F27A4F8
    assert streams.key(7, "policy", 3, 0) == 9628868969155397553


def test_draws_are_fixed() -> None:
    stream = streams.key(7, "policy", 3, 0)
    assert [streams.integer(stream, counter, 10) for counter in range(10)] == [9, 3, 1, 1, 6, 5, 7, 8, 0, 0]
    assert streams.uniform(stream, np.arange(3)).tolist() == [
        0.9959059039047181,
        0.30964126844870854,
        0.18867817132251918,
    ]
    assert streams.generator(1, "durations").random(2).tolist() == [0.5141135911574712, 0.2980293748757261]
    assert streams.generator(1, "durations").integers(0, 100, 4).tolist() == [45, 51, 33, 29]


def test_keys_do_not_depend_on_the_hash_seed_of_the_interpreter() -> None:
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['key'](1, 'ties', 2, 3))"
    command = [sys.executable, "-c", code, streams.__file__]
    for seed in ("0", "1"):
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed})
        assert int(done.stdout) == 0x62896E116F27A4F8


def test_keys_tell_apart_what_looks_alike() -> None:
    parts: list[tuple[int | str, ...]] = [
        (1,),
        ("1",),
        (1, 1),
        (11,),
        ("1", 1),
        ("a", "b"),
        ("ab",),
        ("b", "a"),
        ("a", "b", ""),
        (),
    ]
    assert len({streams.key(*each) for each in parts}) == len(parts)


@given(WORDS, st.integers(0, 2**32), st.integers(1, 2**40))
def test_the_scalar_draw_is_splitmix64_counted(stream: int, counter: int, below: int) -> None:
    state = (stream + counter * 0x9E3779B97F4A7C15) % 2**64
    assert streams.integer(stream, counter, below) == splitmix64(state)[1] * below // 2**64


@given(WORDS, st.lists(st.integers(0, 2**62), max_size=20))
def test_the_vector_draw_is_the_scalar_one(stream: int, counters: list[int]) -> None:
    drawn = streams.uniform(stream, np.array(counters, np.int64))
    assert drawn.dtype == np.float64
    assert drawn.tolist() == [streams.integer(stream, counter, 2**53) / 2**53 for counter in counters]


@given(WORDS, st.permutations(range(12)))
def test_a_draw_is_the_same_in_any_order_and_any_subset(stream: int, order: list[int]) -> None:
    whole = streams.uniform(stream, np.arange(12))
    assert streams.uniform(stream, np.array(order[:5])).tolist() == whole[order[:5]].tolist()
    assert streams.uniform(stream, np.arange(12).reshape(3, 4)).tolist() == whole.reshape(3, 4).tolist()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("across", ["counters", "entities"])
def test_draws_are_even_over_the_counters_and_over_the_entities(seed: int, across: str) -> None:
    if across == "counters":
        stream = streams.key(seed, "test")
        values = streams.uniform(stream, np.arange(20_000))
        counts = [np.bincount([streams.integer(stream, counter, 10) for counter in range(20_000)], minlength=10)]
    else:
        keys = [streams.key(seed, "test", entity) for entity in range(20_000)]
        values = np.concatenate([streams.uniform(key, np.zeros(1, np.int64)) for key in keys])
        counts = [np.bincount([streams.integer(key, 0, 10) for key in keys], minlength=10)]
    counts.append(np.histogram(values, 10, (0, 1))[0])
    assert values.min() >= 0
    assert values.max() < 1
    for each in counts:
        assert ((each - 2000) ** 2 / 2000).sum() < 33.7  # chi-square, 9 degrees: one in 10,000


def test_seeds_and_purposes_do_not_move_together() -> None:
    draws = [
        streams.uniform(streams.key(*parts), np.arange(4000))
        for parts in ((1, "ties"), (2, "ties"), (1, "durations"), (1, "ties", 0))
    ]
    correlations = np.atleast_2d(np.corrcoef(draws))[np.triu_indices(4, 1)]
    assert np.abs(correlations).max() < 0.07  # 4.4 standard errors


def test_generators_of_one_key_agree_and_of_two_differ() -> None:
    assert streams.generator(1, "a").random() == streams.generator(1, "a").random()
    assert streams.generator(1, "a").random() != streams.generator(1, "b").random()
