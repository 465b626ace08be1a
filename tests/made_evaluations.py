"""What the contract expects of each evaluation, and encoders of which it is known what they know of the made images."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from made import made_source
from sempairs.encoders.base import Encoder
from sempairs.evaluation.base import Labelled
from sempairs.sources.base import Source

CLASSES = 4


@dataclass(frozen=True)
class Expected:
    """What the contract needs to know of a member of the family.

    Parameters
    ----------
    options: of a small version of what would take long.
    looks_at_images: whether features alone are not enough.
    own_images: whether it takes no notice of the images it is given, but brings its own.
    by_position: whether it draws by position, so that other images meet when they change places.
    best: the value for perfect features by metric, where it is not 100; the number's origin is in the evaluation's own
        tests.
    chance: the value for features that say nothing by metric, where it is not one in the number of classes.
    """

    options: Mapping[str, object] = field(default_factory=dict)
    looks_at_images: bool = False
    own_images: bool = False
    by_position: bool = False
    best: Mapping[str, float] = field(default_factory=dict)
    chance: Mapping[str, float] = field(default_factory=dict)


EXPECTED = {
    "knn": Expected(),
    "linear": Expected(options={"grid_size": 3, "grid_from": -2.0, "grid_to": 2.0}),
    "fewshot": Expected(options={"episodes": 40}, by_position=True),
}


class Quarters(Encoder):
    """The mean brightness of each part of a 4 x 4 grid, times weights that start as the identity: it knows
    everything about `made_source`, whose class is the bright quarter. It can be tuned."""

    def __init__(self, channels: int = 1) -> None:
        super().__init__(16 * channels, (0.0,) * channels, (1.0,) * channels)
        self.mix = nn.Linear(self.dim, self.dim, bias=False)
        nn.init.eye_(self.mix.weight)

    def features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        mixed: Float[Tensor, "n d"] = self.mix(nn.functional.adaptive_avg_pool2d(images, 4).flatten(1))
        return mixed


class Blind(Encoder):
    """The same features for every image; a weight that changes nothing lets it be tuned in form."""

    def __init__(self, channels: int = 1) -> None:
        super().__init__(8, (0.0,) * channels, (1.0,) * channels)
        self.constant = nn.Parameter(torch.full((8,), 0.3))

    def features(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        return self.constant.expand(len(images), 8) + 0 * images.flatten(1)[:, :1]


def train_and_test(size: int = 16, channels: int = 1, each: int = 24) -> tuple[Source, Source]:
    """Images to learn from and others to be tested on, `each` of every class in both."""
    train, test = (made_source(CLASSES * each, CLASSES, size, channels, seed) for seed in (1, 2))
    return train, test


def seen(encoder: Encoder, train: Source, test: Source) -> tuple[Labelled, Labelled]:
    """Both as an evaluation is given them."""
    return Labelled.seen(encoder, train), Labelled.seen(encoder, test)
