"""Frames decoded whenever they are asked for: for sets too large for the cache of frames.

The pixels are those of the cache, by the same decoder and the same resampling, so a source has the same fingerprint
either way. Every file was decoded before, under all rules (`frames.good_images`), and its bytes are compared with the
sha256 of then: nothing is decoded on the threads of this process that was not found harmless.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64, UInt8

from sempairs.core.errors import UserError
from sempairs.sources.decode import LIMITS, BadImage, decode_known
from sempairs.sources.frames import Contents, ImageKey, processors
from sempairs.sources.lazy import LazyFrames
from sempairs.sources.workers import Content, in_order, read_image


class DecodedFrames(LazyFrames):
    """The frames of image files, decoded on threads at each reading. A file asked for twice at once is decoded once.

    A reading holds its frames, some encoded files (eight for each thread) and one decoded picture for each thread.

    Parameters
    ----------
    keys: the images, all good.
    places: of each among those that `contents` knows; ascending.
    contents: the files of some of them; a spawned worker needs it to be a function of a module or a `partial` of one.
    size: height and width of a frame.
    threads: that decode; None for one on each processor.
    """

    def __init__(
        self,
        keys: Sequence[ImageKey],
        places: Int64[np.ndarray, " n"],
        contents: Contents,
        size: int,
        threads: int | None = None,
    ) -> None:
        super().__init__((len(keys), size, size, 3))
        self._keys, self._places, self._contents = keys, places, contents
        self._threads = threads or processors()

    def read(self, indices: Int64[np.ndarray, " k"]) -> UInt8[np.ndarray, "k h w 3"]:
        """The frames at these positions.

        Raises
        ------
        UserError: a file was changed, damaged or removed since the source was opened.
        """
        wanted, places = np.unique(indices, return_inverse=True)
        frames = np.empty((len(wanted), *self.shape[1:]), np.uint8)
        contents = self._contents(self._places[wanted])
        items = zip((self._keys[at] for at in wanted), contents, strict=True)
        for number, frame in enumerate(in_order(self._decode, items, self._threads)):
            frames[number] = frame
        return frames[places]

    def _decode(self, item: tuple[ImageKey, Content]) -> UInt8[np.ndarray, "h w 3"]:
        key, content = item
        try:
            data = content if isinstance(content, bytes) else read_image(content, LIMITS)
        except (OSError, BadImage) as error:
            raise _broken(key, f"it cannot be read: {getattr(error, 'strerror', None) or error}") from None
        if hashlib.sha256(data).hexdigest() != key.sha256:
            raise _broken(key, "its bytes are others")
        try:
            return decode_known(data, self.shape[1])
        except BadImage as error:  # another version of Pillow, or no memory
            raise _broken(key, f"it cannot be decoded: {error}") from None


def _broken(key: ImageKey, got: str) -> UserError:
    return UserError(f"{key.id!r} is not the file it was when the source was opened", got=got, todo="run again")
