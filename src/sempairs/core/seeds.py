"""Randomness is a function, not a state: every random number is f(names and counters).

`seed_of` turns names into a seed; `uniforms` gives each row of a batch its own numbers from its own counter, so that
a sample gets the same numbers whatever batch, worker or device it lands on.
"""

import hashlib

import numpy as np
from jaxtyping import Float, Int64, UInt64

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def seed_of(*names: str | int) -> int:
    """A 63-bit seed that depends on every name and number given, and on nothing else."""
    text = "\x1f".join(f"{type(name).__name__}:{name}" for name in names)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def rng(*names: str | int) -> np.random.Generator:
    """A NumPy generator seeded by names."""
    return np.random.Generator(np.random.PCG64(seed_of(*names)))


def splitmix64(x: UInt64[np.ndarray, "..."]) -> UInt64[np.ndarray, "..."]:
    """The SplitMix64 output for state `x` (Steele, Lea, Flood, "Fast splittable generators", OOPSLA 2014)."""
    x = x + GOLDEN
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: UInt64[np.ndarray, ...] = x ^ (x >> np.uint64(31))
    return mixed


def uniforms(seed: int, counters: Int64[np.ndarray, " n"], columns: int) -> Float[np.ndarray, "n {columns}"]:
    """Uniform numbers in [0, 1): row i depends on `seed` and `counters[i]` alone.

    Parameters
    ----------
    seed: from `seed_of`; names what the numbers are for.
    counters: one number for each row, for example the position of a sample in its epoch.
    columns: how many numbers each row gets.
    """
    rows = splitmix64(np.uint64(seed) ^ splitmix64(counters.astype(np.uint64)))
    steps = np.arange(columns, dtype=np.uint64) * GOLDEN
    bits = splitmix64(rows[:, None] + steps[None, :])
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
