"""Features made by the tests, and the lists of their nearest neighbours straight from the definition, in float64."""

import numpy as np

from sempairs.core.seeds import rng
from sempairs.pairs.mining.base import Features, Proposals


def features(values: np.ndarray) -> Features:
    ids = np.array([f"{i:04}" for i in range(len(values))], dtype=object)
    return Features(ids, np.asarray(values, dtype=np.float32), "test")


def on_circle(*degrees: float) -> Features:
    """Features whose similarities are the cosines of the differences of these angles."""
    angles = np.radians(degrees)
    return features(np.stack([np.cos(angles), np.sin(angles)], axis=1))


def random_values(n: int, d: int, seed: int, grid: bool) -> np.ndarray:
    """Normal values; or few values in few dimensions, so that ties and duplicates are the rule."""
    random = rng("made features", seed)
    return random.integers(1, 4, (n, d)).astype(float) if grid else random.normal(size=(n, d))


def cosines(values: np.ndarray) -> np.ndarray:
    """All cosine similarities, rounded to six decimals as the package rounds them."""
    unit = values.astype(np.float32).astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    return np.round(unit @ unit.T, 6)


def slow_lists(values: np.ndarray, k: int) -> list[list[int]]:
    """The k nearest of each image: by similarity, then by position."""
    similarity = cosines(values)
    everyone = range(len(values))
    return [sorted((j for j in everyone if j != i), key=lambda j: (-similarity[i, j], j))[:k] for i in everyone]


def couples(found: Proposals) -> list[tuple[int, int]]:
    """The proposed pairs in their order."""
    return list(zip(found.left.tolist(), found.right.tolist(), strict=True))
