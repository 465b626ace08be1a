"""Swaps: how much features change when one thing in a picture is redrawn and everything else stays.

Scenes of the source `shapes` are rendered twice: the same solid on another floor, in another light, in another pose.
What changes is known exactly, which no collection of photographs offers; and it is no transformation of pixels that
training may have used.

**Source**: the measure of Ericsson, Gouk, Hospedales, Why do self-supervised models transfer? On the impact of
invariance on downstream tasks, BMVC 2022, arXiv 2111.11398, who apply it to photographs of objects in several poses and
lights as well; the factors of the scenes follow von Kügelgen et al., arXiv 2106.04619.
**Departure**: rendered scenes instead of photographs, and backgrounds added.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sempairs.core.errors import UserError
from sempairs.core.seeds import seed_of
from sempairs.evaluation.base import Labelled, Score
from sempairs.evaluation.pictures import Gallery
from sempairs.evaluation.rendered.scenes import scenes_of, side_like
from sempairs.evaluation.transformed.changes import Change, pictures_of
from sempairs.evaluation.transformed.whitened import Whitening
from sempairs.sources.base import Source
from sempairs.sources.shapes import draw_factors

SWAPS = {
    "background": ("background", "background_scale", "background_hue"),
    "light": ("light_azimuth", "light_elevation", "light_strength"),
    "pose": ("yaw", "pitch", "roll"),
}
SHOWN = 4


@dataclass(frozen=True, kw_only=True)
class Swaps:
    """Compare whitened features of rendered scenes before and after a swap.

    Parameters
    ----------
    scenes: so many are swapped.
    learn: so many other scenes whiten the features.
    seed: names the scenes; every encoder that is tested on images of one size and channels meets the same ones.
    """

    scenes: int = 400
    learn: int = 2000
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.scenes, self.learn) < 2:
            raise UserError("swaps need two scenes or more, and two to learn from", got=self, todo="change the option")

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """Two scores for each swap, for example "invariance background swap" and "invariance background swap distance".

        Only the size of the test images is looked at: the scenes are squares of their shorter side.

        Raises
        ------
        UserError: features without images.
        """
        encoder, channels = test.encoder, int(test.encoder.mean.shape[1])
        side = side_like(test.source)
        others = scenes_of(self._factors("learn", self.learn), side, channels)
        whitening = Whitening.learn(Labelled.seen(encoder, others).features)

        factors, redrawn = self._factors("scenes", self.scenes), self._factors("redrawn", self.scenes)
        scenes = scenes_of(factors, side, channels)
        clean = whitening(Labelled.seen(encoder, scenes).features)
        swapped, changes = {}, {}
        for name, names in SWAPS.items():
            swapped[name] = scenes_of(factors | {factor: redrawn[factor] for factor in names}, side, channels)
            changes[name] = Change.of(clean, whitening(Labelled.seen(encoder, swapped[name]).features))

        what = "a rendered scene and the same one with one thing redrawn"
        pictures = (*pictures_of(changes, "Invariance to swaps", what), _gallery(scenes, swapped, changes))
        scores: list[Score] = []
        for name, change in changes.items():
            protocol = (
                f"of a scene of shapes and the same one with {', '.join(SWAPS[name])} redrawn, {self.scenes:,} scenes "
                f"of {side} x {side}, seed {self.seed}, {whitening.about('other scenes')}"
            )
            scores += change.scores(f"invariance {name} swap", "scenes", protocol, () if scores else pictures)
        return scores

    def _factors(self, what: str, n: int) -> dict[str, np.ndarray]:
        return draw_factors(n, seed_of("swaps", what, self.seed), "independent", 0.0)


def _gallery(scenes: Source, swapped: Mapping[str, Source], changes: Mapping[str, Change]) -> Gallery:
    rows = np.arange(min(SHOWN, len(scenes)))
    images = np.stack([scenes.images(rows), *(other.images(rows) for other in swapped.values())], axis=1)
    captions = tuple(
        ("scene", *(f"{name} {change.cosine[row]:.2f}" for name, change in changes.items())) for row in rows
    )
    about = "Scenes, each with one thing redrawn, and the whitened cosine similarity of the two."
    marks = np.zeros(images.shape[:2], dtype=np.int64)
    return Gallery(title="Scenes with swaps", about=about, images=images, captions=captions, marks=marks)
