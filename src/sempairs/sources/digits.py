"""Handwritten digits that come with scikit-learn: 1,797 images of 8 x 8, enlarged.

Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998.
"""

import numpy as np
from PIL import Image

from sempairs.core.errors import UserError
from sempairs.sources.base import Source, content_hashes


def digits(*, size: int = 28) -> Source:
    """scikit-learn's digits in grey, values 0 to 16 brought to 0 to 255, enlarged by bilinear interpolation.

    Parameters
    ----------
    size: height and width, from the original 8 to 512.

    Raises
    ------
    UserError: a size out of range.
    """
    if not 8 <= size <= 512:
        raise UserError("the size of the digits is out of range", got=size, todo="choose 8 to 512 pixels")
    from sklearn.datasets import load_digits  # a second of imports

    data = load_digits()
    grey = np.round(data.images * 255 / 16).astype(np.uint8)
    large = [np.asarray(Image.fromarray(g).resize((size, size), Image.Resampling.BILINEAR)) for g in grey]
    frames = np.stack(large)[..., None]
    return Source(
        name="digits",
        ids=np.array([f"digit/{position:04d}" for position in range(len(frames))], dtype=object),
        hashes=content_hashes(frames),
        frames=frames,
        labels=data.target.astype(np.int64),
        label_names=tuple(str(name) for name in data.target_names),
    )
