"""Random numbers that depend only on (seed, purpose, entity), never on the order of the draws.

The world's streams (durations, arrivals, usage) and the policy's (tie-breaks, random placement) have
different purposes, so two policies meet the same world.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

_GOLDEN = 0x9E3779B97F4A7C15  # SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): increment, then the two multipliers
_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_MASK = (1 << 64) - 1


def key(*parts: int | str) -> int:
    """Return the 64-bit key of a stream, e.g. ``key(seed, "ties", pod, attempt)``."""
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def integer(stream: int, counter: int, below: int) -> int:
    """Return draw number ``counter`` of a stream, an integer in 0..below-1."""
    z = (stream + (counter + 1) * _GOLDEN) & _MASK
    z = ((z ^ (z >> 30)) * _MIX[0]) & _MASK
    z = ((z ^ (z >> 27)) * _MIX[1]) & _MASK
    return ((z ^ (z >> 31)) * below) >> 64


def uniform(stream: int, counters: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return draws number ``counters`` of a stream as float64 in [0, 1), shape of ``counters``."""
    z = np.uint64(stream) + (counters.astype(np.uint64) + np.uint64(1)) * np.uint64(_GOLDEN)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_MIX[0])
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_MIX[1])
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * np.float64(2.0**-53)


def generator(*parts: int | str) -> np.random.Generator:
    """Return a NumPy generator of its own for bulk draws, keyed like `key`."""
    return np.random.Generator(np.random.Philox(key=key(*parts)))
