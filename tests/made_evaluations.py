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
    "retrieval-probe": Expected(options={"k": [5, 10, 20]}),
    "retrieval": Expected(
        chance={"recall@2": 40.0, "recall@4": 60.0, "recall@8": 80.0, "mAP@R": 5.471950}  # test_retrieval.py
    ),
    "knn": Expected(),
    "linear": Expected(options={"grid_size": 3, "grid_from": -2.0, "grid_to": 2.0}),
    "linear-sgd": Expected(options={"epochs": 20}),
    "transfer": Expected(options={"root": "nowhere"}, looks_at_images=True, own_images=True),  # test_transfer.py
    "fewshot": Expected(options={"episodes": 40}, by_position=True),
    "invariance": Expected(looks_at_images=True, chance={"invariance same class": 0.0}),  # test_invariance.py
    "swaps": Expected(options={"scenes": 20, "learn": 40}, looks_at_images=True, own_images=True),
    "verification": Expected(chance={"verification": 50.0}),  # test_verification.py
    "geometry": Expected(),
    "map": Expected(options={"images": 60}, by_position=True),
    "clustering": Expected(
        by_position=True, chance={"nmi": 0.0, "ari": 0.0, "clustering accuracy": 20.0}
    ),  # test_clustering.py
    "ood": Expected(
        options={"by": "label", "hold_out": False},
        looks_at_images=True,
        chance={"worst group": 0.0},  # test_ood.py
    ),
    "identifiability": Expected(options={"images": 60, "size": 16}, looks_at_images=True, own_images=True),
    "robustness": Expected(
        options={"images": 24},
        looks_at_images=True,
        chance={"corruption error": 75.0, "relative corruption error": 0.0},  # test_robustness.py
    ),
    "shapes-robustness": Expected(options={"learn": 40, "scenes": 40}, looks_at_images=True, own_images=True),
    "detection": Expected(looks_at_images=True, own_images=True),
    "semisup": Expected(options={"shares": [0.25], "epochs": [4]}, looks_at_images=True),
    "few-label": Expected(options={"draws": 3}),
    "finetune": Expected(options={"steps": 4, "batch_size": 32}, looks_at_images=True),
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
