"""From the hashes of encoded images to the good ones: their frames, what is left out, and whether that is too much."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int64

from sempairs.core.errors import UserError
from sempairs.sources.base import AnyFrames, Quarantined
from sempairs.sources.decode import BadImage
from sempairs.sources.each_time import DecodedFrames
from sempairs.sources.frames import Contents, ImageKey, Quarantine, frames_of, good_images

log = logging.getLogger(__name__)

Decode = Literal["once", "each-time"]
"""Whether frames are kept in the cache, or decoded whenever they are asked for, where a set is too large for that."""


@dataclass(frozen=True)
class Gathered:
    """The good images.

    Parameters
    ----------
    ids: of the good images, in order.
    kept: where each stood among all `[n]`.
    hashes: sha256 of the encoded bytes of each.
    frames: uint8 `[n, size, size, 3]`.
    quarantined: the others.
    """

    ids: list[str]
    kept: Int64[np.ndarray, " n"]
    hashes: np.ndarray
    frames: AnyFrames
    quarantined: tuple[Quarantined, ...]


def check_options(size: int, bad_share: float) -> None:
    """Raise UserError if these options, which all sources of encoded images have, are out of range."""
    if not 1 <= size <= 4096:
        raise UserError("the size of the frames is out of range", got=size, todo="choose 1 to 4096 pixels")
    if not 0 <= bad_share <= 1:
        raise UserError("bad_share is a share", got=bad_share, todo="choose 0 to 1")


def gather(
    name: str,
    hashes: Mapping[str, str | BadImage],
    contents: Contents,
    size: int,
    bad_share: float,
    listed: tuple[Quarantined, ...] = (),
    decode: Decode = "once",
) -> Gathered:
    """Decode the images that have a hash, and say what is left out.

    Parameters
    ----------
    name: of the source, for messages.
    hashes: by id, in order: the sha256 of the encoded bytes, or why there is none.
    contents: the files of the images at these positions of `hashes`, which ascend; asked only if they must be decoded.
    size, bad_share, decode: as in `folder`.
    listed: images left out before, which have no place in `hashes`.

    Raises
    ------
    UserError: no good image, or too many bad ones.
    """
    unread = tuple(Quarantined(id, str(reason)) for id, reason in hashes.items() if not isinstance(reason, str))
    rows = (*listed, *unread)
    quarantine = Quarantine(name, len(hashes) + len(listed), bad_share, rows)
    quarantine.check()
    found = [(at, ImageKey(id, sha)) for at, (id, sha) in enumerate(hashes.items()) if isinstance(sha, str)]
    keys, places = [key for _, key in found], np.array([at for at, _ in found], dtype=np.int64)
    if decode == "once":
        frames = frames_of(keys, lambda at: contents(places[at]), size, quarantine)
        images, good, undecodable = frames.images, frames.kept, frames.quarantined
    else:
        good, undecodable = good_images(keys, lambda at: contents(places[at]), size, quarantine)
        images = DecodedFrames([keys[at] for at in good], places[good], contents, size)
    bad = (*rows, *undecodable)
    if not len(good):
        raise UserError(f"{name!r} has no good image", got=f"{bad[0].id!r}: {bad[0].reason}", todo="give other images")
    if bad:
        first = f"{bad[0].id!r}: {bad[0].reason}"
        log.warning("%r: %d of %d images left out, the first: %s", name, len(bad), quarantine.total, first)
    kept = [keys[at] for at in good]
    return Gathered(
        ids=[key.id for key in kept],
        kept=places[good],
        hashes=np.array([key.sha256 for key in kept], dtype=object),
        frames=images,
        quarantined=bad,
    )
