"""Object detection: a Faster R-CNN around the encoder learns where the objects of a scene are, and what they are.

**Source** He, Fan, Wu, Xie, Girshick, "Momentum Contrast for Unsupervised Visual Representation Learning", CVPR 2020,
arXiv 1911.05722, section 4.2.1: detection as a transfer task, scored by COCO's AP, AP50 and AP75. For PASCAL VOC 07+12
it has `variant = "c4"`, `tune = true`, 24,000 `steps` of a `batch` of 16, `rate` .02, 512 `regions` and 2,000
`proposals` of an image, and `sizes` from 480 to 800.
**Departure** The default is small: scenes of Fashion-MNIST's garments and a pyramid on the frozen encoder, so that the
number speaks of its features, in a minute or two of two cores. For others see `model.py` and `score.py`.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch

from sempairs.core.devices import best_device
from sempairs.core.errors import UserError
from sempairs.core.seeds import seed_of
from sempairs.encoders.base import Encoder
from sempairs.evaluation.base import Labelled, Score
from sempairs.evaluation.detection.model import Variant, faster_rcnn
from sempairs.evaluation.detection.opening import join, open_scenes
from sempairs.evaluation.detection.overlay import overlay
from sempairs.evaluation.detection.scenes import Scenes
from sempairs.evaluation.detection.score import intervals, need_metric
from sempairs.evaluation.detection.training import detect, teach


@dataclass(frozen=True, kw_only=True)
class Detection:
    """Average precision of a detector around the encoder. The images that are evaluated otherwise play no part.

    Parameters
    ----------
    train_sets, test_set: what to learn from, and what to be tested on: "garments" (real garments on textured canvases),
        a list of VOC's such as VOC2007/ImageSets/Main/test.txt, or a JSON file of COCO's such as
        annotations/instances_val2017.json, with the images where those data sets have them.
    train_images, test_images: of each set, drawn by chance; 0 (or None, which TOML cannot say) for all.
    variant: "fpn", a feature pyramid; or "c4", with a ResNet's last stage on each region.
    tune: train the encoder's weights too; else they are frozen.
    sizes: shorter sides that images are resized to: in training one of them, by chance, in the test the last. Empty:
        images stay as they are.
    width: channels of the pyramid; 256 in its paper.
    proposals: regions of an image that are looked at.
    regions: of these, how many are learned from in a step.
    steps, batch, rate: of the training: steps, images in each, and the highest learning rate.
    seed: names the scenes, the new weights and the order.
    """

    train_sets: tuple[str, ...] = ("garments",)
    test_set: str = "garments"
    train_images: int | None = 1_000
    test_images: int | None = 300
    variant: Variant = "fpn"
    tune: bool = False
    sizes: tuple[int, ...] = ()
    width: int = 64
    proposals: int = 300
    regions: int = 32
    steps: int = 400
    batch: int = 8
    rate: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        counts = (self.width, self.proposals, self.regions, self.steps, self.batch, self.train_images or 1, *self.sizes)
        if min(counts) < 1 or self.rate <= 0 or not self.train_sets or (self.test_images or 2) < 2:
            raise UserError(
                "detection needs a training set, counts and sizes of 1 or more, a rate above 0 and 2 test images",
                got=self,
                todo="change the option",
            )

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """Three scores, "detection AP", "detection AP50" and "detection AP75"; of both sides the encoder alone is used.

        Raises
        ------
        UserError: an encoder without feature maps or for other channels, scenes that cannot be read, test classes that
            are not among those of the training, a loss that is not finite, or a library that is not installed.
        """
        encoder = test.encoder
        need_metric()
        learnt = join([open_scenes(name, "train", self.train_images or None, self.seed) for name in self.train_sets])
        tested = open_scenes(self.test_set, "test", self.test_images or None, self.seed)
        need_alike(encoder, learnt, tested)
        classes = learnt.classes
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            torch.manual_seed(seed_of("detection", self.seed))
            detector = faster_rcnn(
                encoder, len(classes), variant=self.variant, tune=self.tune, width=self.width, sizes=self.sizes,
                proposals=self.proposals, regions=self.regions,
            ).to(best_device())  # fmt: skip
            teach(detector, learnt, classes, self.steps, self.batch, self.rate, self.seed)
            found = detect(detector, tested, self.batch)
        pictures = (overlay("detection", found, tested, classes),)
        return [
            Score(
                f"detection {metric}", interval.estimate, len(tested), "test images", (interval.low, interval.high),
                self._protocol(learnt, tested), pictures=pictures if metric == "AP" else (),
            )
            for metric, interval in intervals(found, tested.objects, classes).items()
        ]  # fmt: skip

    def contents(self) -> list[str]:
        """The hashes of the lists and JSON files that name images; the images behind them are taken as they are."""
        paths = [Path(name).expanduser() for name in (*self.train_sets, self.test_set) if name != "garments"]
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()]

    def _protocol(self, learnt: Scenes, tested: Scenes) -> str:
        sizes = f", resized to {' or '.join(map(str, self.sizes))} pixels" if self.sizes else ""
        left_out = len(learnt.left_out) + len(tested.left_out)
        return (
            f"Faster R-CNN ({self.variant}) on the {'tuned' if self.tune else 'frozen'} encoder, {self.steps:,} steps "
            f"of {self.batch} of the {len(learnt):,} images of {learnt.name}{sizes}, SGD of rate {self.rate:g}, "
            f"{self.regions} regions of {self.proposals} proposals, {self.width} channels in a pyramid, seed "
            f"{self.seed}; COCO's average precision on {tested.name}; {left_out} damaged images left out"
        )


def need_alike(encoder: Encoder, learnt: Scenes, tested: Scenes) -> None:
    """Raise UserError for a test class that is not learnt, or coloured images and an encoder of grey ones."""
    unknown = sorted(set(tested.classes) - set(learnt.classes))
    if unknown:
        raise UserError(
            "there are classes in the test that are not in the training",
            got=", ".join(map(repr, unknown[:5])),
            todo="give training scenes with these classes",
        )
    for scenes in (learnt, tested):
        if scenes.image(0).shape[2] > encoder.mean.shape[1]:
            raise UserError(
                f"the encoder takes grey images, {scenes.name} has coloured ones", todo="take an encoder of 3 channels"
            )
