"""Which factors of an image can be read off its features: content, which pairs share, and style, which they do not.

**Source**: von Kügelgen, Sharma, Gresele, Brendel, Schölkopf, Besserve, Locatello, Self-supervised learning with data
augmentations provably isolates content from style, NeurIPS 2021, arXiv 2106.04619, section 5: R2 of linear and of
kernel ridge regression from the features to each factor. Style that content predicts is found even in features that
know nothing else; how much that is, is measured from the true content.
**Departure**: a category (the solid, the texture) has one column for each value and an R2 like any other factor, where
the paper gives accuracies; an angle is its sine and its cosine.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng, seed_of
from sempairs.evaluation.base import Direction, Labelled, Score
from sempairs.evaluation.linear_models.ridge import predict
from sempairs.evaluation.pictures import Matrix
from sempairs.evaluation.rendered.factors import Factors
from sempairs.evaluation.rendered.scenes import scenes_of, side_like
from sempairs.sources.shapes import CONTENT, STYLE, draw_factors
from sempairs.sources.shapes.factors import Law
from sempairs.statistics import jackknife_interval

STRENGTH = 0.5  # of the law of their style, as `shapes` has it by default


@dataclass(frozen=True, kw_only=True)
class Identifiability:
    """R2 of each factor from the features.

    Which images: the given ones, if `content` and `style` name columns of them, or if they have all the factors of
    `shapes`; otherwise rendered scenes of `shapes`, in the channels of the encoder.

    Parameters
    ----------
    content, style: names of columns, with commas between; both or neither.
    images: at most so many to learn from, and half as many to be tested on: a seeded sample, or so many scenes.
    size: height and width of scenes; None for the smaller side of the given images, from 16 to 128.
    law: how the style of scenes hangs together; see `sources.shapes`.
    factors: whether each factor has a score of its own, such as "R2 of hue".
    seed: names the sample, or the scenes.
    """

    content: str = ""
    style: str = ""
    images: int = 1500
    size: int | None = None
    law: Law = "independent"
    factors: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.images < 40 or bool(self.content) != bool(self.style) or (self.size is not None and self.size < 16):
            raise UserError(
                "identifiability needs 40 images or more, scenes of 16 pixels or more, and names of content and of "
                "style or of neither", got=self, todo="change the option",
            )  # fmt: skip

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """Three scores, "content R2", "style R2" and "style R2 from content", each a mean over factors; then those of
        single factors if they are asked for.

        Raises
        ------
        UserError: features alone, fewer than 20 images of either kind, or what `Factors.of` refuses.
        """
        of_shapes = not self.content
        content = list(CONTENT) if of_shapes else [name.strip() for name in self.content.split(",")]
        style = list(STYLE) if of_shapes else [name.strip() for name in self.style.split(",")]
        both = train.source, test.source
        if of_shapes and not all({*content, *style} <= set(source.columns) for source in both):
            train, test, which = self._rendered(test)
        else:
            train, test = self._sample(train, self.images), self._sample(test, self.images // 2)
            which = "given images"
        known = Factors.of([*content, *style], train.source, test.source, of_shapes=of_shapes)
        answers = _answers(known, len(content), train, test)
        picture = _picture(known, answers)
        protocol = (
            f"learnt from {len(train):,} {which} (a quarter of them choose width and penalty), tested on "
            f"{len(test):,} others, seed {self.seed}"
        )

        def score(metric: str, kind: str, factors: slice, direction: Direction = "neither") -> Score:
            found = jackknife_interval(lambda rows: float(known.r2(answers[kind], rows)[factors].mean()), len(test))
            ends = (found.low, found.high)
            what = f"R2 by {kind}, mean over {', '.join(known.names[factors])}; {protocol}"
            shown = (picture,) if direction == "higher" else ()
            return Score(
                metric, found.estimate, len(test), "test images", ends, what, "R2", direction=direction, pictures=shown
            )

        border = len(content)
        return [
            score("content R2", "kernel ridge from features", slice(border), "higher"),
            score("style R2", "kernel ridge from features", slice(border, None)),
            score("style R2 from content", "kernel ridge from true content", slice(border, None)),
            *(
                score(f"R2 of {name}", "kernel ridge from features", slice(place, place + 1))
                for place, name in enumerate(known.names if self.factors else ())
            ),
        ]

    def _sample(self, images: Labelled, most: int) -> Labelled:
        """At most so many of the given images, with the features that all evaluations share."""
        if len(images) < 20:
            raise UserError("identifiability needs more images", got=len(images), todo="give 20 or more of either kind")
        rows = np.sort(rng("identifiability", self.seed).permutation(len(images))[:most])
        return Labelled(images.features[rows], None, images.name, source=images.source.take(rows))

    def _rendered(self, given: Labelled) -> tuple[Labelled, Labelled, str]:
        """Scenes to learn from, others to be tested on, and what they are."""
        side = side_like(given.source) if self.size is None else self.size
        most = self.images + self.images // 2
        factors = draw_factors(most, seed_of("identifiability", self.seed), self.law, STRENGTH)
        scenes = scenes_of(factors, side, given.encoder.mean.shape[1])
        parts = np.split(np.arange(most), [self.images])
        learnt, tested = (Labelled.seen(given.encoder, scenes.take(part)) for part in parts)
        law = self.law if self.law == "independent" else f"{self.law} with strength {STRENGTH:g}"
        return learnt, tested, f"scenes of shapes of {side} x {side}, style {law}"


def _answers(known: Factors, content: int, train: Labelled, test: Labelled) -> dict[str, Float64[np.ndarray, "m t"]]:
    """What each regression says of the test images; NaN for content from content."""
    x, x_test = train.features.astype(np.float64), test.features.astype(np.float64)
    style = known.owners >= content
    from_content = np.full(known.test.shape, np.nan)
    from_content[:, style] = predict(
        known.train[:, ~style], known.train[:, style], known.test[:, ~style], known.owners[style] - content, "rbf"
    )
    return {
        "linear from features": predict(x, known.train, x_test, known.owners, "linear"),
        "kernel ridge from features": predict(x, known.train, x_test, known.owners, "rbf"),
        "kernel ridge from true content": from_content,
    }


def _picture(known: Factors, answers: dict[str, Float64[np.ndarray, "m t"]]) -> Matrix:
    everyone = np.arange(len(known.test))
    return Matrix(
        title="factors",
        about="R2 of each factor of the test images, predicted from the features or from the true content: 1 is known "
        "exactly, 0 or below not at all.",
        unit="R2", low=0.0, high=1.0,
        values=np.stack([known.r2(values, everyone) for values in answers.values()], axis=1),
        rows=known.names, columns=tuple(answers), row_axis="factor", column_axis="regression",
    )  # fmt: skip
