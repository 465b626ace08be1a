"""Hues of equal lightness, as linear RGB.

Source: B. Ottosson, "A perceptual color space for image processing", 2020 (Oklab), with hue in turns.
"""

import numpy as np
from jaxtyping import Float, Float32


def hue_to_rgb(hue: Float[np.ndarray, " n"], lightness: float, chroma: float) -> Float32[np.ndarray, "3 n"]:
    """Linear RGB of Oklab colours; what is outside the gamut is cut off.

    Parameters
    ----------
    hue: in turns, 0 to 1; 0.08 is red, 0.3 yellow, 0.4 green, 0.73 blue.
    lightness: 0 black to 1 white.
    chroma: 0 grey; about 0.15 is vivid.
    """
    a, b = chroma * np.cos(2 * np.pi * hue), chroma * np.sin(2 * np.pi * hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    return np.clip(np.stack([red, green, blue]), 0, 1).astype(np.float32)
