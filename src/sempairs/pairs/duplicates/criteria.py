"""What counts as the same image: four levels, from equal bytes to alike in the eyes of an encoder."""

from dataclasses import asdict, dataclass
from typing import Any

from sempairs.core.errors import UserError, suggest

LEVELS = {
    "bytes": "the same content hash",
    "pixels": "the same decoded pixels",
    "phash": "pHash and grey pixels alike",
    "embedding": "features alike",
}


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """Which levels are looked at, and how far apart two images may be on them.

    `bytes` is equal content hashes, `pixels` equal decoded frames. `phash` has two steps, because a hash of 64 bits
    takes most sneakers for one sneaker: pHash proposes, the pixels confirm. It is blind to size, encoding and a change
    of brightness; not to flips, rotations and crops. Smooth pictures have hashes that a small change upsets, so
    copies of them may be missed, and a nearly uniform frame has none. `embedding` is looked at if there are features.

    Parameters
    ----------
    levels: those to look at, of `bytes`, `pixels` and `phash`.
    distance: of the 64 bits of two pHashes, how many may differ.
    correlation: how much (-1 to 1) the grey frames of 32 x 32 pixels must correlate; -1 trusts pHash alone.
    similarity: cosine similarity that two feature vectors must have; what is right depends on the encoder.

    The defaults were measured on Fashion-MNIST, digits and shapes (docs/log.md, 2026-11-22): `phash` finds at least .99
    of the copies in JPEG of quality 75, .97 of those a fifth brighter (.84 of shapes, where bright parts clip), and no
    couple of two classes. Of copies of 28 x 28 pixels at three quarters of that size it loses most.

    Raises
    ------
    UserError: an unknown level, or a limit out of range.
    """

    levels: tuple[str, ...] = ("bytes", "pixels", "phash")
    distance: int = 6
    correlation: float = 0.99
    similarity: float = 0.995

    def __post_init__(self) -> None:
        for level in self.levels:
            if level not in LEVELS or level == "embedding":
                known = [name for name in LEVELS if name != "embedding"]
                todo = "give features" if level == "embedding" else suggest(level, known)
                raise UserError(f"{level!r} is no level to ask for", todo=todo)
        if not 0 <= self.distance <= 64:
            raise UserError("the distance of two pHashes is 0 to 64 bits", got=self.distance)
        for name in ("correlation", "similarity"):
            if not -1 <= getattr(self, name) <= 1:
                raise UserError(f"a {name} is between -1 and 1", got=getattr(self, name))

    def need_level(self, features: bool) -> None:
        """Raise UserError if there is nothing to compare by."""
        if not self.levels and not features:
            raise UserError("there is no level to compare images on", todo="name levels, or give features")

    def settings(self, encoder: str | None) -> dict[str, Any]:
        """What decides the answer, as plain values; `encoder` made the features, None if there are none."""
        given = asdict(self) | {"levels": list(self.levels), "encoder": encoder}
        if encoder is None:
            del given["similarity"]
        return given
