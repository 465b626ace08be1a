"""Invariance: how much the features of an image change when the image is transformed, and between images of a class.

**Source**: Ericsson, Gouk, Hospedales, Why do self-supervised models transfer? On the impact of invariance on
downstream tasks, BMVC 2022, arXiv 2111.11398: cosine similarity and Mahalanobis distance of whitened features of an
image and of its transformed version, averaged over the strengths of a transformation and over images.
**Departure**: few strengths (`transformations`), and a shrunk covariance of images to learn from, where the paper takes
the plain one of the images that are measured (`whitened`). Cosines between images of one class are added.

Invariance to a transformation is neither good nor bad: tasks differ in what they need to know of an image. Between
images of one class it is what a classifier hopes for.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.core.progress import progress, quiet
from sempairs.core.seeds import rng
from sempairs.encoders.base import Encoder
from sempairs.encoders.extract import extract
from sempairs.evaluation.base import Labelled, Score
from sempairs.evaluation.transformed.changes import Change, pictures_of
from sempairs.evaluation.transformed.transformations import TRANSFORMATIONS, Transformation
from sempairs.evaluation.transformed.whitened import Whitening, unit
from sempairs.sources.base import Source
from sempairs.statistics import t_interval

BATCH = 128  # images at a time, so that large ones fit while they are transformed


@dataclass(frozen=True, kw_only=True)
class Invariance:
    """Compare whitened features of test images with those of their transformed versions, and with one another.

    Parameters
    ----------
    images: so many test images at most, drawn by `seed`.
    seed: names the draw; every encoder meets the same images.
    """

    images: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.images < 2:
            raise UserError("invariance needs two images or more", got=self, todo="change the option")

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """Scores "invariance" and "invariance distance" over all transformations, two for each of them, and
        "invariance same class" and "invariance other class" where the images have classes.

        Raises
        ------
        UserError: features without images, fewer than two images on a side.
        """
        source, encoder = test.source, test.encoder
        if len(source) < 2:
            raise UserError("there are no images to test on, or only one", got=len(source), todo="check the source")
        rows = np.sort(rng("invariance", self.seed).permutation(len(source))[: self.images])
        whitening = Whitening.learn(train.features)
        protocol = f"{len(rows):,} test images, seed {self.seed}, {whitening.about('images to learn from')}"
        sample = in_memory(source, rows)
        clean = whitening(features_of(encoder, sample))
        scores = _scores(under_transformations(encoder, sample, clean, whitening), protocol)
        if source.labels is not None:
            scores += between_images(clean, train, test.labels[rows], protocol)
        return scores


def under_transformations(
    encoder: Encoder, sample: Source, clean: Float64[np.ndarray, "n d"], whitening: Whitening
) -> dict[str, Change]:
    """What each transformation that can change images of these channels does, averaged over its strengths."""
    able = {name: t for name, t in TRANSFORMATIONS.items() if sample.shape[2] == 3 or not t.of_colour}
    changes = {}
    with progress("transforming images", len(sample) * sum(len(t.strengths) for t in able.values()), "images") as bar:
        for name, transformation in able.items():
            found = []
            for strength in transformation.strengths:
                seen = features_of(Through(encoder, transformation, strength), sample)
                found.append(Change.of(clean, whitening(seen)))
                bar(len(sample))
            changes[name] = Change.mean(found)
    return changes


class Through(Encoder):
    """An encoder that sees every image transformed."""

    def __init__(self, encoder: Encoder, transformation: Transformation, strength: tuple[float | int, ...]) -> None:
        channels = encoder.mean.shape[1]
        super().__init__(encoder.dim, (0.0,) * channels, (1.0,) * channels)
        self.encoder, self.transformation, self.strength = encoder, transformation, strength
        self.to(encoder.mean.device)

    def features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        """Features of the transformed images."""
        changed = self.transformation.apply(images, *self.strength)
        features: Float[Tensor, "n d"] = self.encoder(changed.contiguous(memory_format=torch.channels_last))
        return features


def in_memory(source: Source, rows: Int64[np.ndarray, " k"]) -> Source:
    """The part of a source at these rows, decoded once, since it is read many times."""
    part = source.take(rows)
    return dataclasses.replace(part, frames=part.images(np.arange(len(part))), rows=None)


def features_of(encoder: Encoder, sample: Source) -> Float[np.ndarray, "n d"]:
    """Features without a progress bar of their own. Raises UserError if they are not finite."""
    with quiet():
        features = extract(encoder, sample, batch_size=BATCH, cache=None)
    return Labelled(features, None, sample.name).features


def _scores(changes: Mapping[str, Change], protocol: str) -> list[Score]:
    """The overall scores, which carry the pictures, and two for each transformation."""
    pictures = pictures_of(changes, "Invariance to transformations", "a test image and its transformed version")
    protocol = f"of a test image and its transformed version, {protocol}; "
    which = f"mean over {len(changes)} transformations ({', '.join(changes)})"
    if left_out := [name for name in TRANSFORMATIONS if name not in changes]:
        which += f"; {', '.join(left_out)} left out, for they change nothing in grey images"
    scores = Change.mean(list(changes.values())).scores("invariance", "test images", protocol + which, pictures)
    for name, change in changes.items():
        how = f"{name} {TRANSFORMATIONS[name].about}".rstrip()
        scores += change.scores(f"invariance {name}", "test images", protocol + how)
    return scores


def between_images(
    clean: Float64[np.ndarray, "n d"], train: Labelled, labels: Int64[np.ndarray, " n"], protocol: str
) -> list[Score]:
    """Cosine similarities of two images of one class and of two classes.

    Classes that `train` lacks, if there are any, have scores of their own: the whitening has not seen them.
    """
    groups = {"class": np.arange(len(labels))}
    if train.source.labels is not None:
        held_out = np.flatnonzero(~np.isin(labels, train.labels))
        groups |= {"held-out class": held_out} if len(held_out) else {}
    scores = []
    for name, rows in groups.items():
        directions = unit(clean[rows])
        of = f"of {len(np.unique(labels[rows]))} classes" + (" that no image to learn from has" * (name != "class"))
        for same in (True, False):
            outcomes = pair_values(directions @ directions.T, labels[rows], same)
            if not len(outcomes):
                continue  # not two images of one class, or not two classes
            interval = t_interval(outcomes)
            which = "of its own class" if same else "of the other classes"
            how = f"mean whitened cosine similarity of a test image and all others {which}, images {of}, {protocol}"
            scores.append(
                Score(
                    f"invariance {'same' if same else 'other'} {name}", interval.estimate, interval.n, "test images",
                    (interval.low, interval.high), how, unit="cosine", outcomes=outcomes,
                    direction="higher" if same else "neither",
                )
            )  # fmt: skip
    return scores


def pair_values(
    cosine: Float64[np.ndarray, "n n"], labels: Int64[np.ndarray, " n"], same: bool
) -> Float64[np.ndarray, " m"]:
    """What each image adds to the mean cosine of images of one class (`same`) or of two; without those in no pair.

    With h_i the mean cosine of image i with its partners and h their mean, it is 2 h_i - h. The mean is h as well, and
    the spread says that an image counts in the means of all its partners: the standard error of h is twice that of
    independent h_i (Sen, On some convergence properties of U-statistics, Calcutta Statistical Association Bulletin 10,
    1960). So intervals and paired differences of these values are right.
    """
    partners = (labels[:, None] == labels) == same
    np.fill_diagonal(partners, False)
    counts = partners.sum(axis=1)
    means: Float64[np.ndarray, " m"] = (cosine * partners).sum(axis=1)[counts > 0] / counts[counts > 0]
    return 2 * means - means.mean() if len(means) else means
