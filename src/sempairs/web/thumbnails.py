"""Pictures of the images of a review: large, and addressed by names that tell nothing of the image."""

import hashlib
import io
import secrets
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, cache_folder
from sempairs.core.settings import Spec, options_of, resolve
from sempairs.review.base import Candidates
from sempairs.sources import SOURCES
from sempairs.sources.base import Source

VERSION = 1
"""Part of every name, since browsers keep a picture for good: raise it when a rule here changes a picture."""
SIDE = 512
"""The longest side of a picture, in pixels."""
SMALL = 128
"""Up to this side a picture is PNG, every pixel as it is: the page shows them as squares."""


@dataclass(frozen=True)
class Picture:
    """An encoded picture and its media type."""

    data: bytes
    kind: str


class Thumbnails:
    """The pictures of all images that occur in the pairs of a review.

    Parameters
    ----------
    candidates: the pairs.
    source: their images; of `enlarged`, if that can be opened.

    Raises
    ------
    UserError: the source does not have all images, or has others.
    """

    def __init__(self, candidates: Candidates, source: Source) -> None:
        self._source = source
        self._hash = hashlib.blake2b(f"{VERSION} {SIDE} {source.shape} ".encode(), key=_key(), digest_size=16)
        contents = dict(zip(candidates.a, candidates.a_hash, strict=True))
        contents |= dict(zip(candidates.b, candidates.b_hash, strict=True))
        ids, hashes = np.array(list(contents), dtype=object), np.array(list(contents.values()), dtype=object)
        positions = source.positions(ids)
        wrong = positions < 0
        wrong[~wrong] = source.hashes[positions[~wrong]] != hashes[~wrong]
        if wrong.any():
            raise UserError(
                f"{source.name} does not have all images of the review",
                got=f"{wrong.sum()} are gone or have another content, {ids[wrong][0]!r} among them",
                todo="give it the images from which the pairs were made",
            )
        self._positions = {self.name(content): at for content, at in zip(hashes, positions.tolist(), strict=True)}

    def name(self, content: str) -> str:
        """The name of the image of this content hash: the same on every day, and told by nobody who lacks the key."""
        named = self._hash.copy()
        named.update(content.encode())
        return named.hexdigest()

    def picture(self, name: str) -> Picture | None:
        """The picture of this name; None if there is no such image.

        Raises
        ------
        UserError: the image's file was changed since the source was opened.
        """
        if name not in self._positions:
            return None
        if max(self._source.shape[:2]) <= SMALL:
            return Picture(_encoded(self._frame(name), "PNG"), "image/png")
        path = cache_folder() / "thumbnails" / name[:2] / f"{name}.jpg"
        if path.is_file():
            return Picture(path.read_bytes(), "image/jpeg")
        picture = Picture(_encoded(self._frame(name), "JPEG", quality=92, subsampling=0), "image/jpeg")
        with atomic_write(path) as file:
            file.write(picture.data)
        return picture

    def _frame(self, name: str) -> UInt8[np.ndarray, "h w c"]:
        frame: np.ndarray = self._source.images(np.array([self._positions[name]]))[0]
        return frame


def enlarged(spec: Spec) -> Spec:
    """How to open the same images in the size of a picture, where its source decodes them one by one; else as it is."""
    spec = resolve(SOURCES, spec)
    if {"size", "decode"} <= options_of(SOURCES[spec.name]).keys() and spec.options["size"] < SIDE:
        larger: dict[str, Any] = {"size": SIDE, "decode": "each-time"}
        return Spec(name=spec.name, options=spec.options | larger)
    if spec.name == "subset":
        whole = enlarged(resolve(SOURCES, spec.options["source"]))
        return Spec(name=spec.name, options=spec.options | {"source": {"name": whole.name, **whole.options}})
    return spec


def _encoded(frame: UInt8[np.ndarray, "h w c"], kind: str, **options: Any) -> bytes:
    image = Image.fromarray(frame[..., 0] if frame.shape[2] == 1 else frame)
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _key() -> bytes:
    """The secret of this user's machine by which names are made; written when it is needed first."""
    path = cache_folder() / "thumbnails" / "key"
    if not path.is_file():
        with atomic_write(path) as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()
