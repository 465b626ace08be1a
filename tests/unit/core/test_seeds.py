import numpy as np
from scipy.stats import kstest

from sempairs.core.seeds import rng, seed_of, splitmix64, uniforms


def test_splitmix64_gives_the_published_sequence():
    # First outputs for seed 1234567, from the reference implementation (Vigna, splitmix64.c; also Rosetta Code).
    golden = np.uint64(0x9E3779B97F4A7C15)
    states = np.uint64(1234567) + np.arange(5, dtype=np.uint64) * golden
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert splitmix64(states).tolist() == expected


def test_a_seed_depends_on_every_name_and_on_types():
    seeds = {seed_of("a", 1), seed_of("a", 2), seed_of("b", 1), seed_of("a", "1"), seed_of("a1"), seed_of("a", 1, 0)}
    assert len(seeds) == 6
    assert seed_of("a", 1) == seed_of("a", 1)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_row_of_uniforms_depends_on_its_counter_alone():
    counters = np.arange(100, dtype=np.int64)
    whole = uniforms(7, counters, 5)
    np.testing.assert_array_equal(uniforms(7, counters[[42, 3]], 5), whole[[42, 3]])
    np.testing.assert_array_equal(uniforms(7, counters, 3), whole[:, :3])  # more columns change no earlier one
    assert not np.any(uniforms(8, counters, 5) == whole)


def test_uniforms_are_uniform_and_uncorrelated():
    numbers = uniforms(seed_of("test"), np.arange(20_000, dtype=np.int64), 6)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    for column in numbers.T:
        assert kstest(column, "uniform").pvalue > 1e-3
    correlation = np.corrcoef(np.concatenate([numbers.T, np.roll(numbers, 1, axis=0).T]))
    # The standard error of a correlation of n independent pairs is 1/sqrt(n) = 0.0071; 66 of them: 5 sigma.
    assert np.abs(correlation - np.eye(12)).max() < 5 / np.sqrt(20_000)


def test_a_generator_is_named():
    assert rng("x", 1).random() == rng("x", 1).random()
    assert rng("x", 1).random() != rng("y", 1).random()
