"""Linear transfer to the data sets of the field's suite: one linear probe on the frozen features of each.

**Source**: Chen, Kornblith, Norouzi, Hinton, SimCLR, ICML 2020, arXiv 2002.05709, appendix B.8.1; Ericsson, Gouk,
Hospedales, How well do self-supervised models transfer?, CVPR 2021, arXiv 2011.13377, whose table 1 has the targets.
**Departure**: the central square is resized in one step, without rounding the longer side first; the 30 images of each
class of Caltech-101 are drawn without replacement; a fifth of each class, not of all images, chooses λ where there are
no validation images. The data sets are prepared by `sempairs sources prepare`, see docs/transfer.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sempairs.core.errors import UserError, suggest
from sempairs.core.progress import say
from sempairs.encoders.base import Encoder
from sempairs.encoders.extract import extract
from sempairs.evaluation.base import Labelled, Score
from sempairs.evaluation.linear_models.classification import Labels, multi_labels, score_of
from sempairs.evaluation.linear_models.probe import Part, probe, validation_rows
from sempairs.evaluation.pictures import Bars
from sempairs.evaluation.transfer_table import MEAN_TARGET, METRICS, SETS
from sempairs.sources.base import Source
from sempairs.sources.gathering import Decode
from sempairs.sources.named.layout import resolved
from sempairs.sources.named.voc2007 import CLASSES
from sempairs.sources.prepared import prepared, read_prepared

SIZE = 224
PUBLISHED = ("resnet50", "resnet50.tv_in1k")
"""The models of timm beside whose scores the published ones of torchvision's ResNet-50 are printed."""


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Score an encoder on every prepared data set of the suite.

    Parameters
    ----------
    root: the folder of prepared data sets (`sempairs sources prepare NAME ROOT`).
    sets: names of data sets, with commas between if they are one text; none takes all that are prepared.
    size: height and width of the images. None takes the one size that the encoder takes, if it takes one only, else
        224; for an encoder made for small images give its own, such as 32.
    decode: "each-time" images are asked for, or "once" into the cache of frames, which for the whole suite at 224
        pixels has 45 GB and makes the next encoder faster. Features are kept either way.
    """

    root: str = "data"
    sets: tuple[str, ...] | str = ()
    size: int | None = None
    decode: Decode = "each-time"

    def __call__(self, train: Labelled, test: Labelled) -> list[Score]:
        """A score for each data set, "transfer food101" and so on, and "transfer mean". No other images are looked at.

        Raises
        ------
        UserError: no encoder, no prepared data set, one that is unknown, damaged or changed, features not finite.
        """
        encoder = test.encoder
        root = resolved(self.root)
        names, missing = self._names(root)
        if missing and not self.sets:
            say(f"transfer: not prepared in {root}: {', '.join(missing)}")
        (size, *_) = (self.size,) if self.size else getattr(encoder, "only_size", None) or (SIZE,)
        scores = [self._score(encoder, root, name, size) for name in names]
        return [*scores, mean_of(names, scores, missing, _published(encoder, MEAN_TARGET, "mean of eleven"))]

    def contents(self) -> list[str]:
        """The hashes of the tables of the data sets that are prepared."""
        root = resolved(self.root)
        return [f"{name} {read_prepared(root, name).record['sha256']}" for name in SETS if is_prepared(root, name)]

    def _names(self, root: Path) -> tuple[list[str], list[str]]:
        """The data sets to score, and those of the suite that are not prepared."""
        given = self.sets.split(",") if isinstance(self.sets, str) else self.sets
        asked = list(dict.fromkeys(name.strip() for name in given if name.strip()))
        for name in asked:
            if name not in SETS:
                raise UserError(f"{name!r} is not in the transfer suite", todo=suggest(name, SETS))
        missing = [name for name in SETS if not is_prepared(root, name)]
        names = asked or [name for name in SETS if name not in missing]
        if not names:
            raise UserError(
                "no data set is prepared there", got=str(root), todo=f"sempairs sources prepare NAME {root}"
            )
        return names, missing

    def _score(self, encoder: Encoder, root: Path, name: str, size: int) -> Score:
        one = SETS[name]
        source = prepared(root=str(root), dataset=name, size=size, decode=self.decode)
        features = Labelled(extract(encoder, source), None, name).features
        labels, classes = _labels(source, one.metric == "voc-map")
        split = source.columns["split"]
        testing = split == "test"
        choosing = split == "val"
        if not one.official:
            choosing = choosing.copy()
            choosing[~testing] = validation_rows(labels[~testing])
        whole = Part(features, labels)
        probed = probe(
            whole.take(~testing & ~choosing), whole.take(choosing), features[testing], len(classes), metric=one.metric
        )
        left_out = read_prepared(root, name).record["left_out"] + len(source.quarantined)
        protocol = (
            f"linear transfer to {one.title}: {METRICS[one.metric]}; shorter side {size}, central square; "
            f"{probed.protocol}; validation: {one.validation}"
            + (f"; {left_out:,} images of the data set are missing or bad" if left_out else "")
            + _published(encoder, one.target, one.title)
        )
        return score_of(f"transfer {name}", one.metric, probed.scores, labels[testing], classes, protocol)


def is_prepared(root: Path, name: str) -> bool:
    """Whether there is a record of the data set."""
    return (root / f"{name}.json").is_file()


def mean_of(names: Sequence[str], scores: Sequence[Score], missing: Sequence[str], published: str = "") -> Score:
    """The mean over data sets, each of which counts the same; its interval is over the test images of all, set by set.

    Parameters
    ----------
    names, scores: of the data sets.
    missing: names of those that are not there.
    published: what others found, for the protocol.
    """
    value = sum(score.value for score in scores) / len(scores)
    # Sets are independent, so the squares of half the lengths of their intervals add up.
    reach = math.sqrt(sum((score.interval[1] - score.interval[0]) ** 2 for score in scores)) / 2 / len(scores)
    protocol = f"mean of each set's own metric over {len(names)} data sets: {', '.join(names)}"
    left = [name for name in SETS if name not in names]
    if left:
        protocol += f"; without {', '.join(name + ' (not prepared)' * (name in missing) for name in left)}"
    picture = Bars(
        title="transfer",
        about="What a linear classifier on the frozen features reaches on each data set, by the set's own metric.",
        values=np.array([score.value for score in scores]),
        lows=np.array([score.interval[0] for score in scores]),
        highs=np.array([score.interval[1] for score in scores]),
        names=tuple(names),
        axis="score, %",
    )
    interval = (max(value - reach, 0.0), min(value + reach, 100.0))
    n = sum(score.n for score in scores)
    return Score("transfer mean", value, n, "test images", interval, protocol + published, pictures=(picture,))


def _labels(source: Source, several: bool) -> tuple[Labels, tuple[str, ...]]:
    """Labels as `classification` takes them, for the classes that images to learn from show.

    Raises
    ------
    UserError: a test image of another class, which no classifier could answer.
    """
    learning = source.columns["split"] != "test"
    if several:
        table = multi_labels(source.columns["objects"], source.columns["difficult"], CLASSES)
        known = (table[learning] > 0).any(axis=0)
        return table[:, known], tuple(name for name, there in zip(CLASSES, known, strict=True) if there)
    numbers = source.need_labels("transfer")
    present = np.unique(numbers[learning])
    unknown = np.setdiff1d(numbers, present)
    if len(unknown):
        raise UserError(
            f"{source.name} has no image to learn from of a class that it is tested on",
            got=source.label_names[unknown[0]], todo="complete the data set, and prepare it again",
        )  # fmt: skip
    return np.searchsorted(present, numbers), tuple(source.label_names[number] for number in present)


def _published(encoder: Encoder, target: float | None, title: str) -> str:
    """The published figure of torchvision's ResNet-50, where this may be one."""
    if target is None or getattr(encoder, "model", "") not in PUBLISHED:
        return ""
    return f"; published for torchvision's supervised ResNet-50 (Ericsson et al., table 1, {title}): {target:.2f}"
