"""The factors of an image of `shapes` and how they are drawn: content first, then style under one of three laws.

Source: J. von Kügelgen et al., "Self-Supervised Learning with Data Augmentations Provably Isolates Content from Style",
arXiv 2106.04619, section 5: style independent of content, with statistical dependence, and with causal dependence.
Departure: bounded factors. Each is uniform over its range under every law, so that only what they share changes.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64
from scipy.special import ndtr, ndtri

from sempairs.core.seeds import seed_of, uniforms
from sempairs.sources.shapes.solids import SOLIDS
from sempairs.sources.shapes.textures import TEXTURES

Law = Literal["independent", "correlated", "causal"]

CONTENT = {"shape": len(SOLIDS), "bands": 4}
"""Which solid, and how many bands are painted around it: so many values each, from 0."""


@dataclass(frozen=True)
class Range:
    """What a style factor can be: a real number from `low` to `high`, or with `values` one of 0 .. values - 1."""

    low: float = 0.0
    high: float = 1.0
    values: int | None = None


STYLE = {
    "x": Range(-0.3, 0.3),  # of the solid's centre: half the width of the image is 1
    "y": Range(-0.3, 0.3),  # upwards
    "yaw": Range(0.0, 360.0),  # degrees about the vertical
    "pitch": Range(-35.0, 35.0),  # degrees, towards the viewer
    "roll": Range(-35.0, 35.0),  # degrees, to the left
    "size": Range(0.45, 0.7),  # radius of the sphere around the solid
    "hue": Range(),  # turns in Oklab
    "background": Range(values=len(TEXTURES)),
    "background_scale": Range(2.0, 5.0),  # repeats over half the width of the image
    "background_hue": Range(),
    "light_azimuth": Range(-110.0, 110.0),  # degrees; 0 is the viewer's side, 90 the right
    "light_elevation": Range(30.0, 65.0),  # degrees above the floor
    "light_strength": Range(0.6, 1.2),
}


def draw_factors(n: int, seed: int, law: Law, strength: float) -> dict[str, np.ndarray]:
    """The factors of images 0 .. n-1, each from `seed` and its own number alone; int64 or float64 arrays `[n]`.

    With Φ the normal distribution function, g and e_j independent standard normal numbers, style factor j is at the
    place u_j = Φ(z_j) of its range (0 its low end, 1 its high end), where for strength s

    - independent: z_j = e_j
    - correlated:  z_j = √s g + √(1 - s) e_j, so that any two z correlate by s: a Gaussian copula
    - causal:      z_j = s m_j + √(1 - s²) e_j, with m_j standard normal but confined to the cell of the content:
      m_j = Φ⁻¹((π_j(c) + v_j) / C), c the number of the content (shape and bands) of C in all, π_j a permutation for
      each factor and seed, v_j uniform. At s = 1 the content decides each style factor up to 1/C of its range.
    """
    numbers = np.arange(n, dtype=np.int64)
    content = _grid(uniforms(seed_of("shapes content", seed), numbers, len(CONTENT)), tuple(CONTENT.values()))
    own = uniforms(seed_of("shapes style", seed), numbers, len(STYLE))
    places = _places(own, content, seed, law, strength)
    factors: dict[str, np.ndarray] = {name: content[:, column] for column, name in enumerate(CONTENT)}
    for column, (name, range) in enumerate(STYLE.items()):
        place = places[:, column]
        if range.values is None:
            factors[name] = range.low + (range.high - range.low) * place
        else:
            factors[name] = _grid(place[:, None], (range.values,))[:, 0]
    return factors


def _places(
    own: Float64[np.ndarray, "n j"], content: Int64[np.ndarray, "n c"], seed: int, law: Law, strength: float
) -> Float64[np.ndarray, "n j"]:
    """u of `draw_factors`."""
    if law == "independent":
        return own
    numbers = np.arange(len(own), dtype=np.int64)
    normal = _normal(own)
    if law == "correlated":
        shared = _normal(uniforms(seed_of("shapes shared", seed), numbers, 1))
        return np.asarray(ndtr(np.sqrt(strength) * shared + np.sqrt(1 - strength) * normal))
    cells = int(np.prod(list(CONTENT.values())))
    cell = np.ravel_multi_index(tuple(content.T), tuple(CONTENT.values()))
    # Ordered by random numbers: a permutation for each factor.
    order = uniforms(seed_of("shapes links", seed), np.arange(cells, dtype=np.int64), own.shape[1]).argsort(axis=0)
    within = uniforms(seed_of("shapes within", seed), numbers, own.shape[1])
    caused = _normal((order[cell] + within) / cells)
    return np.asarray(ndtr(strength * caused + np.sqrt(1 - strength**2) * normal))


def _normal(uniform: Float64[np.ndarray, "n j"]) -> Float64[np.ndarray, "n j"]:
    return np.asarray(ndtri(np.maximum(uniform, 2.0**-54)))  # 0 has no finite quantile


def _grid(uniform: Float64[np.ndarray, "n j"], values: tuple[int, ...]) -> Int64[np.ndarray, "n j"]:
    """Uniform numbers as whole ones below `values`, all equally likely."""
    whole: Int64[np.ndarray, "n j"] = np.minimum(uniform * values, np.array(values) - 1).astype(np.int64)
    return whole
